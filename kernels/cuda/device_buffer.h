// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/stream.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope {

// Memory on the current GPU, freed at destruction; contents are undefined until written. Throws
// Error{kUnavailable} naming `what` and the sizes where it does not fit.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(std::int64_t bytes, std::string_view what);
  ~DeviceBuffer();
  DeviceBuffer(DeviceBuffer&& other) noexcept { swap(other); }
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    swap(other);
    return *this;
  }

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  void swap(DeviceBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }
  std::byte* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

// Page-locked host memory, which the GPU can copy from and to while the CPU does something else.
class PinnedBuffer {
 public:
  explicit PinnedBuffer(std::int64_t bytes);
  ~PinnedBuffer();
  PinnedBuffer(const PinnedBuffer&) = delete;
  PinnedBuffer& operator=(const PinnedBuffer&) = delete;

  [[nodiscard]] std::byte* data() const { return data_; }

 private:
  std::byte* data_ = nullptr;
};

// Copies that are complete on return, ordered behind the work of the default stream.
void copy_to_device(void* device, const void* host, std::int64_t bytes);
void copy_to_host(void* host, const void* device, std::int64_t bytes);
// `rows` rows of `row_bytes`, which stand `host_stride` and `device_stride` bytes apart.
void copy_rows_to_device(void* device, const void* host, std::int64_t rows, std::int64_t row_bytes,
                         std::int64_t host_stride, std::int64_t device_stride);
void copy_on_device(void* to, const void* from, std::int64_t bytes);
// Sets every byte; complete on return too.
void fill_device(void* device, int byte, std::int64_t bytes);
// Asynchronous copies on a stream; host memory must be pinned to overlap.
void copy_to_device_async(void* device, const void* host, std::int64_t bytes, Stream stream);
void copy_to_host_async(void* host, const void* device, std::int64_t bytes, Stream stream);
void copy_on_device_async(void* to, const void* from, std::int64_t bytes, Stream stream);

// A typed array on the device.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  explicit DeviceArray(std::int64_t size, std::string_view what = "an array")
      : buffer_(size * static_cast<std::int64_t>(sizeof(T)), what), size_(size) {}
  explicit DeviceArray(std::span<const T> values) : DeviceArray(std::ssize(values)) {
    copy_to_device(data(), values.data(), buffer_.bytes());
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(std::span<const T>(values)) {}

  [[nodiscard]] T* data() const { return reinterpret_cast<T*>(buffer_.data()); }
  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] std::vector<T> to_host() const {
    std::vector<T> values(static_cast<std::size_t>(size_));
    copy_to_host(values.data(), data(), buffer_.bytes());
    return values;
  }

 private:
  DeviceBuffer buffer_;
  std::int64_t size_ = 0;
};

}  // namespace dscope
