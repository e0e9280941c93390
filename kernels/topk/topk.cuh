// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/dependent_launch.cuh"
#include "kernels/topk/topk.h"
#include "kernels/topk/topk_config.h"
#include "kernels/topk/topk_search.cuh"

#include <cstdint>

// selected[t] = the k largest of logits[t, 0 .. entries[t]), ties by lower index, in ascending
// order of index.
//
// Logits become unsigned keys of the same order (-0 as 0). The search for the k-th largest key
// knows a range that holds it, at first from the smallest key to the largest: 2048 equal bins of
// the range are counted in shared memory, a scan from the top bin finds the one that holds the key,
// and this bin is the next range. So bins are as fine as the keys allow, wherever these crowd;
// equal keys are found without counting. The search ends where a bin is wanted whole, holds one key
// value or at most 32 keys: these a warp ranks against each other. One pass does for most rows,
// three for any (32 bits, 11 of them a pass). Then every key above the threshold, and of those
// equal to it as many as are missing, first come first served, is written to its rank: the count of
// taken keys before it.
//
// Grid [chunks, T], one block a chunk of a row. A row is cut into ceil(live / chunk) equal chunks,
// so all but long contexts are done by one block, and blocks without a chunk return. A block reads
// its logits once and keeps their keys in shared memory: warp w holds a run of consecutive keys,
// round r of it the 32 from 32 r on, one a lane, so index order is (warp, round, lane) and ranks
// come from ballots. What is chosen is gathered in shared memory and written from there: the reads
// of the page table then do not wait for each other.
//
// Where a row has several chunks, each block writes its k largest with their indices to the
// workspace, and the block that arrives last (an atomic counter a row, left at 0) ranks those
// chunks * k survivors the same way. Integer counts only: results do not depend on any order.
//
// Limited by latency: some seven barriers, for long rows the reading of a chunk.
namespace dscope {

struct TopKCandidate {
  std::uint32_t key;
  std::int32_t index;
};

struct TopKArgs {
  TopKParams params;
  unsigned* arrivals = nullptr;         // [kMaxTopKTokens]
  TopKCandidate* candidates = nullptr;  // [T, chunks, k]
};

namespace device {

// Writes one place of the result: an entry's index and, if asked for, its cache slot.
__device__ __forceinline__ void write_selected(const TopKParams& p, std::int64_t t, std::int64_t i,
                                               std::int32_t entry) {
  p.selected[t * p.k + i] = entry;
  if (p.slots == nullptr) return;
  std::int32_t slot = entry;
  if (entry >= 0) {
    const auto page_entries = static_cast<std::int32_t>(p.page_entries);
    const std::int32_t page = p.page_table[t * p.page_table_stride + entry / page_entries];
    slot = page * page_entries + entry % page_entries;
  }
  p.slots[t * p.k + i] = slot;
}

// Whether this block is the last of the row's `chunks`; if so it sees what the others wrote.
template <TopKConfig Config>
__device__ __forceinline__ bool arrives_last(TopKSharedStorage<Config>& shared, unsigned* arrivals,
                                             unsigned chunks) {
  __syncthreads();  // the block's candidates are written
  if (threadIdx.x == 0) {
    __threadfence();
    shared.last = atomicAdd(arrivals, 1u) == chunks - 1;
    if (shared.last) *arrivals = 0;  // for the next launch: nobody else will come
    __threadfence();
  }
  __syncthreads();
  return shared.last;
}

template <TopKConfig Config>
__device__ __forceinline__ void copy_forced(const TopKParams& p, std::int64_t t) {
  const std::int32_t* const forced = p.forced + t * p.k;
  for (std::int64_t i = threadIdx.x; i < p.k; i += Config.threads) {
    const std::int32_t entry = forced[i];
    // The caller's mistake; attending a dead entry would give wrong numbers without a word.
    if (entry < -1 || entry >= p.entries[t]) __trap();
    write_selected(p, t, i, entry);
  }
}

// Writes the row whose chosen entries lie in the histogram's place.
template <TopKConfig Config>
__device__ __forceinline__ void write_row(const TopKSharedStorage<Config>& shared,
                                          const TopKParams& p, std::int64_t t) {
  __syncthreads();
  constexpr int kEach = static_cast<int>(kMaxTopK) / Config.threads;
#pragma unroll
  for (int e = 0; e < kEach; ++e) {
    const int i = static_cast<int>(threadIdx.x) + e * Config.threads;
    if (i < p.k) write_selected(p, t, i, static_cast<std::int32_t>(shared.histogram[i]));
  }
}

// Ranks one of several chunks of a row, and, as the last to do so, the survivors of all of them.
template <TopKConfig Config, class Key>
__device__ __forceinline__ void select_of_chunks(TopKSharedStorage<Config>& shared,
                                                 const TopKArgs& args, std::int64_t t, int live,
                                                 int chunks, Key logit_key) {
  const int k = static_cast<int>(args.params.k);
  // Equal parts, in whole warps' reads: none is as short as k.
  const int length = ((live + chunks - 1) / chunks + 31) / 32 * 32;
  const int chunk = static_cast<int>(blockIdx.x);
  const int first = chunk * length;
  TopKCandidate* const candidates = args.candidates + t * gridDim.x * k;
  select_largest<Config>(
      shared, min(length, live - first), k, [&](int i) { return logit_key(first + i); },
      [&](std::uint32_t rank, int i, std::uint32_t key) {
        candidates[chunk * k + rank] = {key, first + i};
      });
  if (!arrives_last<Config>(shared, args.arrivals + t, static_cast<unsigned>(chunks))) return;
  // Chunk after chunk they are in order of index. L1 may hold what this launch did not write.
  select_largest<Config>(
      shared, chunks * k, k, [&](int i) { return __ldcg(&candidates[i].key); },
      [&](std::uint32_t rank, int i, std::uint32_t) {
        shared.histogram[rank] = static_cast<std::uint32_t>(__ldcg(&candidates[i].index));
      });
  write_row<Config>(shared, args.params, t);
}

}  // namespace device

template <int Threads, int Keys>
__global__ void __launch_bounds__(Threads) topk_kernel(TopKArgs args) {
  constexpr TopKConfig kConfig{.threads = Threads, .keys = Keys};
  extern __shared__ __align__(16) std::byte topk_shared[];
  auto& shared = *reinterpret_cast<TopKSharedStorage<kConfig>*>(topk_shared);
  const TopKParams& p = args.params;
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t t = blockIdx.y;
  const std::int64_t entries = p.entries[t];
  if (p.forced != nullptr && p.forced[t * p.k] != kNotForced) {
    if (blockIdx.x == 0) device::copy_forced<kConfig>(p, t);
    return;
  }
  if (entries > p.logits_stride) __trap();  // they would be those of the next row
  const int live = static_cast<int>(entries);
  constexpr int kChunk = static_cast<int>(kConfig.chunk());
  const int chunks = max(1, (live + kChunk - 1) / kChunk);
  if (static_cast<int>(blockIdx.x) >= chunks) return;
  const float* const logits = p.logits + t * p.logits_stride;
  const auto logit_key = [logits](int i) { return device::order_key(logits[i]); };
  if (live <= p.k) {  // all of them, whatever their logits
    for (int i = static_cast<int>(threadIdx.x); i < p.k; i += Threads) {
      device::write_selected(p, t, i, i < live ? i : -1);
    }
  } else if (Threads == kTopKShort.threads || chunks == 1) {
    device::select_largest<kConfig>(shared, live, static_cast<std::uint32_t>(p.k), logit_key,
                                    [&shared](std::uint32_t rank, int i, std::uint32_t) {
                                      shared.histogram[rank] = static_cast<std::uint32_t>(i);
                                    });
    device::write_row<kConfig>(shared, p, t);
  } else {
    device::select_of_chunks<kConfig>(shared, args, t, live, chunks, logit_key);
  }
}

}  // namespace dscope
