// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/hyper_connection/hyper_connection.h"
#include "kernels/hyper_connection/hyper_connection_config.h"
#include "kernels/hyper_connection/hyper_connection_streams.cuh"

#include <cstdint>

// The second part of a transition (hyper_connection.cuh), for one token by one block of 8 warps.
namespace dscope {

inline constexpr int kHcWarps = kHcThreads / 32;
inline constexpr int kHcMaxRows = static_cast<int>((2 + kMaxHcStreams) * kMaxHcStreams);
inline constexpr int kHcRowsPerWarp = kHcMaxRows / kHcWarps;
inline constexpr int kHcPartials = 32;  // floats a token and slice
inline constexpr int kHcSquares = kHcMaxRows;
static_assert(kHcMaxRows % kHcWarps == 0 && kHcSquares < kHcPartials);

struct HcArgs {
  HcStreams streams;
  int slices = 0;
  bool head = false;
  WeightMatrix fn;
  WeightVector base;
  WeightVector scale;
  float rms_eps = 0;
  float hc_eps = 0;
  int sinkhorn_iterations = 0;
  float* post = nullptr;    // [T, m], for the sublayer behind; null in the head, as mixing
  float* mixing = nullptr;  // [T, m, m]
  float* y = nullptr;       // [T, d] or null
  HcNorm norm;
  unsigned* arrivals = nullptr;  // [tiles]
  float* partials = nullptr;     // [T, slices, kHcPartials]

