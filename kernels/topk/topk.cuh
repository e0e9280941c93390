// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/topk/topk.h"
#include "kernels/topk/topk_config.h"

#include <cstdint>

// selected[t] = the k largest of logits[t, 0 .. entries[t]), ties by lower index, in ascending
// order of index.
//
// Logits become unsigned keys of the same order (-0 as 0), and a radix select finds the k-th
// largest key: three passes over 11, 11 and 10 bits, each a histogram in shared memory and a scan
// from its top bin. Then every key above the threshold, and of those equal to it as many as are
// missing, first come first served, is written to its rank: the count of taken keys before it.
//
// Grid [chunks, T], one block a chunk of a row. A row is cut into ceil(live / chunk) equal chunks,
// so all but long contexts are done by one block, and blocks without a chunk return. A block reads
// its logits once and keeps their keys in shared memory: warp w holds a run of consecutive keys,
// round r of it the 32 from 32 r on, one a lane, so index order is (warp, round, lane) and ranks
// come from ballots. A thread reads only keys that it wrote: barriers guard the counts alone.
//
// Where a row has several chunks, each block writes its k largest with their indices to the
// workspace, and the block that arrives last (an atomic counter a row, left at 0) ranks those
// chunks * k survivors the same way. Integer counts only: results do not depend on any order.
//
// Limited by latency: barriers of the three passes, for long rows the reading of a chunk.
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

inline constexpr int kTopKBins = 2048;

template <TopKConfig Config>
struct TopKSharedStorage {
  std::uint32_t keys[Config.chunk()];
  std::uint32_t histogram[kTopKBins];
  std::uint32_t warp_sums[32];
  std::uint32_t warp_above[32];
  std::uint32_t warp_equal[32];
  std::uint32_t prefix;   // of the threshold: the bits found so far
  std::uint32_t missing;  // how many keys that begin with it are wanted
  bool last;
};

// What the selection needs to know: keys above the threshold, and the first `equal` equal to it.
struct TopKThreshold {
  std::uint32_t key;
  std::uint32_t equal;
};

