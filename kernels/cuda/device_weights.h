// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/device_buffer.h"
#include "workloads/weight_matrix.h"

#include <cstdint>

// Copies of host weights in GPU memory, whose views the params structs take.
namespace dscope {

// Rows are packed, each padded to a multiple of 16 bytes (zeros) so that every row begins where a
// 128-bit load may. Slices keep their place in the scale grid. An empty matrix stays empty.
// Throws Error{kUnavailable} for a scale byte the kernels cannot apply (weight_fragment.cuh).
class DeviceMatrix {
 public:
  DeviceMatrix() = default;
  explicit DeviceMatrix(const WeightMatrix& host);

  [[nodiscard]] const WeightMatrix& view() const { return view_; }
  // Bytes of GPU memory that a copy of `host` takes.
  [[nodiscard]] static std::int64_t bytes(const WeightMatrix& host);

 private:
  DeviceBuffer buffer_;
  WeightMatrix view_;
};

class DeviceVector {
 public:
  DeviceVector() = default;
  explicit DeviceVector(const WeightVector& host);

  [[nodiscard]] const WeightVector& view() const { return view_; }

 private:
  DeviceBuffer buffer_;
  WeightVector view_;
};

class DeviceIntMatrix {
 public:
  DeviceIntMatrix() = default;
  explicit DeviceIntMatrix(const IntMatrix& host);

  [[nodiscard]] const IntMatrix& view() const { return view_; }

 private:
  DeviceBuffer buffer_;
  IntMatrix view_;
};

}  // namespace dscope
