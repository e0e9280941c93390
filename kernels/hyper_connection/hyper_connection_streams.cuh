// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/hyper_connection/hyper_connection.h"
#include "kernels/hyper_connection/hyper_connection_config.h"

#include <cstdint>

// What happens to the residual streams themselves, without looking across channels:
//   hc_post    X[t, k, i] = bf16(post[t, k] f[t, i] + sum_j mixing[t, j, k] X[t, j, i])
//   hc_expand  X[t, j, i] = e[t, i]
// X is [T, m, d], f and e are [T, d], BF16. One thread has a few neighbouring channels of all
// streams of a token, so that updating in place needs no synchronisation. Limited by memory.
namespace dscope {

// The update of the streams behind a sublayer, and where they are.
struct HcStreams {
  int tokens = 0;
  int streams = 0;
  int hidden = 0;
  bf16_t* x = nullptr;            // [T, m, d]
  const bf16_t* f = nullptr;      // [T, d]; null: there was no sublayer, X stays as it is
  const float* post = nullptr;    // [T, m]
  const float* mixing = nullptr;  // [T, m, m]
};

namespace device {

struct HcFour {
  float v[4];
};

__device__ __forceinline__ HcFour unpack_four(uint2 v) {
  return {{low_bf16(v.x), high_bf16(v.x), low_bf16(v.y), high_bf16(v.y)}};
}

// Four channels of all streams of one token behind the previous sublayer: read, mixed, rounded,
// and written back. One thread has all streams of its channels, so nobody else reads them.
__device__ __forceinline__ void update_streams(const HcStreams& s, int t, int channel,
                                               HcFour (&x)[kMaxHcStreams]) {
  const int m = s.streams;
  const std::int64_t at = static_cast<std::int64_t>(t) * m * s.hidden + channel;
#pragma unroll
  for (int j = 0; j < kMaxHcStreams; ++j) {
    if (j < m) x[j] = unpack_four(*reinterpret_cast<const uint2*>(s.x + at + j * s.hidden));
  }
  if (s.f == nullptr) return;
  const bf16_t* const f_at = s.f + static_cast<std::int64_t>(t) * s.hidden + channel;
  const HcFour f = unpack_four(*reinterpret_cast<const uint2*>(f_at));
  HcFour updated[kMaxHcStreams];
#pragma unroll
  for (int k = 0; k < kMaxHcStreams; ++k) {
    if (k >= m) continue;
    const float post = s.post[t * m + k];
#pragma unroll
    for (int i = 0; i < 4; ++i) updated[k].v[i] = post * f.v[i];
#pragma unroll
    for (int j = 0; j < kMaxHcStreams; ++j) {
      if (j >= m) continue;
      const float mixing = s.mixing[(t * m + j) * m + k];
#pragma unroll
      for (int i = 0; i < 4; ++i) updated[k].v[i] += mixing * x[j].v[i];
    }
  }
#pragma unroll
  for (int k = 0; k < kMaxHcStreams; ++k) {
    if (k >= m) continue;
    const uint2 rounded{pack_bf16(updated[k].v[0], updated[k].v[1]),
                        pack_bf16(updated[k].v[2], updated[k].v[3])};
    *reinterpret_cast<uint2*>(s.x + at + k * s.hidden) = rounded;
    x[k] = unpack_four(rounded);
  }
}

}  // namespace device

inline constexpr int kHcPostChannels = 4;  // of a thread

__global__ void __launch_bounds__(kHcThreads) hc_post_kernel(HcStreams s) {
  device::wait_for_previous();
  device::allow_next();
  const int t = static_cast<int>(blockIdx.y);
  const int thread = static_cast<int>(blockIdx.x * kHcThreads + threadIdx.x);
  if (thread * kHcPostChannels >= s.hidden) return;
  device::HcFour x[kMaxHcStreams] = {};
  device::update_streams(s, t, thread * kHcPostChannels, x);
}

inline constexpr int kHcExpandChannels = 8;  // of a thread

__global__ void __launch_bounds__(kHcThreads) hc_expand_kernel(HcExpandParams<bf16_t> p) {
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t t = blockIdx.y;
  const std::int64_t channel = (blockIdx.x * kHcThreads + threadIdx.x) * kHcExpandChannels;
  if (channel >= p.hidden) return;
  const uint4 e = *reinterpret_cast<const uint4*>(p.e + t * p.hidden + channel);
  for (std::int64_t j = 0; j < p.streams; ++j) {
    *reinterpret_cast<uint4*>(p.x + (t * p.streams + j) * p.hidden + channel) = e;
  }
}

}  // namespace dscope
