// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/comm/collective_times.h"
#include "kernels/comm/device_communicator.h"
#include "kernels/cuda/copy_bandwidth.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/extra_shared.h"
#include "kernels/cuda/memory_latency.h"
#include "kernels/cuda/read_bandwidth.h"
#include "kernels/decode_step/decoder.h"
#include "workloads/base/error.h"

// What a build without CUDA says when its GPU back end is asked for.
namespace dscope {
namespace {

constexpr const char* kReason =
    "this build has no CUDA kernels (configure with a CUDA Toolkit of at least 12.8); --backend "
    "cpu runs the reference";

}  // namespace

Support cuda_available() {
  return {kReason};
}

void select_device(int) {
  throw unavailable_error("{}", kReason);
}

CudaDevice current_device() {
  throw unavailable_error("{}", kReason);
}

void set_extra_shared_bytes(std::int64_t bytes) {
  if (bytes != 0) throw unavailable_error("{}", kReason);
}

std::int64_t extra_shared_bytes() {
  return 0;
}

std::vector<ExtraSharedRefusal> extra_shared_refusals() {
  return {};
}

double measure_device_read_gbps() {
  throw unavailable_error("{}", kReason);
}

double measure_l2_read_gbps() {
  throw unavailable_error("{}", kReason);
}

CopyBandwidth measure_copy_bandwidth() {
  throw unavailable_error("{}", kReason);
}

MemoryLatency measure_memory_latency() {
  throw unavailable_error("{}", kReason);
}

const DeviceLimits& device_limits() {
  throw unavailable_error("{}", kReason);
}

std::unique_ptr<DeviceCommunicator> make_device_shard_communicator(int, int) {
  throw unavailable_error("{}", kReason);
}

std::unique_ptr<DeviceCommunicator> make_pcie_loopback_communicator(int, int, std::int64_t) {
  throw unavailable_error("{}", kReason);
}

std::unique_ptr<DeviceCommunicator> make_nccl_communicator(Communicator&, std::int64_t) {
  throw unavailable_error("{}", kReason);
}

std::vector<AllReduceTime> measure_all_reduce(Communicator&) {
  throw unavailable_error("{}", kReason);
}

std::shared_ptr<const CudaWeights> load_cuda_weights(WeightSource&, const DecoderOptions&,
                                                     const CudaOptions&) {
  throw unavailable_error("{}", kReason);
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the other build keeps them.
std::unique_ptr<Decoder> make_cuda_decoder(std::shared_ptr<const CudaWeights>, DeviceCommunicator&,
                                           const DecoderOptions&, const CudaOptions&) {
  throw unavailable_error("{}", kReason);
}

std::unique_ptr<Decoder> make_cuda_decoder(WeightSource&, DeviceCommunicator&,
                                           const DecoderOptions&, const CudaOptions&) {
  throw unavailable_error("{}", kReason);
}

}  // namespace dscope
