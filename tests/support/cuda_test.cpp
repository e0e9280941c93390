// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cuda_test.h"

#include <cstring>

namespace dscope::test {
namespace {

std::int64_t row_bytes_of(WeightFormat format, std::int64_t cols) {
  switch (format) {
    case WeightFormat::kF32:
      return 4 * cols;
    case WeightFormat::kFp8:
      return cols;
    case WeightFormat::kMxfp4:
      return cols / 2;
    default:
      return 2 * cols;
  }
}

// 2^-n with n near log2(sqrt(cols)): sums of cols products of unit size stay of order one.
std::uint8_t scale_byte(std::int64_t cols, std::uint64_t seed, std::int64_t i) {
  const int exponent =
      static_cast<int>(std::lround(std::log2(std::sqrt(static_cast<double>(cols)))));
  return static_cast<std::uint8_t>(127 - exponent - static_cast<int>(hash64(seed, i) % 3));
}

}  // namespace

RandomMatrix::RandomMatrix(WeightFormat format, std::int64_t rows, std::int64_t cols,
                           std::uint64_t seed) {
  view_ = {.format = format, .rows = rows, .cols = cols, .row_bytes = row_bytes_of(format, cols)};
  data_.resize(static_cast<std::size_t>(rows * view_.row_bytes));
  const float size = 1 / std::sqrt(static_cast<float>(cols));
  const std::int64_t count = rows * cols;
  if (format == WeightFormat::kF32) {
    for (std::int64_t i = 0; i < count; ++i) {
      const float value = random_value(seed, i) * size;
      std::memcpy(data_.data() + 4 * i, &value, 4);
    }
  } else if (format == WeightFormat::kBf16) {
    for (std::int64_t i = 0; i < count; ++i) {
      const bf16_t value = bf16_from_float(random_value(seed, i) * size);
      std::memcpy(data_.data() + 2 * i, &value, 2);
    }
  } else {
    const bool fp8 = format == WeightFormat::kFp8;
    for (std::size_t i = 0; i < data_.size(); ++i) {
      const std::uint64_t bits = hash64(seed, i);
      // Any nibbles; any FP8 code of magnitude below 2 (exponents 0 to 7, subnormals included).
      data_[i] = static_cast<std::byte>(fp8 ? (bits & 0x80) | (bits >> 8) % 0x40 : bits & 0xff);
    }
    const std::int64_t scale_rows = fp8 ? ceil_div(rows, kFp8Block) : rows;
    view_.scale_row_bytes = fp8 ? ceil_div(cols, kFp8Block) : ceil_div(cols, kMxfp4Group);
    for (std::int64_t i = 0; i < scale_rows * view_.scale_row_bytes; ++i) {
      scales_.push_back(scale_byte(cols, seed + 1, i));
    }
    view_.scales = scales_.data();
  }
  view_.data = data_.data();
}

RandomVector::RandomVector(WeightFormat format, std::int64_t size, std::uint64_t seed) {
  data_.resize(static_cast<std::size_t>(row_bytes_of(format, size)));
  for (std::int64_t i = 0; i < size; ++i) {
    const auto value = static_cast<float>(1 + 0.25 * unit_interval(hash64(seed, i)));
    if (format == WeightFormat::kF32) {
      std::memcpy(data_.data() + 4 * i, &value, 4);
    } else {
      const bf16_t rounded = bf16_from_float(value);
      std::memcpy(data_.data() + 2 * i, &rounded, 2);
    }
  }
  view_ = {.format = format, .size = size, .data = data_.data()};
}

}  // namespace dscope::test
