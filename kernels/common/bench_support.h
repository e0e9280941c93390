// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/synthetic_weights.h"
#include "workloads/dtypes.h"
#include "workloads/random.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

// What the benchmark cases of the ops share: weights of a real model and inputs.
namespace dscope::bench {

// V4-Flash with made-up weights; layers and experts are made when a case first asks for them.
[[nodiscard]] inline SyntheticWeights& flash_weights() {
  static SyntheticWeights weights(preset("dsv4-flash"), 1, 4ll << 30);
  return weights;
}

// A layer with an indexer (ratio 4) and a learned router.
inline constexpr std::int64_t kLayer = 4;

[[nodiscard]] inline std::vector<bf16_t> random_activations(std::int64_t n) {
  std::vector<bf16_t> values;
  for (std::int64_t i = 0; i < n; ++i) {
    values.push_back(bf16_from_float(static_cast<float>(2 * unit_interval(hash64(i)) - 1)));
  }
  return values;
}

// Counters every case reports: bytes it must move, as a rate, and its arithmetic rate.
inline void set_counters(benchmark::State& state, double bytes, double flops) {
  const auto rate = benchmark::Counter::kIsIterationInvariantRate;
  state.counters["bytes/s"] = benchmark::Counter(bytes, rate);
  state.counters["flop/s"] = benchmark::Counter(flops, rate);
}

}  // namespace dscope::bench
