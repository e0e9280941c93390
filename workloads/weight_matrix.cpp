// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/weight_matrix.h"

#include "workloads/base/error.h"

#include <algorithm>
#include <cstring>

namespace dscope {
namespace {

// Checkpoints align tensors as they like; memcpy is the portable unaligned load.
template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

float load_float(WeightFormat format, const std::byte* base, std::int64_t i) {
  switch (format) {
    case WeightFormat::kF32:
      return load<float>(base + 4 * i);
    case WeightFormat::kF16:
      return f16_to_float(load<std::uint16_t>(base + 2 * i));
    case WeightFormat::kBf16:
      return bf16_to_float(load<bf16_t>(base + 2 * i));
    case WeightFormat::kFp8:
    case WeightFormat::kMxfp4:
      break;
  }
  throw Error(ErrorKind::kInternal, "quantised values need their scales: use decode_row");
}

}  // namespace

std::int64_t WeightMatrix::bytes() const {
  const std::int64_t data_bytes = rows * value_bytes(format, cols);
  switch (format) {
    case WeightFormat::kFp8: {
      const auto blocks = [](std::int64_t origin, std::int64_t size) {
        return size == 0 ? 0 : (origin + size - 1) / kFp8Block - origin / kFp8Block + 1;
      };
      return data_bytes + blocks(row_origin, rows) * blocks(col_origin, cols);
    }
    case WeightFormat::kMxfp4:
      return data_bytes + rows * ceil_div(cols, kMxfp4Group);
    default:
      return data_bytes;
  }
}

WeightMatrix WeightMatrix::row_slice(std::int64_t begin, std::int64_t end) const {
  DSCOPE_REQUIRE(0 <= begin && begin <= end && end <= rows, "rows [{}, {}) are not within {} rows",
                 begin, end, rows);
  WeightMatrix slice = *this;
  slice.rows = end - begin;
  slice.data += begin * row_bytes;
  slice.row_origin += begin;
  return slice;
}

WeightMatrix WeightMatrix::col_slice(std::int64_t begin, std::int64_t end) const {
  DSCOPE_REQUIRE(0 <= begin && begin <= end && end <= cols,
                 "columns [{}, {}) are not within {} columns", begin, end, cols);
  if (format == WeightFormat::kMxfp4) {
    DSCOPE_REQUIRE(begin % kMxfp4Group == 0 && (end % kMxfp4Group == 0 || end == cols),
                   "MXFP4 columns [{}, {}) must start and end on a scale group of {}", begin, end,
                   kMxfp4Group);
  }
  WeightMatrix slice = *this;
  slice.cols = end - begin;
  slice.data += value_bytes(format, begin);
  slice.col_origin += begin;
  return slice;
}

void decode_row(const WeightMatrix& weight, std::int64_t row, float* out) {
  const std::byte* data = weight.data + row * weight.row_bytes;
  switch (weight.format) {
    case WeightFormat::kF32:
      std::memcpy(out, data, static_cast<std::size_t>(weight.cols) * 4);
      return;
    case WeightFormat::kF16:
    case WeightFormat::kBf16:
      for (std::int64_t c = 0; c < weight.cols; ++c) out[c] = load_float(weight.format, data, c);
      return;
    case WeightFormat::kFp8: {
      const std::uint8_t* scales =
          weight.scales + (weight.row_origin + row) / kFp8Block * weight.scale_row_bytes;
      for (std::int64_t c = 0; c < weight.cols;) {
        const std::int64_t block = (weight.col_origin + c) / kFp8Block;
        const std::int64_t end = std::min(weight.cols, (block + 1) * kFp8Block - weight.col_origin);
        const float scale = kE8m0Table[scales[block]];
        for (; c < end; ++c) out[c] = kE4m3Table[std::to_integer<std::uint8_t>(data[c])] * scale;
      }
      return;
    }
    case WeightFormat::kMxfp4: {
      const std::uint8_t* scales = weight.scales +
                                   (weight.row_origin + row) * weight.scale_row_bytes +
                                   weight.col_origin / kMxfp4Group;
      for (std::int64_t c = 0; c < weight.cols; c += 2) {
        const float scale = kE8m0Table[scales[c / kMxfp4Group]];
        const auto pair = std::to_integer<std::uint8_t>(data[c / 2]);
        out[c] = kE2m1Values[pair & 0xf] * scale;
        out[c + 1] = kE2m1Values[pair >> 4] * scale;
      }
      return;
    }
  }
}

float WeightVector::operator[](std::int64_t i) const {
  return load_float(format, data, i);
}

WeightVector WeightVector::slice(std::int64_t begin, std::int64_t end) const {
  DSCOPE_REQUIRE(0 <= begin && begin <= end && end <= size, "[{}, {}) is not within {} values",
                 begin, end, size);
  return {format, end - begin, data + value_bytes(format, begin)};
}

std::int64_t IntMatrix::at(std::int64_t row, std::int64_t col) const {
  const std::byte* element = data + (row * cols + col) * element_bytes;
  return element_bytes == 8 ? load<std::int64_t>(element) : load<std::int32_t>(element);
}

}  // namespace dscope
