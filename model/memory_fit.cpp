// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/memory_fit.h"

#include "workloads/formats.h"
#include "workloads/op_costs.h"

#include <algorithm>

namespace dscope::model {
namespace {

double needed_bytes(const Configuration& c, const ModelConfig& m, std::int64_t batch,
                    std::int64_t context) {
  const ParallelLayout layout{
      .tp = static_cast<int>(c.tp), .ep = static_cast<int>(c.ep), .rank = static_cast<int>(c.rank)};
  MemoryCost cost = memory_cost(m, layout, c.numerics, c.wo_a_bf16, batch, context);
  if (c.kernel_set.trait("float32_expert_scales")) {
    // 32 weights: 16 bytes of codes with one byte, or one float32, of scale.
    constexpr double kCodes = kMxfp4Group / 2.0;
    cost.routed_expert_bytes *= (kCodes + sizeof(float)) / (kCodes + 1);
  }
  return cost.total();
}

// The largest n of 1 .. most with needed(n) <= available; 0: none. needed() never falls.
template <class Needed>
std::int64_t largest(std::int64_t most, double available, Needed needed) {
  std::int64_t low = 0;
  while (low < most) {
    const std::int64_t middle = low + (most - low + 1) / 2;
    if (needed(middle) <= available) {
      low = middle;
    } else {
      most = middle - 1;
    }
  }
  return low;
}

constexpr std::int64_t kMostBatch = 65'536;

double available_bytes(const Configuration& c) {
  return c.device.memory_bytes.value.value_or(0) *
         (1 - c.kernel_set.constant("memory_reserve_share"));
}

}  // namespace

MemoryFit memory_fit(const Configuration& c) {
  const ModelConfig m = decoded_model(c);
  MemoryFit fit;
  fit.needed_bytes = needed_bytes(c, m, c.batch, c.context);
  fit.available_bytes =
      c.device.memory_bytes.value.value_or(0) * (1 - c.kernel_set.constant("memory_reserve_share"));
  fit.largest_batch = largest(kMostBatch, fit.available_bytes, [&](std::int64_t batch) {
    return needed_bytes(c, m, batch, c.context);
  });
  fit.largest_context =
      largest(std::max(m.max_position, c.context), fit.available_bytes,
              [&](std::int64_t context) { return needed_bytes(c, m, c.batch, context); });
  return fit;
}

bool fits_memory(const Configuration& c) {
  return needed_bytes(c, decoded_model(c), c.batch, c.context) <= available_bytes(c);
}

}  // namespace dscope::model
