// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/device.h"
#include "kernels/cuda/extra_shared.cuh"
#include "kernels/cuda/extra_shared.h"
#include "workloads/base/error.h"

#include <unordered_set>

namespace dscope {
namespace {

struct State {
  std::int64_t bytes = 0;
  std::int64_t most = 0;  // of a block
  std::unordered_set<const void*> refusing;
  std::vector<ExtraSharedRefusal> refusals;
};

State& state() {
  static State s;
  return s;
}

std::string name_of(const void* kernel) {
  const char* name = nullptr;
  DSCOPE_CUDA_CHECK(cudaFuncGetName(&name, kernel));
  return name == nullptr ? "a kernel without a name" : name;
}

}  // namespace

void set_extra_shared_bytes(std::int64_t bytes) {
  if (bytes < 0) throw usage_error("extra shared memory: expected 0 or more bytes, got {}", bytes);
  State next;
  if (bytes > 0) {
    next.most = device_limits().shared_per_block;
    if (bytes > next.most) {
      throw usage_error("extra shared memory: a block has at most {} bytes here, got {}", next.most,
                        bytes);
    }
    next.bytes = bytes;
  }
  state() = std::move(next);
}

std::int64_t extra_shared_bytes() {
  return state().bytes;
}

std::vector<ExtraSharedRefusal> extra_shared_refusals() {
  return state().refusals;
}

namespace detail {

std::size_t padded_shared_bytes(const void* kernel, std::size_t dynamic_bytes) {
  State& s = state();
  if (s.bytes == 0) return dynamic_bytes;
  cudaFuncAttributes attributes{};
  DSCOPE_CUDA_CHECK(cudaFuncGetAttributes(&attributes, kernel));
  const auto own = static_cast<std::int64_t>(dynamic_bytes + attributes.sharedSizeBytes);
  if (own + s.bytes <= s.most) return dynamic_bytes + static_cast<std::size_t>(s.bytes);
  if (s.refusing.insert(kernel).second) s.refusals.push_back({name_of(kernel), own, s.most});
  return dynamic_bytes;
}

}  // namespace detail
}  // namespace dscope
