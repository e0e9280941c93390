// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/random_lanes.h"

#include <cstring>

namespace dscope {

void fill_lanes(std::span<std::byte> out, std::uint64_t key, Lanes lanes) {
  const auto word = [key, lanes](std::int64_t i) {
    return (counter_hash(key, static_cast<std::uint64_t>(i)) & lanes.mask) + lanes.add;
  };
  constexpr std::int64_t kWorthThreads = 1 << 16;  // words: half a megabyte
  const std::int64_t words = std::ssize(out) / 8;
#pragma omp parallel for schedule(static) if (words > kWorthThreads)
  for (std::int64_t i = 0; i < words; ++i) {
    const std::uint64_t value = word(i);
    std::memcpy(out.data() + 8 * i, &value, sizeof(value));
  }
  const std::span<std::byte> rest = out.subspan(static_cast<std::size_t>(8 * words));
  if (rest.empty()) return;
  const std::uint64_t last = word(words);
  std::memcpy(rest.data(), &last, rest.size());
}

}  // namespace dscope
