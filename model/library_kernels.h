// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/linear/linear_config.h"
#include "kernels/moe/moe_config.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode_config.h"
#include "model/op_time.h"

#include <optional>
#include <vector>

// The kernels of this library as its own pick_config() launches them. The functions that answer
// with a problem say what the launcher would be asked for.
namespace dscope::model {

// --- Experts: moe_config.h -----------------------------------------------------------------------

struct MoeLaunch {
  MoeProblem problem;
  MoeConfig config;  // with the overrides of the configuration
};
[[nodiscard]] MoeLaunch moe_launch(const StepContext& context);
// Routed and shared experts of one layer: two launches, three for more than 8 tokens.
[[nodiscard]] OpTime library_moe(const StepContext& context, const PricedOp& routed);

// --- Matrix products: linear_config.h ------------------------------------------------------------

// The products of one op, in the order of launches; empty for ops that have none.
[[nodiscard]] std::vector<LinearProblem> linear_problems(const StepContext& context,
                                                         const PricedOp& op);
// `forced`: index of a choice that is taken where it can run the problem. Empty where the library
// would take its plain kernel.
[[nodiscard]] std::optional<LinearPlan> linear_plan(const LinearProblem& problem,
                                                    const DeviceLimits& limits,
                                                    std::optional<std::int64_t> forced);
[[nodiscard]] OpTime library_linear(const StepContext& context, const PricedOp& op);

// --- Attention and indexer -----------------------------------------------------------------------

struct SparseMlaLaunch {
  SparseMlaProblem problem;
  SparseMlaConfig config;
  double live_tiles = 0;    // of a token at its present length
  double live_entries = 0;  // that it attends to
};
[[nodiscard]] SparseMlaLaunch sparse_mla_launch(const StepContext& context, int ratio);
[[nodiscard]] OpTime library_attention(const StepContext& context, const PricedOp& op);
[[nodiscard]] OpTime library_index_logits(const StepContext& context, const PricedOp& op);
[[nodiscard]] OpTime library_index_topk(const StepContext& context, const PricedOp& op);

}  // namespace dscope::model
