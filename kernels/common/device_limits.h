// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace dscope {

// What choosing a kernel configuration needs to know of a GPU. Plain numbers, so that choices can
// be made (and predicted) without one.
struct DeviceLimits {
  int sms = 0;
  std::int64_t shared_per_block = 0;  // bytes a block may opt in to
  std::int64_t shared_per_sm = 0;     // bytes, 1 KiB of which is reserved for each resident block
  std::int64_t l2_bytes = 0;
  int warps_per_sm = 0;
};

// The smallest part that this project is for: every kernel must fit it.
inline constexpr std::int64_t kSm120SharedPerBlock = 101'376;  // 99 KiB

// RTX PRO 6000 Blackwell (GB202). Source: CUDA C++ Programming Guide, compute capability 12.0, and
// the product's data sheet.
inline constexpr DeviceLimits kRtxPro6000{.sms = 188,
                                          .shared_per_block = kSm120SharedPerBlock,
                                          .shared_per_sm = 102'400,
                                          .l2_bytes = 128ll << 20,
                                          .warps_per_sm = 48};

// Shared memory that each of `blocks` blocks must ask for to be spread evenly; 0: too many to care.
// A kernel that starts while the one before it drains finds most SMs full, and the first to have
// room is given every block that fits, while others soon are idle. So no SM may have room for more
// than its share.
[[nodiscard]] constexpr std::int64_t spreading_shared_bytes(std::int64_t blocks,
                                                            const DeviceLimits& limits) {
  constexpr std::int64_t kMostBlocks = 4;  // an SM; beyond, what is left over matters less
  const std::int64_t share = (blocks + limits.sms - 1) / limits.sms;
  if (share > kMostBlocks) return 0;
  return std::min(limits.shared_per_block, limits.shared_per_sm / (share + 1));
}

// Shared memory that an SM should be set up with, in percent of the most it can have, for so many
// blocks of `block_bytes` to share it. What is left of the SM's memory is L1, where every load from
// global memory has a line while it is under way: an SM that is left as the kernel before wanted it
// may have so little that loads wait for each other.
[[nodiscard]] constexpr int shared_carveout_percent(std::int64_t block_bytes,
                                                    std::int64_t resident_blocks,
                                                    const DeviceLimits& limits) {
  const std::int64_t wanted = resident_blocks * (block_bytes + 1024);
  const std::int64_t percent = (100 * wanted + limits.shared_per_sm - 1) / limits.shared_per_sm;
  return static_cast<int>(std::min<std::int64_t>(100, percent));
}

}  // namespace dscope
