// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/prefetch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/hyper_connection/hyper_connection.h"
#include "kernels/hyper_connection/hyper_connection_config.h"
#include "kernels/hyper_connection/hyper_connection_streams.cuh"

#include <cstdint>

// The second part of a transition (hyper_connection.cuh), for one token by one block of 8 warps.
// Everything that does not depend on the mixes is asked for before these are known.
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
  float* partials = nullptr;  // [T, slices, kHcPartials]

  // Products with fn that a token needs.
  [[nodiscard]] __host__ __device__ int rows() const {
    return head ? streams.streams : (2 + streams.streams) * streams.streams;
  }
};

struct HcFinishSharedStorage {
  alignas(16) float sums[kHcWarps][kHcPartials];
  float scratch[kHcWarps];
};

namespace device {

__device__ __forceinline__ float sigmoid(float x) {
  return 1.0f / (1.0f + expf(-x));
}

// Lane r: scale and base of row r, constants of the weights.
struct HcAffine {
  float scale = 0;
  float base = 0;

  __device__ __forceinline__ explicit HcAffine(const HcArgs& args) {
    const int m = args.streams.streams;
    const int lane = static_cast<int>(threadIdx.x % 32);
    if (lane >= args.rows()) return;
    scale = read(args.scale, lane < m ? 0 : lane < 2 * m ? 1 : 2);
    base = read(args.base, lane);
  }
};

// One instruction, off by at most one unit in the last place; for normal x.
__device__ __forceinline__ float fast_reciprocal(float x) {
  float result;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

__device__ __forceinline__ float dot_pairwise(const float (&a)[kMaxHcStreams],
                                              const float (&b)[kMaxHcStreams]) {
  static_assert(kMaxHcStreams == 4);
  return fmaf(a[0], b[0], a[1] * b[1]) + fmaf(a[2], b[2], a[3] * b[3]);
}

// Sinkhorn's iterations on the m x m matrix whose element (j, k) is c[j][k], as row and column
// factors: with M = diag(r) A diag(c), dividing row j by (its sum + eps) replaces r_j by
// r_j / (r_j (A c)_j + eps), and columns likewise. Every lane does the same: the four rows are
// independent chains, and a chain is a sum of two pairs, a reciprocal and a product. Nothing in the
// loop may depend on m: behind a branch a chain would begin where the one before it ends. So rows
// and columns that are not there become those of the identity, which touch no others.
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
      const float value = expf(a[j][k] - largest);
      a[j][k] = k < m ? value : 0.0f;
      sum += a[j][k];
    }
    const float scale = fast_reciprocal(sum);
#pragma unroll
    for (int k = 0; k < kMax; ++k) {
      const float identity = j == k ? 1.0f : 0.0f;
      a[j][k] = j < m && k < m ? fmaf(a[j][k], scale, eps) : identity;
    }
  }
  for (int round = 0; round < iterations; ++round) {
    if (round > 0) {  // the softmax has already normalised the rows of the first round
#pragma unroll
      for (int j = 0; j < kMax; ++j) {
        rows[j] *= fast_reciprocal(fmaf(rows[j], dot_pairwise(a[j], cols), eps));
      }
    }
#pragma unroll
    for (int k = 0; k < kMax; ++k) {
      const float column[kMax] = {a[0][k], a[1][k], a[2][k], a[3][k]};
      cols[k] *= fast_reciprocal(fmaf(cols[k], dot_pairwise(column, rows), eps));
    }
  }
#pragma unroll
  for (int j = 0; j < kMax; ++j) {
#pragma unroll
    for (int k = 0; k < kMax; ++k) a[j][k] *= rows[j] * cols[k];
  }
}

