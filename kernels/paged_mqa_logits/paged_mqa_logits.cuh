// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/memory.cuh"
#include "kernels/device/mma.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/device/weight_fragment.cuh"
#include "kernels/paged_mqa_logits/paged_mqa_logits.h"
#include "kernels/paged_mqa_logits/paged_mqa_logits_config.h"

#include <cstdint>

// logits[t, j] = s_k[j] * sum_h W[t, h] * relu(q[t, h] . k[j])   for j < entries[t]
// with h < 64 heads (fewer are filled up with zeros), q and k of Dim values, in BF16 or in FP8
// codes (IndexPage: 64 keys, then their 64 scales).
//
// Products on mma.m16n8k16: A is 16 keys, B the heads, 8 a tile. A lane (g = lane / 4, q = lane %
// 4) loads 16 bytes at 16 q of each 64-byte chunk of keys g and g + 8, and decodes them where they
// land (weight_fragment.cuh); the queries are loaded and decoded the same way, head g of each tile,
// so the order of k inside the products agrees by construction. FP8 codes are exact in BF16.
//
// A group is 16 keys of a token. All live groups of all tokens form one sequence, of which each
// warp of the grid takes an equal, contiguous run: work follows the live lengths, which only the
// device knows. A warp keeps all queries of its token in registers (128 of them for Dim 128) and
// copies keys ahead through its own ring of stages in shared memory, each lane the bytes that it
// will read; only the scales and the head weights cross lanes, behind __syncwarp. Warps never wait
// for each other. Every logit is one lane's sum in a fixed order, wherever it is computed.
//
// Limited by memory: 132 bytes a key, against 16 K multiply-adds on tensor cores.
namespace dscope {

template <WeightFormat Format, int Dim>
struct MqaShape {
  static constexpr int kBytes = Format == WeightFormat::kFp8 ? Dim : 2 * Dim;  // of a key or query
  static constexpr int kChunks = kBytes / device::kChunkBytes;
  static constexpr int kSteps = Dim / 16;  // of mma
  static constexpr int kStepsPerChunk = kSteps / kChunks;
  static constexpr int kPieces = 2 * kChunks;  // 16-byte loads of a lane
  static constexpr int kTiles = static_cast<int>(kMaxMqaHeads) / 8;
  static constexpr int kGroup = static_cast<int>(kMqaGroup);
  // 6 to 8 KiB a warp in flight hide the latency of memory.
  static constexpr int kStages = Format == WeightFormat::kFp8 ? 4 : 2;
  static_assert(kBytes % device::kChunkBytes == 0);
  static_assert(kStepsPerChunk == device::kFragmentSteps<Format>);
};

template <class Shape>
struct MqaWarpStorage {
  uint4 keys[Shape::kStages][Shape::kPieces][32];
  alignas(16) float scales[Shape::kStages][Shape::kGroup];
  alignas(16) float weights[kMaxMqaHeads];
};

template <class Shape>
struct MqaSharedStorage {
  MqaWarpStorage<Shape> warps[kMqaWarps];
};

namespace device {

__device__ __forceinline__ int groups_of(const PagedMqaLogitsParams& p, int t) {
  return static_cast<int>((p.entries[t] + kMqaGroup - 1) / kMqaGroup);
}

// A warp's run of groups: from group `group` of token `token` on, `count` of them.
struct MqaRun {
  int token = 0;
  int group = 0;
  int count = 0;
};

__device__ __forceinline__ int warp_inclusive_scan(int value) {
  const int lane = static_cast<int>(threadIdx.x % 32);
#pragma unroll
  for (int offset = 1; offset < 32; offset *= 2) {
    const int before = __shfl_up_sync(kAllLanes, value, offset);
    if (lane >= offset) value += before;
  }
  return value;
}

__device__ __forceinline__ MqaRun find_run(const PagedMqaLogitsParams& p) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const auto tokens = static_cast<int>(p.tokens);
  int all = 0;
  for (int t = lane; t < tokens; t += 32) all += groups_of(p, t);
  all = __reduce_add_sync(kAllLanes, all);
  const std::int64_t warps = static_cast<std::int64_t>(gridDim.x) * kMqaWarps;
  const std::int64_t warp = blockIdx.x * kMqaWarps + threadIdx.x / 32;
  const auto begin = static_cast<int>(all * warp / warps);
  const auto end = static_cast<int>(all * (warp + 1) / warps);
  MqaRun run;
  run.count = end - begin;
  int before = 0;  // groups of the tokens before `first`
  for (int first = 0; first < tokens; first += 32) {
    const int groups = first + lane < tokens ? groups_of(p, first + lane) : 0;
    const int until = before + warp_inclusive_scan(groups);
    const unsigned behind = __ballot_sync(kAllLanes, until > begin);
    if (behind != 0) {
      const int owner = __ffs(static_cast<int>(behind)) - 1;
      run.token = first + owner;
      run.group = begin - __shfl_sync(kAllLanes, until - groups, owner);
      break;
    }
    before = __shfl_sync(kAllLanes, until, 31);
  }
  return run;
}

// A lane's part of the queries: registers 2 s and 2 s + 1 of a tile are B of mma step s.
template <class Shape>
using MqaQueries = std::uint32_t[Shape::kTiles][2 * Shape::kSteps];

template <WeightFormat Format>
__device__ __forceinline__ std::uint32_t unit_multiplier() {
  if constexpr (Format == WeightFormat::kFp8) {
    return scale_multiplier<Format>(127);  // 2^0
  } else {
    return 0;  // unused
  }
}

template <WeightFormat Format, class Shape>
__device__ __forceinline__ void load_queries(const PagedMqaLogitsParams& p, int t,
                                             MqaQueries<Shape>& queries) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const std::byte* const token = p.q.data + t * p.heads * Shape::kBytes;
#pragma unroll
  for (int tile = 0; tile < Shape::kTiles; ++tile) {
    const int head = tile * 8 + lane / 4;
    const std::byte* const row = token + head * Shape::kBytes + lane % 4 * 16;
#pragma unroll
    for (int c = 0; c < Shape::kChunks; ++c) {
      uint4 bytes{0, 0, 0, 0};
      if (head < p.heads) bytes = *reinterpret_cast<const uint4*>(row + c * kChunkBytes);
      std::uint32_t pairs[2 * Shape::kStepsPerChunk];
      decode_row_chunk<Format>(bytes, unit_multiplier<Format>(), pairs);
#pragma unroll
      for (int i = 0; i < 2 * Shape::kStepsPerChunk; ++i) {
        queries[tile][c * 2 * Shape::kStepsPerChunk + i] = pairs[i];
      }
    }
  }
}

