// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/reduce.cuh"
#include "kernels/topk/topk_config.h"

#include <cstdint>

// The k largest of a list of keys, by one block (topk.cuh has how).
namespace dscope {

inline constexpr int kTopKBinBits = 11;
inline constexpr int kTopKBins = 1 << kTopKBinBits;

// A bin of the histogram that holds the key searched for.
struct TopKBin {
  std::uint32_t number;
  std::uint32_t above;  // keys in higher bins
  std::uint32_t count;
};

template <TopKConfig Config>
struct TopKSharedStorage {
  // All 0 between the passes of a search; behind it what was chosen, by rank.
  alignas(16) std::uint32_t histogram[kTopKBins];
  std::uint32_t keys[Config.chunk()];
  // Of each warp. Places of their own, so that a result can be read while the next is written.
  std::uint32_t warp_low[32];
  std::uint32_t warp_high[32];
  std::uint32_t warp_counts[32];
  std::uint32_t warp_above[32];
  std::uint32_t warp_equal[32];
  std::uint32_t few[32];  // keys, in any order
  std::uint32_t few_count;
  TopKBin bin;
  bool last;
  static_assert(kMaxTopK <= kTopKBins && Config.threads <= 1024);
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

// The part of a list that a thread holds: one key of each of `rounds` times 32 neighbours, which
// its warp has from `first` on. A thread reads only keys that it wrote: no barrier guards them.
template <TopKConfig Config>
struct TopKRun {
  std::uint32_t* keys;  // in shared memory
  int first;
  int rounds;
  int size;  // of the whole list

  // key(position) reads a key; several reads of a thread are in flight together.
  template <class Key>
  __device__ __forceinline__ TopKRun(std::uint32_t* shared_keys, int list_size, Key key)
      : keys(shared_keys), size(list_size) {
    rounds = (size + Config.threads - 1) / Config.threads;
    first = static_cast<int>(threadIdx.x / 32) * rounds * 32 + static_cast<int>(threadIdx.x % 32);
    constexpr int kBatch = 8;
    for (int r = 0; r < rounds; r += kBatch) {
      std::uint32_t batch[kBatch];
#pragma unroll
      for (int b = 0; b < kBatch; ++b) batch[b] = holds(r + b) ? key(position(r + b)) : 0;
#pragma unroll
      for (int b = 0; b < kBatch; ++b) {
        if (holds(r + b)) keys[position(r + b)] = batch[b];
      }
    }
  }

  [[nodiscard]] __device__ __forceinline__ int position(int round) const {
    return first + 32 * round;
  }
  [[nodiscard]] __device__ __forceinline__ bool holds(int round) const {
    return round < rounds && position(round) < size;
  }

  // Calls visit(key, position, live) for every round; without `live` there is no such key.
  template <class Visit>
  __device__ __forceinline__ void each(Visit visit) const {
#pragma unroll 4
    for (int r = 0; r < rounds; ++r) {
      const bool live = position(r) < size;
      visit(live ? keys[position(r)] : 0, position(r), live);
    }
  }
};

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

// Where the threshold is searched: it is the `missing`-th largest of the `count` keys in
// [low, high]. The same in all threads.
struct TopKSearch {
  std::uint32_t low;
  std::uint32_t high;
  std::uint32_t missing;
  std::uint32_t count;

