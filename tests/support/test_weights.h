// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/weight_matrix.h"

#include <cstddef>
#include <utility>
#include <vector>

// Small float32 weights that own their values.
namespace dscope::test {

class Matrix {
 public:
  Matrix(std::int64_t rows, std::int64_t cols, std::vector<float> values)
      : rows_(rows), cols_(cols), values_(std::move(values)) {}
  [[nodiscard]] WeightMatrix view() const {
    return {WeightFormat::kF32, rows_, cols_, reinterpret_cast<const std::byte*>(values_.data()),
            cols_ * 4};
  }

 private:
  std::int64_t rows_;
  std::int64_t cols_;
  std::vector<float> values_;
};

class Vector {
 public:
  Vector(std::vector<float> values) : values_(std::move(values)) {}  // NOLINT: a list of values
  [[nodiscard]] WeightVector view() const {
    return {WeightFormat::kF32, static_cast<std::int64_t>(values_.size()),
            reinterpret_cast<const std::byte*>(values_.data())};
  }

 private:
  std::vector<float> values_;
};

}  // namespace dscope::test
