// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device_weights.h"

#include "kernels/common/scale_limits.h"
#include "workloads/base/error.h"

#include <algorithm>

namespace dscope {
namespace {

constexpr std::int64_t kRowAlignment = 16;

// The part of the scale grid that a matrix touches.
struct ScaleGrid {
  std::int64_t first_row = 0;
  std::int64_t first_col = 0;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
};

ScaleGrid scale_grid(const WeightMatrix& m) {
  if (m.scales == nullptr) return {};
  const std::int64_t row_block = m.format == WeightFormat::kFp8 ? kFp8Block : 1;
  const std::int64_t col_block = m.format == WeightFormat::kFp8 ? kFp8Block : kMxfp4Group;
  const std::int64_t first_row = m.row_origin / row_block;
  const std::int64_t first_col = m.col_origin / col_block;
  return {first_row, first_col, ceil_div(m.row_origin + m.rows, row_block) - first_row,
          ceil_div(m.col_origin + m.cols, col_block) - first_col};
}

struct Sizes {
  std::int64_t row_bytes = 0;
  std::int64_t data_bytes = 0;
  ScaleGrid scales;

  explicit Sizes(const WeightMatrix& m)
      : row_bytes(round_up(value_bytes(m.format, m.cols), kRowAlignment)),
        data_bytes(m.rows * row_bytes),
        scales(scale_grid(m)) {}
  [[nodiscard]] std::int64_t total() const { return data_bytes + scales.rows * scales.cols; }
};

}  // namespace

std::int64_t DeviceMatrix::bytes(const WeightMatrix& host) {
  return host.empty() ? 0 : Sizes(host).total();
}

DeviceMatrix::DeviceMatrix(const WeightMatrix& host) {
  if (host.empty()) return;
  const Sizes sizes(host);
  buffer_ = DeviceBuffer(sizes.total(), "a weight matrix");
  view_ = host;
  view_.data = buffer_.data();
  view_.row_bytes = sizes.row_bytes;
  const std::int64_t used = value_bytes(host.format, host.cols);
  if (used != sizes.row_bytes) fill_device(buffer_.data(), 0, sizes.data_bytes);
  copy_rows_to_device(buffer_.data(), host.data, host.rows, used, host.row_bytes, sizes.row_bytes);
  if (host.scales == nullptr) return;
  const ScaleGrid& grid = sizes.scales;
  const std::uint8_t* first = host.scales + grid.first_row * host.scale_row_bytes + grid.first_col;
  for (std::int64_t row = 0; row < grid.rows; ++row) {
    const std::uint8_t* scales = first + row * host.scale_row_bytes;
    check_scales(host.format, {scales, static_cast<std::size_t>(grid.cols)});
  }
  std::byte* const device_scales = buffer_.data() + sizes.data_bytes;
  copy_rows_to_device(device_scales, first, grid.rows, grid.cols, host.scale_row_bytes, grid.cols);
  view_.scales = reinterpret_cast<const std::uint8_t*>(device_scales);
  view_.scale_row_bytes = grid.cols;
  const std::int64_t col_block = host.format == WeightFormat::kFp8 ? kFp8Block : kMxfp4Group;
  view_.row_origin = host.format == WeightFormat::kFp8 ? host.row_origin % kFp8Block : 0;
  view_.col_origin = host.col_origin % col_block;
}

DeviceVector::DeviceVector(const WeightVector& host) {
  if (host.empty()) return;
  const std::int64_t bytes = value_bytes(host.format, host.size);
  buffer_ = DeviceBuffer(bytes, "a weight vector");
  copy_to_device(buffer_.data(), host.data, bytes);
  view_ = host;
  view_.data = buffer_.data();
}

DeviceIntMatrix::DeviceIntMatrix(const IntMatrix& host) {
  if (host.empty()) return;
  const std::int64_t bytes = host.rows * host.cols * host.element_bytes;
  buffer_ = DeviceBuffer(bytes, "a routing table");
  copy_to_device(buffer_.data(), host.data, bytes);
  view_ = host;
  view_.data = buffer_.data();
}

}  // namespace dscope
