// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/dtypes.h"
#include "workloads/formats.h"

#include <cstddef>
#include <cstdint>

namespace dscope {

enum class WeightFormat : std::uint8_t {
  kF32,    // float32
  kF16,    // binary16
  kBf16,   // bfloat16
  kFp8,    // E4M3, E8M0 scale per 128 x 128 block (formats.h)
  kMxfp4,  // E2M1 pairs, E8M0 scale per 32 columns of a row (formats.h)
};

// Bits of a value, without its share of a scale.
[[nodiscard]] constexpr std::int64_t value_bits(WeightFormat format) {
  switch (format) {
    case WeightFormat::kF32:
      return 32;
    case WeightFormat::kF16:
    case WeightFormat::kBf16:
      return 16;
    case WeightFormat::kFp8:
      return 8;
    case WeightFormat::kMxfp4:
      return 4;
  }
  return 0;
}

// Bytes of so many neighbouring values, without scales.
[[nodiscard]] constexpr std::int64_t value_bytes(WeightFormat format, std::int64_t values) {
  return ceil_div(values * value_bits(format), 8);
}

// A view of a weight matrix [rows, cols] as it lies in the checkpoint: nothing is converted or
// copied. Tensor-parallel slices are views too: for FP8 a slice may start inside a scale block,
// which is why the view carries its origin in the scale grid.
//
// Owns nothing; the checkpoint or synthetic source that handed it out must outlive it. An empty
// view (data == nullptr) means "not present".
struct WeightMatrix {
  WeightFormat format = WeightFormat::kBf16;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  const std::byte* data = nullptr;       // first element of row 0
  std::int64_t row_bytes = 0;            // distance between rows
  const std::uint8_t* scales = nullptr;  // E8M0; null for unquantised formats
  std::int64_t scale_row_bytes = 0;      // distance between rows of the scale grid
  std::int64_t row_origin = 0;           // of element (0, 0) in the scale grid, in elements
  std::int64_t col_origin = 0;

  [[nodiscard]] bool empty() const { return data == nullptr; }
  // Bytes that a full read of this view touches, scales included.
  [[nodiscard]] std::int64_t bytes() const;
  // Rows [begin, end). Any boundary is allowed.
  [[nodiscard]] WeightMatrix row_slice(std::int64_t begin, std::int64_t end) const;
  // Columns [begin, end). MXFP4 needs multiples of 32; throws Error{kInternal} otherwise.
  [[nodiscard]] WeightMatrix col_slice(std::int64_t begin, std::int64_t end) const;
};

// Writes the `cols` values of one row as float32: exact, since every format is narrower.
void decode_row(const WeightMatrix& weight, std::int64_t row, float* out);

// A vector of F32, F16 or BF16 values (norm weights, biases, sinks), as stored.
struct WeightVector {
  WeightFormat format = WeightFormat::kBf16;
  std::int64_t size = 0;
  const std::byte* data = nullptr;

  [[nodiscard]] bool empty() const { return data == nullptr; }
  [[nodiscard]] float operator[](std::int64_t i) const;
  [[nodiscard]] WeightVector slice(std::int64_t begin, std::int64_t end) const;
};

// Token-to-expert table of the hash-routed layers: [vocab, k] integers, I32 or I64 as stored.
struct IntMatrix {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  int element_bytes = 4;
  const std::byte* data = nullptr;

  [[nodiscard]] bool empty() const { return data == nullptr; }
  [[nodiscard]] std::int64_t at(std::int64_t row, std::int64_t col) const;
};

}  // namespace dscope