// The head weights of token t, zero for heads that do not exist.
template <class Shape>
__device__ __forceinline__ void load_weights(const PagedMqaLogitsParams& p, int t,
                                             MqaWarpStorage<Shape>& shared) {
  __syncwarp();  // the last token's are no longer read
  for (int h = static_cast<int>(threadIdx.x % 32); h < kMaxMqaHeads; h += 32) {
    shared.weights[h] = h < p.heads ? p.head_weights[t * p.heads + h] : 0.0f;
  }
  __syncwarp();
}

// Where the keys of one token lie.
template <WeightFormat Format, class Shape>
struct MqaKeys {
  const std::byte* cache;
  std::int64_t page_stride;
  const std::int32_t* pages;
  int groups_per_page;

  __device__ __forceinline__ MqaKeys(const PagedMqaLogitsParams& p, int t)
      : cache(p.cache.data),
        page_stride(p.cache.page_stride),
        pages(p.page_table + t * p.page_table_stride),
        groups_per_page(Format == WeightFormat::kFp8
                            ? static_cast<int>(IndexPage::kEntries / kMqaGroup)
                            : static_cast<int>(p.cache.page_entries / kMqaGroup)) {}

  __device__ __forceinline__ std::int32_t page(int group) const {
    return pages[group / groups_per_page];
  }

  // Starts the copies of a group's keys and scales, whose page is known.
  __device__ __forceinline__ void copy(MqaWarpStorage<Shape>& shared, int stage, int group,
                                       std::int32_t page_id) const {
    const int lane = static_cast<int>(threadIdx.x % 32);
    const int first = group % groups_per_page * Shape::kGroup;
    const std::byte* const page_data = cache + page_id * page_stride;
    const std::byte* const row = page_data + (first + lane / 4) * Shape::kBytes + lane % 4 * 16;
#pragma unroll
    for (int i = 0; i < Shape::kPieces; ++i) {
      copy_async_16(&shared.keys[stage][i][lane],
                    row + i % 2 * 8 * Shape::kBytes + i / 2 * kChunkBytes);
    }
    if constexpr (Format == WeightFormat::kFp8) {
      if (lane < Shape::kGroup / 4) {
        copy_async_16(&shared.scales[stage][lane * 4],
                      page_data + IndexPage::scale_offset(first + lane * 4));
      }
    }
  }
};

// sum_h W[h] * relu(q[h] . k) of keys g (x) and g + 8 (y) of a staged group; equal in the four
// lanes of a key.
template <WeightFormat Format, class Shape>
__device__ __forceinline__ float2 score_group(const MqaWarpStorage<Shape>& shared, int stage,
                                              const MqaQueries<Shape>& queries) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  std::uint32_t keys[Shape::kSteps][4];