// Adds up the slices' sums: lane r of every warp gets row r, or the sum of squares. Eight lanes
// read a slice, 16 bytes each; what lies behind the rows there means nothing. `meanwhile()` is
// called when the first of them have been asked for.
template <class Meanwhile>
__device__ __forceinline__ float add_slices(HcFinishSharedStorage& shared, const HcArgs& args,
                                            int t, Meanwhile meanwhile) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warp = static_cast<int>(threadIdx.x / 32);
  constexpr int kAtOnce = 4;
  constexpr int kStride = kHcWarps * 4;
  const float* const partials =
      args.partials + static_cast<std::int64_t>(t) * args.slices * kHcPartials + lane % 8 * 4;
  float sums[4] = {0, 0, 0, 0};
  int first = warp * 4 + lane / 8;
  for (int round = 0; round == 0 || first < args.slices; ++round, first += kAtOnce * kStride) {
    float4 v[kAtOnce];
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      const int slice = first + i * kStride;
      v[i] = slice < args.slices
                 ? __ldcg(reinterpret_cast<const float4*>(partials + slice * kHcPartials))
                 : float4{0, 0, 0, 0};
    }
    if (round == 0) meanwhile();
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      sums[0] += v[i].x;
      sums[1] += v[i].y;
      sums[2] += v[i].z;
      sums[3] += v[i].w;
    }
  }
#pragma unroll
  for (float& sum : sums) {
    sum += __shfl_xor_sync(kAllLanes, sum, 8);
    sum += __shfl_xor_sync(kAllLanes, sum, 16);
  }
  if (lane < 8) {
    *reinterpret_cast<float4*>(shared.sums[warp] + 4 * lane) = {sums[0], sums[1], sums[2], sums[3]};
  }
  __syncthreads();
  float sum = 0;
#pragma unroll
  for (int w = 0; w < kHcWarps; ++w) sum += shared.sums[w][lane];
  return sum;
}