  [[nodiscard]] __device__ __forceinline__ bool covers(std::uint32_t key) const {
    return key - low <= high - low;
  }
};

// From the smallest key to the largest. Empties the histogram and the list of few.
template <TopKConfig Config>
__device__ __forceinline__ TopKSearch start_search(TopKSharedStorage<Config>& shared,
                                                   const TopKRun<Config>& run, std::uint32_t k) {
  constexpr int kWarps = Config.threads / 32;
  const int lane = static_cast<int>(threadIdx.x % 32);
  for (int i = static_cast<int>(threadIdx.x); i < kTopKBins; i += Config.threads) {
    shared.histogram[i] = 0;
  }
  if (threadIdx.x == 0) shared.few_count = 0;
  std::uint32_t low = ~0u;
  std::uint32_t high = 0;
  run.each([&](std::uint32_t key, int, bool live) {
    if (!live) return;
    low = min(low, key);
    high = max(high, key);
  });
  low = __reduce_min_sync(kAllLanes, low);
  high = __reduce_max_sync(kAllLanes, high);
  if (lane == 0) {
    shared.warp_low[threadIdx.x / 32] = low;
    shared.warp_high[threadIdx.x / 32] = high;
  }
  __syncthreads();
  low = __reduce_min_sync(kAllLanes, lane < kWarps ? shared.warp_low[lane] : ~0u);
  high = __reduce_max_sync(kAllLanes, lane < kWarps ? shared.warp_high[lane] : 0u);
  return {low, high, k, static_cast<std::uint32_t>(run.size)};
}

// Finds the bin that holds the `missing`-th largest of all counted keys, looking from the top bin
// down, and empties the histogram. Thread i looks at neighbouring bins.
template <TopKConfig Config>
__device__ __forceinline__ TopKBin choose_bin(TopKSharedStorage<Config>& shared,
                                              std::uint32_t missing) {
  constexpr int kPerThread = kTopKBins / Config.threads;
  static_assert(kTopKBins % Config.threads == 0);
  struct alignas(kPerThread < 4 ? 4 * kPerThread : 16) Bins {
    std::uint32_t counts[kPerThread];
  };
  Bins* const place =
      reinterpret_cast<Bins*>(shared.histogram) + (Config.threads - 1 - threadIdx.x);
  const Bins bins = *place;
  *place = Bins{};
  std::uint32_t sum = 0;
#pragma unroll
  for (const std::uint32_t count : bins.counts) sum += count;
  const std::uint32_t inclusive = inclusive_scan(sum);
  if (threadIdx.x % 32 == 31) shared.warp_counts[threadIdx.x / 32] = inclusive;
  __syncthreads();
  std::uint32_t above = sum_before_warp(shared.warp_counts) + inclusive - sum;
#pragma unroll
  for (int i = kPerThread - 1; i >= 0; --i) {
    const std::uint32_t count = bins.counts[i];
    if (above < missing && missing <= above + count) {  // true for one bin of one thread
      const auto first =
          static_cast<std::uint32_t>(kPerThread) * (Config.threads - 1 - threadIdx.x);
      shared.bin = {first + static_cast<std::uint32_t>(i), above, count};
    }
    above += count;
  }
  __syncthreads();
  return shared.bin;
}

// One pass: from a range of at least two key values to one of its bins.
template <TopKConfig Config>
__device__ __forceinline__ void narrow(TopKSharedStorage<Config>& shared,
                                       const TopKRun<Config>& run, TopKSearch& search) {
  const int shift = max(0, 32 - __clz(static_cast<int>(search.high - search.low)) - kTopKBinBits);
  run.each([&](std::uint32_t key, int, bool live) {
    // Adding a constant 1 without a result, lanes that agree are counted in one go.
    if (live && search.covers(key)) atomicAdd(&shared.histogram[(key - search.low) >> shift], 1u);
  });
  __syncthreads();
  const TopKBin bin = choose_bin<Config>(shared, search.missing);
  const std::uint32_t bin_low = search.low + (bin.number << shift);
  search = {bin_low, bin_low + min(search.high - bin_low, (1u << shift) - 1),
            search.missing - bin.above, bin.count};
}

// The threshold among at most 32 keys, each of which a lane of every warp compares with the others.
template <TopKConfig Config>
__device__ __forceinline__ TopKThreshold rank_few(TopKSharedStorage<Config>& shared,
                                                  const TopKRun<Config>& run,
                                                  const TopKSearch& search) {
  run.each([&](std::uint32_t key, int, bool live) {
    if (live && search.covers(key)) shared.few[atomicAdd(&shared.few_count, 1u)] = key;
  });
  __syncthreads();
  const std::uint32_t lane = threadIdx.x % 32;
  const std::uint32_t key = lane < search.count ? shared.few[lane] : 0;
  std::uint32_t above = 0;
  std::uint32_t equal = 0;
  for (std::uint32_t i = 0; i < search.count; ++i) {
    const std::uint32_t other = __shfl_sync(kAllLanes, key, static_cast<int>(i));
    above += other > key ? 1 : 0;
    equal += other == key ? 1 : 0;
  }
  const bool wanted =
      lane < search.count && above < search.missing && search.missing <= above + equal;
  const int owner = __ffs(static_cast<int>(__ballot_sync(kAllLanes, wanted))) - 1;
  return {__shfl_sync(kAllLanes, key, owner),
          search.missing - __shfl_sync(kAllLanes, above, owner)};
}

// The k-th largest key of the list, which has more than k.
template <TopKConfig Config>
__device__ __forceinline__ TopKThreshold find_threshold(TopKSharedStorage<Config>& shared,
                                                        const TopKRun<Config>& run,
                                                        std::uint32_t k) {
  TopKSearch search = start_search<Config>(shared, run, k);
  while (true) {
    if (search.low == search.high) return {search.low, search.missing};
    // All of the range. It does not begin at 0: then the list would have k keys.
    if (search.count == search.missing) return {search.low - 1, 0};
    if (search.count <= 32) return rank_few<Config>(shared, run, search);
    narrow<Config>(shared, run, search);
  }
}

// Calls take(rank, position, key) for every chosen key of this thread; ranks are in list order.
template <TopKConfig Config, class Take>
__device__ __forceinline__ void take_chosen(TopKSharedStorage<Config>& shared,
                                            const TopKRun<Config>& run,
                                            const TopKThreshold& threshold, Take take) {
  std::uint32_t above = 0;
  std::uint32_t equal = 0;
  run.each([&](std::uint32_t key, int, bool live) {
    above += __popc(__ballot_sync(kAllLanes, live && key > threshold.key));
    equal += __popc(__ballot_sync(kAllLanes, live && key == threshold.key));
  });
  if (threadIdx.x % 32 == 0) {
    shared.warp_above[threadIdx.x / 32] = above;
    shared.warp_equal[threadIdx.x / 32] = equal;
  }
  __syncthreads();
  above = sum_before_warp(shared.warp_above);
  equal = sum_before_warp(shared.warp_equal);
  const unsigned lanes_before = (1u << threadIdx.x % 32) - 1;
  run.each([&](std::uint32_t key, int position, bool live) {
    const bool is_above = live && key > threshold.key;
    const bool is_equal = live && key == threshold.key;
    const unsigned above_lanes = __ballot_sync(kAllLanes, is_above);
    const unsigned equal_lanes = __ballot_sync(kAllLanes, is_equal);
    const std::uint32_t equal_before = equal + __popc(equal_lanes & lanes_before);
    if (is_above || (is_equal && equal_before < threshold.equal)) {
      take(above + __popc(above_lanes & lanes_before) + min(equal_before, threshold.equal),
           position, key);
    }
    above += __popc(above_lanes);
    equal += __popc(equal_lanes);
  });
}

// The k largest of a list of `size` keys, which key(position) reads.
template <TopKConfig Config, class Key, class Take>
__device__ __forceinline__ void select_largest(TopKSharedStorage<Config>& shared, int size,
                                               std::uint32_t k, Key key, Take take) {
  const TopKRun<Config> run(shared.keys, size, key);
  take_chosen<Config>(shared, run, find_threshold<Config>(shared, run, k), take);
}

}  // namespace device

}  // namespace dscope
