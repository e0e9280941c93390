// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/device_buffer.h"
#include "workloads/base/units.h"

namespace dscope {

DeviceBuffer::DeviceBuffer(std::int64_t bytes, std::string_view what) : bytes_(bytes) {
  if (bytes == 0) return;
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, static_cast<std::size_t>(bytes));
  if (status == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    std::size_t free = 0;
    std::size_t total = 0;
    (void)cudaMemGetInfo(&free, &total);
    throw unavailable_error("{} needs {} of GPU memory; {} of {} are free", what,
                            format_bytes(static_cast<double>(bytes)),
                            format_bytes(static_cast<double>(free)),
                            format_bytes(static_cast<double>(total)));
  }
  DSCOPE_CUDA_CHECK(status);
  data_ = static_cast<std::byte*>(memory);
}

DeviceBuffer::~DeviceBuffer() {
  if (data_ != nullptr) (void)cudaFree(data_);
}

PinnedBuffer::PinnedBuffer(std::int64_t bytes) {
  void* memory = nullptr;
  DSCOPE_CUDA_CHECK(cudaMallocHost(&memory, static_cast<std::size_t>(bytes)));
  data_ = static_cast<std::byte*>(memory);
}

PinnedBuffer::~PinnedBuffer() {
  if (data_ != nullptr) (void)cudaFreeHost(data_);
}

namespace {

// Copies from pageable memory and fills return before they are complete, and our streams do not
// wait for the default stream.
void finish_default_stream() {
  DSCOPE_CUDA_CHECK(cudaStreamSynchronize(nullptr));
}

}  // namespace

void copy_to_device(void* device, const void* host, std::int64_t bytes) {
  DSCOPE_CUDA_CHECK(
      cudaMemcpy(device, host, static_cast<std::size_t>(bytes), cudaMemcpyHostToDevice));
  finish_default_stream();
}

void copy_to_host(void* host, const void* device, std::int64_t bytes) {
  DSCOPE_CUDA_CHECK(
      cudaMemcpy(host, device, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost));
}

void copy_rows_to_device(void* device, const void* host, std::int64_t rows, std::int64_t row_bytes,
                         std::int64_t host_stride, std::int64_t device_stride) {
  DSCOPE_CUDA_CHECK(cudaMemcpy2D(
      device, static_cast<std::size_t>(device_stride), host, static_cast<std::size_t>(host_stride),
      static_cast<std::size_t>(row_bytes), static_cast<std::size_t>(rows), cudaMemcpyHostToDevice));
  finish_default_stream();
}

void copy_on_device(void* to, const void* from, std::int64_t bytes) {
  DSCOPE_CUDA_CHECK(
      cudaMemcpy(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToDevice));
  finish_default_stream();
}

void fill_device(void* device, int byte, std::int64_t bytes) {
  DSCOPE_CUDA_CHECK(cudaMemset(device, byte, static_cast<std::size_t>(bytes)));
  finish_default_stream();
}

void copy_to_device_async(void* device, const void* host, std::int64_t bytes, Stream stream) {
  DSCOPE_CUDA_CHECK(cudaMemcpyAsync(device, host, static_cast<std::size_t>(bytes),
                                    cudaMemcpyHostToDevice, stream));
}

void copy_to_host_async(void* host, const void* device, std::int64_t bytes, Stream stream) {
  DSCOPE_CUDA_CHECK(cudaMemcpyAsync(host, device, static_cast<std::size_t>(bytes),
                                    cudaMemcpyDeviceToHost, stream));
}

void copy_on_device_async(void* to, const void* from, std::int64_t bytes, Stream stream) {
  DSCOPE_CUDA_CHECK(
      cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToDevice, stream));
}

}  // namespace dscope