namespace device {

// Unsigned integers in the order of the floats; equal floats have equal keys.
__device__ __forceinline__ std::uint32_t order_key(float value) {
  const std::uint32_t bits = value == 0.0f ? 0u : __float_as_uint(value);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

// The part of a list that a warp holds: `rounds` times 32 neighbours from `first` on.
template <TopKConfig Config>
struct TopKRun {
  int first;
  int rounds;
  int size;  // of the whole list

  __device__ __forceinline__ explicit TopKRun(int list_size) : size(list_size) {
    rounds = (size + Config.threads - 1) / Config.threads;
    first = static_cast<int>(threadIdx.x / 32) * rounds * 32;
  }
  // Of this lane; below `size` where it holds a key.
  __device__ __forceinline__ int position(int round) const {
    return first + round * 32 + static_cast<int>(threadIdx.x % 32);
  }
};

// Adds one to the bin of each lane that has one. Logits crowd into few bins: the lanes that agree
// with the first of them count together.
__device__ __forceinline__ void count_bin(std::uint32_t* histogram, bool active,
                                          std::uint32_t bin) {
  const unsigned lanes = __ballot_sync(kAllLanes, active);
  if (lanes == 0) return;
  const int leader = __ffs(static_cast<int>(lanes)) - 1;
  const std::uint32_t leaders = __shfl_sync(kAllLanes, bin, leader);
  const bool agrees = active && bin == leaders;
  const unsigned together = __ballot_sync(kAllLanes, agrees);
  if (static_cast<int>(threadIdx.x % 32) == leader) {
    atomicAdd(&histogram[bin], static_cast<unsigned>(__popc(together)));
  } else if (active && !agrees) {
    atomicAdd(&histogram[bin], 1u);
  }
}

__device__ __forceinline__ std::uint32_t inclusive_scan(std::uint32_t value) {
  const int lane = static_cast<int>(threadIdx.x % 32);
#pragma unroll
  for (int offset = 1; offset < 32; offset *= 2) {
    const std::uint32_t before = __shfl_up_sync(kAllLanes, value, offset);
    if (lane >= offset) value += before;
  }
  return value;
}

// Sum of warp_sums over the warps before this one.
__device__ __forceinline__ std::uint32_t sum_before_warp(const std::uint32_t* warp_sums) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warp = static_cast<int>(threadIdx.x / 32);
  return __reduce_add_sync(kAllLanes, lane < warp ? warp_sums[lane] : 0u);
}

// Finds the bin that holds the key wanted, counting from the top bin down, and narrows prefix and
// missing to it. Thread i looks at `per_thread` neighbouring bins.
template <TopKConfig Config, int Bits>
__device__ __forceinline__ void choose_bin(TopKSharedStorage<Config>& shared) {
  constexpr int kBins = 1 << Bits;
  constexpr int kPerThread = kBins / Config.threads;
  static_assert(kBins % Config.threads == 0);
  const int top = kBins - 1 - static_cast<int>(threadIdx.x) * kPerThread;
  std::uint32_t counts[kPerThread];
  std::uint32_t sum = 0;
#pragma unroll
  for (int i = 0; i < kPerThread; ++i) sum += counts[i] = shared.histogram[top - i];
  const std::uint32_t inclusive = inclusive_scan(sum);
  if (threadIdx.x % 32 == 31) shared.warp_sums[threadIdx.x / 32] = inclusive;
  const std::uint32_t missing = shared.missing;
  const std::uint32_t prefix = shared.prefix;
  __syncthreads();
  std::uint32_t above = sum_before_warp(shared.warp_sums) + inclusive - sum;
#pragma unroll
  for (int i = 0; i < kPerThread; ++i) {
    if (above < missing && missing <= above + counts[i]) {  // true for one bin of one thread
      shared.prefix = prefix << Bits | static_cast<std::uint32_t>(top - i);
      shared.missing = missing - above;
    }
    above += counts[i];
  }
  __syncthreads();
}

// One pass: the next `Bits` bits of the threshold, those from `Shift` on.
template <TopKConfig Config, int Shift, int Bits>
__device__ __forceinline__ void narrow(TopKSharedStorage<Config>& shared,
                                       const TopKRun<Config>& run) {
  for (int i = static_cast<int>(threadIdx.x); i < 1 << Bits; i += Config.threads) {
    shared.histogram[i] = 0;
  }
  __syncthreads();
  const std::uint32_t prefix = shared.prefix;
  for (int r = 0; r < run.rounds; ++r) {
    const int i = run.position(r);
    const std::uint32_t key = i < run.size ? shared.keys[i] : 0;
    // Shifting by 32 is undefined: the first pass has no prefix.
    const bool matches = Shift + Bits == 32 || key >> ((Shift + Bits) % 32) == prefix;
    count_bin(shared.histogram, i < run.size && matches, key >> Shift & ((1u << Bits) - 1));
  }
  __syncthreads();
  choose_bin<Config, Bits>(shared);
}

// The k-th largest key of the list, which has more than k.
template <TopKConfig Config>
__device__ __forceinline__ TopKThreshold find_threshold(TopKSharedStorage<Config>& shared,
                                                        const TopKRun<Config>& run,
                                                        std::uint32_t k) {
  if (threadIdx.x == 0) {
    shared.prefix = 0;
    shared.missing = k;
  }
  narrow<Config, 21, 11>(shared, run);
  narrow<Config, 10, 11>(shared, run);
  narrow<Config, 0, 10>(shared, run);
  return {shared.prefix, shared.missing};
}

// How many keys of the warp's run are above the threshold and equal to it.
template <TopKConfig Config>
__device__ __forceinline__ uint2 count_chosen(const TopKSharedStorage<Config>& shared,
                                              const TopKRun<Config>& run, std::uint32_t threshold) {
  uint2 counts{0, 0};
  for (int r = 0; r < run.rounds; ++r) {
    const int i = run.position(r);
    const std::uint32_t key = i < run.size ? shared.keys[i] : 0;
    counts.x += __popc(__ballot_sync(kAllLanes, i < run.size && key > threshold));
    counts.y += __popc(__ballot_sync(kAllLanes, i < run.size && key == threshold));
  }
  return counts;
}

// Calls take(rank, position) for every chosen key of this thread; ranks are in list order.
template <TopKConfig Config, class Take>
__device__ __forceinline__ void take_chosen(TopKSharedStorage<Config>& shared,
                                            const TopKRun<Config>& run,
                                            const TopKThreshold& threshold, Take take) {
  const uint2 counts = count_chosen(shared, run, threshold.key);
  if (threadIdx.x % 32 == 0) {
    shared.warp_above[threadIdx.x / 32] = counts.x;
    shared.warp_equal[threadIdx.x / 32] = counts.y;
  }
  __syncthreads();
  std::uint32_t above = sum_before_warp(shared.warp_above);
  std::uint32_t equal = sum_before_warp(shared.warp_equal);
  const unsigned lanes_before = (1u << threadIdx.x % 32) - 1;
  for (int r = 0; r < run.rounds; ++r) {
    const int i = run.position(r);
    const std::uint32_t key = i < run.size ? shared.keys[i] : 0;
    const bool is_above = i < run.size && key > threshold.key;
    const bool is_equal = i < run.size && key == threshold.key;
    const unsigned above_lanes = __ballot_sync(kAllLanes, is_above);
    const unsigned equal_lanes = __ballot_sync(kAllLanes, is_equal);
    const std::uint32_t equal_before = equal + __popc(equal_lanes & lanes_before);
    if (is_above || (is_equal && equal_before < threshold.equal)) {
      take(above + __popc(above_lanes & lanes_before) + min(equal_before, threshold.equal), i);
    }
    above += __popc(above_lanes);
    equal += __popc(equal_lanes);
  }
}

// Brings the keys of a list into shared memory, with several loads of each thread in flight.
template <TopKConfig Config, class Key>
__device__ __forceinline__ void stage_keys(TopKSharedStorage<Config>& shared,
                                           const TopKRun<Config>& run, Key key) {
  constexpr int kBatch = 8;
  for (int r = 0; r < run.rounds; r += kBatch) {
    std::uint32_t keys[kBatch];
#pragma unroll
    for (int b = 0; b < kBatch; ++b) {
      const bool holds = r + b < run.rounds && run.position(r + b) < run.size;
      keys[b] = holds ? key(run.position(r + b)) : 0;
    }
#pragma unroll
    for (int b = 0; b < kBatch; ++b) {
      const bool holds = r + b < run.rounds && run.position(r + b) < run.size;
      if (holds) shared.keys[run.position(r + b)] = keys[b];
    }
  }
}

// The k largest of a list of `size` keys, which key(position) reads.
template <TopKConfig Config, class Key, class Take>
__device__ __forceinline__ void select_largest(TopKSharedStorage<Config>& shared, int size,
                                               std::uint32_t k, Key key, Take take) {
  const TopKRun<Config> run(size);
  stage_keys<Config>(shared, run, key);
  take_chosen<Config>(shared, run, find_threshold<Config>(shared, run, k), take);
}

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

// Ranks one of several chunks of a row, and, as the last to do so, the survivors of all of them.
template <TopKConfig Config, class Key, class Write>
__device__ __forceinline__ void select_of_chunks(TopKSharedStorage<Config>& shared,
                                                 const TopKArgs& args, std::int64_t t, int live,
                                                 int chunks, Key logit_key, Write write) {
  const int k = static_cast<int>(args.params.k);
  // Equal parts, in whole warps' reads: none is as short as k.
  const int length = ((live + chunks - 1) / chunks + 31) / 32 * 32;
  const int chunk = static_cast<int>(blockIdx.x);
  const int first = chunk * length;
  TopKCandidate* const candidates = args.candidates + t * gridDim.x * k;
  select_largest<Config>(
      shared, min(length, live - first), k, [&](int i) { return logit_key(first + i); },
      [&](std::uint32_t rank, int i) {
        candidates[chunk * k + rank] = {shared.keys[i], first + i};
      });
  if (!arrives_last<Config>(shared, args.arrivals + t, static_cast<unsigned>(chunks))) return;
  // Chunk after chunk they are in order of index. L1 may hold what this launch did not write.
  select_largest<Config>(
      shared, chunks * k, k, [&](int i) { return __ldcg(&candidates[i].key); },
      [&](std::uint32_t rank, int i) { write(rank, __ldcg(&candidates[i].index)); });
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
  if (p.forced != nullptr && p.forced[t * p.k] != kNotForced) {
    if (blockIdx.x == 0) device::copy_forced<kConfig>(p, t);
    return;
  }
  if (p.entries[t] > p.logits_stride) __trap();  // they would be those of the next row
  const int live = static_cast<int>(p.entries[t]);
  constexpr int kChunk = static_cast<int>(kConfig.chunk());
  const int chunks = max(1, (live + kChunk - 1) / kChunk);
  if (static_cast<int>(blockIdx.x) >= chunks) return;
  const float* const logits = p.logits + t * p.logits_stride;
  const auto logit_key = [logits](int i) { return device::order_key(logits[i]); };
  const auto write = [&p, t](std::uint32_t rank, std::int32_t entry) {
    device::write_selected(p, t, rank, entry);
  };
  if (live <= p.k) {  // all of them, whatever their logits
    for (int i = static_cast<int>(threadIdx.x); i < p.k; i += Threads) {
      write(i, i < live ? i : -1);
    }
  } else if (Threads == kTopKShort.threads || chunks == 1) {
    device::select_largest<kConfig>(shared, live, static_cast<std::uint32_t>(p.k), logit_key,
                                    write);
  } else {
    device::select_of_chunks<kConfig>(shared, args, t, live, chunks, logit_key, write);
  }
}

}  // namespace dscope
