// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/tuning.h"
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/device.h"

namespace dscope {
namespace {

// Compiled for each target of the build; asking for its attributes tells whether the device in
// this machine is one of them.
__global__ void probe_kernel() {}

}  // namespace

Support cuda_available() {
  int count = 0;
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver || status == cudaErrorNoDevice) {
    (void)cudaGetLastError();
    return unsupported("no usable NVIDIA GPU ({}); --backend cpu runs the reference",
                       cudaGetErrorString(status));
  }
  if (status == cudaSuccess) {
    cudaFuncAttributes attributes{};
    status = cudaFuncGetAttributes(&attributes, probe_kernel);
  }
  if (status == cudaErrorNoKernelImageForDevice || status == cudaErrorInvalidDeviceFunction) {
    (void)cudaGetLastError();
    return unsupported(
        "this build has kernels for sm_90 and sm_120a only, and the GPU is neither; add it to "
        "CMAKE_CUDA_ARCHITECTURES");
  }
  if (status != cudaSuccess) {
    (void)cudaGetLastError();
    return unsupported("CUDA does not start: {} ({})", cudaGetErrorName(status),
                       cudaGetErrorString(status));
  }
  return {};
}

void select_device(int index) {
  if (const Support support = cuda_available(); !support.ok()) {
    throw unavailable_error("{}", support.reason);
  }
  int count = 0;
  DSCOPE_CUDA_CHECK(cudaGetDeviceCount(&count));
  DSCOPE_CUDA_CHECK(cudaSetDevice(index % count));
}

CudaDevice current_device() {
  if (const Support support = cuda_available(); !support.ok()) {
    throw unavailable_error("{}", support.reason);
  }
  int id = 0;
  DSCOPE_CUDA_CHECK(cudaGetDevice(&id));
  cudaDeviceProp properties{};
  DSCOPE_CUDA_CHECK(cudaGetDeviceProperties(&properties, id));
  std::size_t free = 0;
  std::size_t total = 0;
  DSCOPE_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  return {
      .name = properties.name,
      .major = properties.major,
      .minor = properties.minor,
      .limits = {.sms = properties.multiProcessorCount,
                 .shared_per_block = static_cast<std::int64_t>(properties.sharedMemPerBlockOptin),
                 .shared_per_sm = static_cast<std::int64_t>(properties.sharedMemPerMultiprocessor),
                 .l2_bytes = properties.l2CacheSize,
                 .warps_per_sm = properties.maxThreadsPerMultiProcessor / 32},
      .memory_bytes = static_cast<std::int64_t>(total),
      .free_bytes = static_cast<std::int64_t>(free)};
}

namespace {

const CudaDevice& first_seen_device() {
  static const CudaDevice device = current_device();
  return device;
}

}  // namespace

const DeviceLimits& device_limits() {
  return first_seen_device().limits;
}

std::optional<std::size_t> tuned_config(const char* op, const std::string& shape,
                                        std::size_t count) {
  if (process_tuning().empty()) return std::nullopt;
  return process_tuning().find(first_seen_device().name, op, shape, count);
}

}  // namespace dscope