// Lane r: row r's mix, scaled and with its base.
__device__ __forceinline__ float scaled_mix(const HcArgs& args, const HcAffine& affine, float sum) {
  const float squares = __shfl_sync(kAllLanes, sum, kHcSquares);
  const float mean = squares / static_cast<float>(args.streams.streams * args.streams.hidden);
  const float inverse_rms = 1.0f / sqrtf(mean + args.rms_eps);
  if (static_cast<int>(threadIdx.x % 32) >= args.rows()) return 0;
  return sum * inverse_rms * affine.scale + affine.base;
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

// A column thread's channels, 8 at a time: of all streams, then of y.
inline constexpr int kHcColumns =
    static_cast<int>((kMaxHcHidden + kHcColumnThreads * 8 - 1) / (kHcColumnThreads * 8));
__device__ __forceinline__ int first_channel(int column) {
  return (static_cast<int>(threadIdx.x) - 32 + column * kHcColumnThreads) * 8;
}

struct HcColumns {
  uint4 streams[kHcColumns][kMaxHcStreams];
  HcEight y[kHcColumns];
  HcEight norm[kHcColumns];

  // What registers hold while the mixes are formed: all of 4096 channels.
  static constexpr int kEarly = 3;

  __device__ __forceinline__ void load_column(const HcArgs& args, int t, int c) {
    const HcStreams& s = args.streams;
    const bf16_t* const x = s.x + static_cast<std::int64_t>(t) * s.streams * s.hidden;
    const int channel = first_channel(c);
#pragma unroll
    for (int j = 0; j < kMaxHcStreams; ++j) {
      streams[c][j] = {0, 0, 0, 0};
      if (channel < s.hidden && j < s.streams) {
        streams[c][j] = __ldcg(reinterpret_cast<const uint4*>(x + j * s.hidden + channel));
      }
    }
  }
  __device__ __forceinline__ void load_early(const HcArgs& args, int t) {
#pragma unroll
    for (int c = 0; c < kEarly; ++c) load_column(args, t, c);
  }

  // Lane j has stream j's weight. Returns the sum of the squares of y.
  __device__ __forceinline__ float weigh(const HcArgs& args, int t, float pre) {
    float weights[kMaxHcStreams];
#pragma unroll
    for (int j = 0; j < kMaxHcStreams; ++j) weights[j] = __shfl_sync(kAllLanes, pre, j);
    float squares = 0;
#pragma unroll
    for (int c = 0; c < kHcColumns; ++c) {
      if (c >= kEarly) load_column(args, t, c);
      y[c] = {};
#pragma unroll
      for (int j = 0; j < kMaxHcStreams; ++j) {
        const HcEight stream = unpack_eight(streams[c][j]);
#pragma unroll
        for (int i = 0; i < 8; ++i) y[c].v[i] = fmaf(weights[j], stream.v[i], y[c].v[i]);
      }
#pragma unroll
      for (int i = 0; i < 8; ++i) squares = fmaf(y[c].v[i], y[c].v[i], squares);
    }
    return squares;
  }

  __device__ __forceinline__ void load_norm(const HcArgs& args) {
#pragma unroll
    for (int c = 0; c < kHcColumns; ++c) {
      const int channel = first_channel(c);
      if (channel < args.streams.hidden) norm[c] = read_eight(args.norm.weight, channel);
    }
  }

  __device__ __forceinline__ void write_normed(const HcArgs& args, int t, float scale) const {
#pragma unroll
    for (int c = 0; c < kHcColumns; ++c) {
      const int channel = first_channel(c);
      if (channel >= args.streams.hidden) continue;
      const HcEight& w = norm[c];
      const auto& v = y[c].v;
      const std::int64_t at = static_cast<std::int64_t>(t) * args.streams.hidden + channel;
      if (args.y != nullptr) {
        reinterpret_cast<float4*>(args.y + at)[0] = {v[0], v[1], v[2], v[3]};
        reinterpret_cast<float4*>(args.y + at)[1] = {v[4], v[5], v[6], v[7]};
      }
      *reinterpret_cast<uint4*>(args.norm.x + at) = {
          pack_bf16(v[0] * scale * w.v[0], v[1] * scale * w.v[1]),
          pack_bf16(v[2] * scale * w.v[2], v[3] * scale * w.v[3]),
          pack_bf16(v[4] * scale * w.v[4], v[5] * scale * w.v[5]),
          pack_bf16(v[6] * scale * w.v[6], v[7] * scale * w.v[7])};
    }
  }
};

// Brings the norm's weight into L1 or at least L2 while sums are being formed.
__device__ __forceinline__ void prefetch_norm(const HcArgs& args) {
  const int line = static_cast<int>(threadIdx.x) * 128;
  const int bytes = args.streams.hidden * (args.norm.weight.format == WeightFormat::kF32 ? 4 : 2);
  if (line < bytes) prefetch_l2(args.norm.weight.data + line);
}

// Every warp forms all mixes. Once a block: warps leave as they end.
__device__ __forceinline__ void finish_token(HcFinishSharedStorage& shared, const HcArgs& args,
                                             const HcAffine& affine, int t) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warp = static_cast<int>(threadIdx.x / 32);
  HcColumns columns;
  const float sum = add_slices(shared, args, t, [&] {
    if (warp > 0) columns.load_early(args, t);
  });
  const float mix = scaled_mix(args, affine, sum);
  if (warp == 0) {
    if (!args.head) write_post_and_mixing(args, t, mix);
    return;
  }
  const float squares = warp_sum(columns.weigh(args, t, sigmoid(mix) + args.hc_eps));
  columns.load_norm(args);
  if (lane == 0) shared.scratch[warp] = squares;
  column_barrier();
  const float total = warp_sum(lane > 0 && lane < kHcWarps ? shared.scratch[lane] : 0.0f);
  const float mean = total / static_cast<float>(args.streams.hidden);
  columns.write_normed(args, t, 1.0f / sqrtf(mean + static_cast<float>(args.norm.eps)));
}

}  // namespace device
}  // namespace dscope
