// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/cuda_memory_plan.h"

#include "kernels/moe/expert_bank.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"
#include "workloads/op_costs.h"

#include <algorithm>

namespace dscope {
namespace {

constexpr std::int64_t kReserve = 1ll << 30;

std::string size(std::int64_t bytes) {
  return format_bytes(static_cast<double>(bytes));
}

// The largest value of 1 .. high for which `fits` holds, given that it holds below any value it
// holds for; 0: none.
template <class Fits>
std::int64_t largest(std::int64_t high, Fits fits) {
  std::int64_t low = 0;
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// `free_bytes`: including what loaded weights take.
std::string what_would_fit(const ModelConfig& model, const DecoderOptions& options, bool wo_a_bf16,
                           std::int64_t free_bytes) {
  const auto fits = [&](std::int64_t batch, std::int64_t context) {
    DecoderOptions other = options;
    other.max_batch = batch;
    other.max_context = context;
    return cuda_memory_plan(model, other, wo_a_bf16).total() <= free_bytes;
  };
  const std::int64_t batch =
      largest(options.max_batch, [&](std::int64_t n) { return fits(n, options.max_context); });
  const std::int64_t context =
      largest(options.max_context, [&](std::int64_t n) { return fits(options.max_batch, n); });
  if (batch == 0 && context == 0) {
    return "not even one sequence of one token would fit: use more ranks (--tp) or fewer --layers";
  }
  std::string text;
  if (batch > 0) text += fmt::format("batch {} would fit at this context", batch);
  if (context > 0) {
    text += fmt::format("{}context {} at this batch", text.empty() ? "" : ", ", context);
  }
  return text + "; more ranks (--tp) or fewer --layers need less";
}

}  // namespace

CudaMemoryPlan cuda_memory_plan(const ModelConfig& model, const DecoderOptions& options,
                                bool wo_a_bf16) {
  const ModelConfig m = first_layers(model, options.layers);
  const ParallelLayout& layout = options.layout;
  const MemoryCost cost =
      memory_cost(m, layout, options.numerics, wo_a_bf16, options.max_batch, options.max_context);
  const ExpertBank bank{.hidden = m.hidden, .intermediate = layout.routed_intermediate(m).size()};
  CudaMemoryPlan plan;
  plan.experts = m.layers * layout.experts(m).size() * bank.expert_bytes();
  plan.other_weights = static_cast<std::int64_t>(cost.other_weight_bytes);
  plan.caches = cache_bytes(m, options);
  // Logits of the vocabulary (own, gathered, joined) and of the indexer outweigh all the rest,
  // which is some dozens of values of each head and hidden dimension.
  const std::int64_t per_token = 4 * (m.vocab * (layout.tp > 1 ? 3 : 2) + options.max_context / 4 +
                                      32 * m.hidden + 32 * layout.heads(m).size() * m.head_dim);
  plan.activations = options.max_batch * per_token;
  plan.reserve = kReserve;
  return plan;
}

void check_memory(const ModelConfig& model, const DecoderOptions& options, const CudaOptions& cuda,
                  WeightsAre weights, std::int64_t free_bytes) {
  const CudaMemoryPlan plan = cuda_memory_plan(model, options, cuda.wo_a_bf16);
  // Loaded weights are part of the plan and no longer of what is free.
  if (weights == WeightsAre::kLoaded) free_bytes += plan.experts + plan.other_weights;
  if (plan.total() <= free_bytes) return;
  throw unavailable_error(
      "{} on rank {} of {}, batch {}, context {} needs {} of GPU memory ({} experts, {} other "
      "weights, {} caches, {} activations, {} in reserve); {} are free: {}",
      model.name, options.layout.rank, options.layout.tp, options.max_batch, options.max_context,
      size(plan.total()), size(plan.experts), size(plan.other_weights), size(plan.caches),
      size(plan.activations), size(plan.reserve), size(free_bytes),
      what_would_fit(model, options, cuda.wo_a_bf16, free_bytes));
}

}  // namespace dscope
