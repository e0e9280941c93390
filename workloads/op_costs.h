// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/model_config.h"
#include "workloads/numerics.h"
#include "workloads/op.h"
#include "workloads/parallel_layout.h"

#include <cstdint>
#include <vector>

namespace dscope {

// Everything the cost of a step depends on.
struct CostInputs {
  const ModelConfig* model = nullptr;
  ParallelLayout layout;
  Numerics numerics = Numerics::kServing;
  // wo_a is FP8 in checkpoints; the SM120 path reads a BF16 copy (twice the bytes).
  bool wo_a_bf16 = true;
  // S of every token in the step (the new token included): size T.
  std::vector<std::int64_t> contexts;
  // Distinct routed experts of this rank that are read in each layer, [layers]. From recorded or
  // generated ids it is exact; for a distribution it is the expectation (hence double).
  std::vector<double> unique_experts;
  // (token, expert) pairs this rank computes in each layer, [layers]: T*k without expert
  // parallelism.
  std::vector<double> expert_slots;
};

// What one op must move and compute at least: every operand once. `layer` is -1 for ops outside
// the layers. Bytes are DRAM traffic floors: weights once per step, activations and caches once.
struct OpCost {
  Op op = Op::kEmbed;
  std::int64_t layer = -1;
  double weight_bytes = 0;  // read
  double read_bytes = 0;    // activations and caches
  double write_bytes = 0;
  double flops = 0;       // multiply and add count as two
  double wire_bytes = 0;  // collectives: payload per rank (not multiplied by algorithm factors)

  [[nodiscard]] double bytes() const { return weight_bytes + read_bytes + write_bytes; }
};

// All ops of one decode step in execution order. The only place in the project with such formulas.
// Throws Error{kInternal} when the vectors of `in` do not have the stated sizes.
[[nodiscard]] std::vector<OpCost> op_costs(const CostInputs& in);

// Sum over a list; op and layer of the result are meaningless.
[[nodiscard]] OpCost total(const std::vector<OpCost>& costs);

// Resident bytes on this rank: weights, and caches for `batch` sequences of up to `max_context`.
struct MemoryCost {
  double routed_expert_bytes = 0;
  double other_weight_bytes = 0;
  double window_cache_bytes = 0;
  double compressed_cache_bytes = 0;
  double index_cache_bytes = 0;
  double compressor_state_bytes = 0;
  [[nodiscard]] double total() const {
    return routed_expert_bytes + other_weight_bytes + window_cache_bytes + compressed_cache_bytes +
           index_cache_bytes + compressor_state_bytes;
  }
};
[[nodiscard]] MemoryCost memory_cost(const ModelConfig& model, const ParallelLayout& layout,
                                     Numerics numerics, bool wo_a_bf16, std::int64_t batch,
                                     std::int64_t max_context);

}  // namespace dscope