#pragma unroll
  for (int c = 0; c < Shape::kChunks; ++c) {
    std::uint32_t low[2 * Shape::kStepsPerChunk];   // key g
    std::uint32_t high[2 * Shape::kStepsPerChunk];  // key g + 8
    decode_row_chunk<Format>(shared.keys[stage][2 * c][lane], unit_multiplier<Format>(), low);
    decode_row_chunk<Format>(shared.keys[stage][2 * c + 1][lane], unit_multiplier<Format>(), high);
#pragma unroll
    for (int s = 0; s < Shape::kStepsPerChunk; ++s) {
      std::uint32_t(&a)[4] = keys[c * Shape::kStepsPerChunk + s];
      a[0] = low[2 * s];
      a[1] = high[2 * s];
      a[2] = low[2 * s + 1];
      a[3] = high[2 * s + 1];
    }
  }
  float2 sums{0, 0};
  constexpr int kAtOnce = 2;  // tiles, so that one product need not wait for the one before
#pragma unroll
  for (int tile = 0; tile < Shape::kTiles; tile += kAtOnce) {
    float d[kAtOnce][4] = {};
#pragma unroll
    for (int s = 0; s < Shape::kSteps; ++s) {
#pragma unroll
      for (int i = 0; i < kAtOnce; ++i) {
        mma_bf16(d[i], keys[s], queries[tile + i][2 * s], queries[tile + i][2 * s + 1]);
      }
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      const float2 w =
          *reinterpret_cast<const float2*>(&shared.weights[(tile + i) * 8 + lane % 4 * 2]);
      sums.x = fmaf(w.y, fmaxf(d[i][1], 0.0f), fmaf(w.x, fmaxf(d[i][0], 0.0f), sums.x));
      sums.y = fmaf(w.y, fmaxf(d[i][3], 0.0f), fmaf(w.x, fmaxf(d[i][2], 0.0f), sums.y));
    }
  }
#pragma unroll
  for (int offset = 1; offset < 4; offset *= 2) {
    sums.x += __shfl_xor_sync(kAllLanes, sums.x, offset);
    sums.y += __shfl_xor_sync(kAllLanes, sums.y, offset);
  }
  return sums;
}

// Groups [first, end) of token t.
template <WeightFormat Format, class Shape>
__device__ __forceinline__ void score_token(const PagedMqaLogitsParams& p,
                                            MqaWarpStorage<Shape>& shared, int t, int first,
                                            int end) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const MqaKeys<Format, Shape> keys(p, t);
  constexpr int kAhead = Shape::kStages - 1;
#pragma unroll
  for (int i = 0; i < kAhead; ++i) {
    if (first + i < end) keys.copy(shared, i, first + i, keys.page(first + i));
    commit_copies();
  }
  // One group earlier than its keys are copied: the copies should not wait for it.
  std::int32_t next_page = first + kAhead < end ? keys.page(first + kAhead) : 0;
  load_weights(p, t, shared);
  MqaQueries<Shape> queries;
  load_queries<Format, Shape>(p, t, queries);
  const std::int64_t live = p.entries[t];
  float* const logits = p.logits + t * p.logits_stride;
  int stage = 0;
  for (int group = first; group < end; ++group) {
    wait_for_copies<kAhead - 1>();
    __syncwarp();  // all lanes' copies have landed, and the stage before has been read
    const int ahead = group + kAhead;
    if (ahead < end) {
      keys.copy(shared, (stage + kAhead) % Shape::kStages, ahead, next_page);
      if (ahead + 1 < end) next_page = keys.page(ahead + 1);
    }
    commit_copies();
    const float2 sums = score_group<Format, Shape>(shared, stage, queries);
    const int row = lane / 4 + (lane % 4 == 1 ? 8 : 0);
    const std::int64_t entry = static_cast<std::int64_t>(group) * Shape::kGroup + row;
    if (lane % 4 < 2 && entry < live) {
      const float sum = lane % 4 == 0 ? sums.x : sums.y;
      logits[entry] = Format == WeightFormat::kFp8 ? sum * shared.scales[stage][row] : sum;
    }
    stage = (stage + 1) % Shape::kStages;
  }
  // Nothing is in flight any more: what was committed last is empty. The next token's copies come
  // behind all lanes' reads.
  __syncwarp();
}

}  // namespace device

template <WeightFormat Format, int Dim>
__global__ void __launch_bounds__(kMqaWarps * 32, kMqaBlocksPerSm)
    paged_mqa_logits_kernel(PagedMqaLogitsParams p) {
  using Shape = MqaShape<Format, Dim>;
  __shared__ MqaSharedStorage<Shape> shared;
  device::wait_for_previous();
  device::allow_next();
  device::MqaRun run = device::find_run(p);
  MqaWarpStorage<Shape>& own = shared.warps[threadIdx.x / 32];
  while (run.count > 0) {
    const int count = min(run.count, device::groups_of(p, run.token) - run.group);
    if (count > 0) {
      device::score_token<Format, Shape>(p, own, run.token, run.group, run.group + count);
    }
    run = {run.token + 1, 0, run.count - count};
  }
}

}  // namespace dscope