  // Products with fn that a token needs.
  [[nodiscard]] __host__ __device__ int rows() const {
    return head ? streams.streams : (2 + streams.streams) * streams.streams;
  }
};

struct HcFinishSharedStorage {
  alignas(16) float y[kMaxHcHidden];
  float sums[kHcWarps][kHcPartials];
  float pre[kMaxHcStreams];
  float scratch[kHcWarps];
  bool last;
};

namespace device {

__device__ __forceinline__ float sigmoid(float x) {
  return 1.0f / (1.0f + expf(-x));
}

// Sinkhorn's iterations on the m x m matrix whose element (j, k) is c[j][k], as row and column
// factors: with M = diag(r) A diag(c), dividing row j by (its sum + eps) replaces r_j by
// r_j / (r_j (A c)_j + eps), and columns likewise. Every lane does the same.
__device__ __forceinline__ void sinkhorn(float (&a)[kMaxHcStreams][kMaxHcStreams], int m,
                                         int iterations, float eps) {
  constexpr int kMax = static_cast<int>(kMaxHcStreams);
  float rows[kMax];
  float cols[kMax];
#pragma unroll
  for (int j = 0; j < kMax; ++j) {
    rows[j] = 1.0f;
    cols[j] = 1.0f;
    float largest = a[j][0];
#pragma unroll
    for (int k = 1; k < kMax; ++k) largest = k < m ? fmaxf(largest, a[j][k]) : largest;
    float sum = 0;
#pragma unroll
    for (int k = 0; k < kMax; ++k) {
      a[j][k] = k < m && j < m ? expf(a[j][k] - largest) : 0.0f;
      sum += a[j][k];
    }
#pragma unroll
    for (int k = 0; k < kMax; ++k) a[j][k] = k < m && j < m ? a[j][k] / sum + eps : 0.0f;
  }
  for (int round = 0; round < iterations; ++round) {
    if (round > 0) {  // the softmax has already normalised the rows of the first round
#pragma unroll
      for (int j = 0; j < kMax; ++j) {
        float sum = 0;
#pragma unroll
        for (int k = 0; k < kMax; ++k) sum = fmaf(a[j][k], cols[k], sum);
        if (j < m) rows[j] = __fdividef(rows[j], fmaf(rows[j], sum, eps));
      }
    }
#pragma unroll
    for (int k = 0; k < kMax; ++k) {
      float sum = 0;
#pragma unroll
      for (int j = 0; j < kMax; ++j) sum = fmaf(a[j][k], rows[j], sum);
      if (k < m) cols[k] = __fdividef(cols[k], fmaf(cols[k], sum, eps));
    }
  }
#pragma unroll
  for (int j = 0; j < kMax; ++j) {
#pragma unroll
    for (int k = 0; k < kMax; ++k) a[j][k] *= rows[j] * cols[k];
  }
}

// Adds up the slices' sums: lane r of every warp gets row r, or the sum of squares.
__device__ __forceinline__ float add_slices(HcFinishSharedStorage& shared, const HcArgs& args,
                                            int t) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warp = static_cast<int>(threadIdx.x / 32);
  const float* const partials =
      args.partials + static_cast<std::int64_t>(t) * args.slices * kHcPartials + lane;
  float sum = 0;
  if (lane < args.rows() || lane == kHcSquares) {
#pragma unroll 8
    for (int s = warp; s < args.slices; s += kHcWarps) sum += __ldcg(partials + s * kHcPartials);
  }
  shared.sums[warp][lane] = sum;
  __syncthreads();
  sum = 0;
#pragma unroll
  for (int w = 0; w < kHcWarps; ++w) sum += shared.sums[w][lane];
  return sum;
}

// Lane r: row r's mix, scaled and with its base.
__device__ __forceinline__ float scaled_mix(const HcArgs& args, float sum) {
  const int m = args.streams.streams;
  const int lane = static_cast<int>(threadIdx.x % 32);
  const float squares = __shfl_sync(kAllLanes, sum, kHcSquares);
  const float mean = squares / static_cast<float>(m * args.streams.hidden);
  const float inverse_rms = 1.0f / sqrtf(mean + args.rms_eps);
  if (lane >= args.rows()) return 0;
  const int part = lane < m ? 0 : lane < 2 * m ? 1 : 2;
  return sum * inverse_rms * read(args.scale, part) + read(args.base, lane);
}

// What the sublayer's end will need, by one warp; lane r has row r's mix.
__device__ __forceinline__ void write_post_and_mixing(const HcArgs& args, int t, float mix) {
  const int m = args.streams.streams;
  const int lane = static_cast<int>(threadIdx.x % 32);
  if (lane >= m && lane < 2 * m) args.post[t * m + lane - m] = 2 * sigmoid(mix);
  float matrix[kMaxHcStreams][kMaxHcStreams];
#pragma unroll
  for (int j = 0; j < kMaxHcStreams; ++j) {
#pragma unroll
    for (int k = 0; k < kMaxHcStreams; ++k) {
      matrix[j][k] = __shfl_sync(kAllLanes, mix, (2 * m + j * m + k) % 32);
    }
  }
  sinkhorn(matrix, m, args.sinkhorn_iterations, args.hc_eps);
  if (lane != 0) return;
#pragma unroll
  for (int j = 0; j < kMaxHcStreams; ++j) {
#pragma unroll
    for (int k = 0; k < kMaxHcStreams; ++k) {
      if (j < m && k < m) args.mixing[(t * m + j) * m + k] = matrix[j][k];
    }
  }
}

struct HcEight {
  float v[8];
};

__device__ __forceinline__ HcEight unpack_eight(uint4 v) {
  return {{low_bf16(v.x), high_bf16(v.x), low_bf16(v.y), high_bf16(v.y), low_bf16(v.z),
           high_bf16(v.z), low_bf16(v.w), high_bf16(v.w)}};
}

__device__ __forceinline__ HcEight read_eight(const WeightVector& w, int first) {
  if (w.format == WeightFormat::kBf16) {
    return unpack_eight(__ldg(reinterpret_cast<const uint4*>(w.data) + first / 8));
  }
  HcEight result;
#pragma unroll
  for (int i = 0; i < 8; ++i) result.v[i] = read(w, first + i);
  return result;
}

// All warps but the first, which is busy with Sinkhorn.
inline constexpr int kHcColumnThreads = kHcThreads - 32;
__device__ __forceinline__ void column_barrier() {
  asm volatile("bar.sync 1, %0;" ::"n"(kHcColumnThreads) : "memory");
}

// y of this thread's columns, left in shared memory; returns the sum of their squares.
__device__ __forceinline__ float weigh_streams(HcFinishSharedStorage& shared, const HcArgs& args,
                                               int t) {
  const HcStreams& s = args.streams;
  const bf16_t* const x = s.x + static_cast<std::int64_t>(t) * s.streams * s.hidden;
  float squares = 0;
  for (int c = (static_cast<int>(threadIdx.x) - 32) * 8; c < s.hidden; c += kHcColumnThreads * 8) {
    HcEight y = {};
#pragma unroll
    for (int j = 0; j < kMaxHcStreams; ++j) {
      if (j >= s.streams) continue;
      // Other blocks of this launch may have written it: L1 could be stale.
      const auto* const at = reinterpret_cast<const uint4*>(x + j * s.hidden + c);
      const HcEight stream = unpack_eight(__ldcg(at));
      const float pre = shared.pre[j];
#pragma unroll
      for (int i = 0; i < 8; ++i) y.v[i] = fmaf(pre, stream.v[i], y.v[i]);
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) squares = fmaf(y.v[i], y.v[i], squares);
    auto* const kept = reinterpret_cast<float4*>(shared.y + c);
    kept[0] = {y.v[0], y.v[1], y.v[2], y.v[3]};
    kept[1] = {y.v[4], y.v[5], y.v[6], y.v[7]};
  }
  return squares;
}

// The normed columns, from the y that the same thread left.
__device__ __forceinline__ void write_normed(const HcFinishSharedStorage& shared,
                                             const HcArgs& args, int t, float scale) {
  const int hidden = args.streams.hidden;
  for (int c = (static_cast<int>(threadIdx.x) - 32) * 8; c < hidden; c += kHcColumnThreads * 8) {
    const auto* const kept = reinterpret_cast<const float4*>(shared.y + c);
    const float4 a = kept[0];
    const float4 b = kept[1];
    const HcEight w = read_eight(args.norm.weight, c);
    const std::int64_t at = static_cast<std::int64_t>(t) * hidden + c;
    if (args.y != nullptr) {
      reinterpret_cast<float4*>(args.y + at)[0] = a;
      reinterpret_cast<float4*>(args.y + at)[1] = b;
    }
    *reinterpret_cast<uint4*>(args.norm.x + at) = {
        pack_bf16(a.x * scale * w.v[0], a.y * scale * w.v[1]),
        pack_bf16(a.z * scale * w.v[2], a.w * scale * w.v[3]),
        pack_bf16(b.x * scale * w.v[4], b.y * scale * w.v[5]),
        pack_bf16(b.z * scale * w.v[6], b.w * scale * w.v[7])};
  }
}

// May be called for token after token: sums is read before a token's second barrier and pre before
// the next token's first, and neither is written until behind it.
__device__ __forceinline__ void finish_token(HcFinishSharedStorage& shared, const HcArgs& args,
                                             int t) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warp = static_cast<int>(threadIdx.x / 32);
  const float sum = add_slices(shared, args, t);
  float mix = 0;
  if (warp == 0) {
    mix = scaled_mix(args, sum);
    if (lane < args.streams.streams) shared.pre[lane] = sigmoid(mix) + args.hc_eps;
  }
  __syncthreads();
  if (warp == 0) {
    if (!args.head) write_post_and_mixing(args, t, mix);
    return;
  }
  const float squares = warp_sum(weigh_streams(shared, args, t));
  if (lane == 0) shared.scratch[warp] = squares;
  column_barrier();
  const float total = warp_sum(lane > 0 && lane < kHcWarps ? shared.scratch[lane] : 0.0f);
  const float mean = total / static_cast<float>(args.streams.hidden);
  write_normed(shared, args, t, 1.0f / sqrtf(mean + static_cast<float>(args.norm.eps)));
}

}  // namespace device
}  // namespace dscope
