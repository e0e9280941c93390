// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/device.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/device_weights.h"
#include "workloads/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

// What the tests of CUDA kernels share: they are skipped, with the reason, where no GPU is.
namespace dscope::test {

class CudaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const Support support = cuda_available(); !support.ok()) GTEST_SKIP() << support.reason;
  }
};

template <class Parameter>
class CudaTestWithParam : public CudaTest, public ::testing::WithParamInterface<Parameter> {};

// Values of about unit variance, the same for the same seed.
[[nodiscard]] inline float random_value(std::uint64_t seed, std::int64_t i) {
  return static_cast<float>((2 * unit_interval(hash64(seed, i)) - 1) * std::sqrt(3.0));
}

[[nodiscard]] inline std::vector<float> random_floats(std::int64_t n, std::uint64_t seed) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = random_value(seed, i);
  return values;
}

[[nodiscard]] inline std::vector<bf16_t> random_bf16(std::int64_t n, std::uint64_t seed) {
  std::vector<bf16_t> values(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    values[static_cast<std::size_t>(i)] = bf16_from_float(random_value(seed, i));
  }
  return values;
}

// A weight matrix in host memory with random codes and scales that keep y of order one.
class RandomMatrix {
 public:
  RandomMatrix(WeightFormat format, std::int64_t rows, std::int64_t cols, std::uint64_t seed);

  [[nodiscard]] const WeightMatrix& view() const { return view_; }

 private:
  std::vector<std::byte> data_;
  std::vector<std::uint8_t> scales_;
  WeightMatrix view_;
};

// A weight vector in host memory, values 1 to 1.25 as norms have them.
class RandomVector {
 public:
  RandomVector(WeightFormat format, std::int64_t size, std::uint64_t seed);

  [[nodiscard]] const WeightVector& view() const { return view_; }

 private:
  std::vector<std::byte> data_;
  WeightVector view_;
};

[[nodiscard]] inline double as_double(float value) {
  return double{value};
}
[[nodiscard]] inline double as_double(bf16_t value) {
  return double{bf16_to_float(value)};
}

// |got - want| / |want| in the Euclidean norm. NaN anywhere gives NaN, which no bound passes.
template <class T>
[[nodiscard]] double relative_error(std::span<const T> got, std::span<const T> want) {
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    difference += std::pow(as_double(got[i]) - as_double(want[i]), 2);
    size += std::pow(as_double(want[i]), 2);
  }
  return size == 0 ? std::sqrt(difference) : std::sqrt(difference / size);
}

template <class T>
[[nodiscard]] double relative_error(const std::vector<T>& got, const std::vector<T>& want) {
  return got.size() == want.size()
             ? relative_error(std::span<const T>(got), std::span<const T>(want))
             : NAN;
}

// Bytes that are no valid number in any of our formats: outputs begin with them, so that what a
// kernel does not write shows.
template <class T>
void poison(const DeviceArray<T>& array) {
  fill_device(array.data(), 0xff, array.size() * static_cast<std::int64_t>(sizeof(T)));
}

}  // namespace dscope::test
