// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/kernel_values.h"

#include "model/kernel_constants.h"

#include <algorithm>

namespace dscope::model {
namespace {

struct Program {
  const char* block_n;
  const char* block_k;
  const char* iteration_cycles;
  const char* issue_share;
  const char* programs_per_sm;
};

constexpr Program kMoe{"moe_block_n", "moe_block_k", "moe_iteration_cycles", "moe_issue_share",
                       "moe_programs_per_sm"};
constexpr Program kAttention{"attention_block_n", "attention_block_k", "attention_iteration_cycles",
                             "attention_issue_share", "attention_programs_per_sm"};
constexpr Program kLinear{"linear_block_n", "linear_block_k", "linear_iteration_cycles",
                          "linear_issue_share", "linear_programs_per_sm"};

ProgramShape program(const KernelSet& set, const Program& names) {
  return {.block_n = std::max(1.0, set.constant(names.block_n)),
          .block_k = std::max(1.0, set.constant(names.block_k)),
          .iteration_cycles = set.constant(names.iteration_cycles),
          .issue_share = set.constant(names.issue_share),
          .programs_per_sm = std::max(1.0, set.constant(names.programs_per_sm))};
}

}  // namespace

KernelValues::KernelValues(const KernelSet& set) {
  efficiency = {.dram = set.constant("dram_efficiency"),
                .latency_factor = set.constant("latency_factor"),
                .l2 = set.constant("l2_efficiency"),
                .tensor = set.constant("tensor_efficiency"),
                .cuda_cores = set.constant("cuda_core_efficiency")};
  l2_hit_share = set.constant("l2_hit_share");
  fp8_instructions_per_byte = set.constant("fp8_instructions_per_byte");
  l2_broadcast_share = set.constant("l2_broadcast_share");
  launch_ns = set.constant("launch_ns");
  graph_launch_ns = set.constant("graph_launch_ns");
  step_token_ns = set.constant("step_token_ns");
  eager_launch_ns = set.constant("eager_launch_ns");
  step_fixed_ns = set.constant("step_fixed_ns");
  unexplained_layer_ns = set.constant("unexplained_layer_ns");
  unexplained_moe_ns = set.constant("unexplained_moe_ns");
  unexplained_attention_ns = set.constant("unexplained_attention_ns");
  unexplained_collective_ns = set.constant("unexplained_collective_ns");
  captured_tokens = set.constant("captured_tokens");
  reference_clock_mhz = set.constant("reference_clock_mhz");
  fixed_linear_ns = set.constant("fixed_linear_ns");
  fixed_moe_ns = set.constant("fixed_moe_ns");
  fixed_attention_ns = set.constant("fixed_attention_ns");
  fixed_small_ns = set.constant("fixed_small_ns");
  fixed_store_ns = set.constant("fixed_store_ns");
  fixed_hc_ns = set.constant("fixed_hc_ns");
  fixed_compressor_ns = set.constant("fixed_compressor_ns");
  fixed_index_logits_ns = set.constant("fixed_index_logits_ns");
  fixed_topk_ns = set.constant("fixed_topk_ns");
  fixed_router_ns = set.constant("fixed_router_ns");
  fixed_sample_ns = set.constant("fixed_sample_ns");
  attention_tile_cycles = set.constant("attention_tile_cycles");
  attention_head_cycles = set.constant("attention_head_cycles");
  attention_wide_cycles = set.constant("attention_wide_cycles");
  attention_wave_ns = set.constant("attention_wave_ns");
  attention_merge_ns = set.constant("attention_merge_ns");
  attention_merge_bytes_per_ns = set.constant("attention_merge_bytes_per_ns");
  hc_token_cycles = set.constant("hc_token_cycles");
  head_row_cycles = set.constant("head_row_cycles");
  index_instructions_per_byte = set.constant("index_instructions_per_byte");
  topk_rank_cycles = set.constant("topk_rank_cycles");
  topk_key_cycles = set.constant("topk_key_cycles");
  moe_stripe_cycles = set.constant("moe_stripe_cycles");
  moe_group_stripe_cycles = set.constant("moe_group_stripe_cycles");
  moe_down_stripe_cycles = set.constant("moe_down_stripe_cycles");
  moe_gate_up_tile_cycles = set.constant("moe_gate_up_tile_cycles");
  moe_down_tile_cycles = set.constant("moe_down_tile_cycles");
  moe_plan_token_cycles = set.constant("moe_plan_token_cycles");
  linear_tile_cycles = set.constant("linear_tile_cycles");
  linear_window_cycles = set.constant("linear_window_cycles");
  linear_mma_cycles = set.constant("linear_mma_cycles");
  linear_stage_cycles = set.constant("linear_stage_cycles");
  index_capacity_bytes = set.constant("index_capacity_bytes");
  nccl_base_ns = set.constant("nccl_base_ns");
  nccl_step_ns = set.constant("nccl_step_ns");
  nccl_simple_step_ns = set.constant("nccl_simple_step_ns");
  ll_bandwidth_share = set.constant("ll_bandwidth_share");
  ll128_bandwidth_share = set.constant("ll128_bandwidth_share");
  staged_ll_bandwidth_share = set.constant("staged_ll_bandwidth_share");
  nccl_staged_step_ns = set.constant("nccl_staged_step_ns");
  link_efficiency = set.constant("link_efficiency");
  one_shot_base_ns = set.constant("one_shot_base_ns");
  all_to_all_efficiency = set.constant("all_to_all_efficiency");
  hop_factor = set.constant("hop_factor");
  arrival_skew_ns = set.constant("arrival_skew_ns");
  gathered_bytes = set.constant("gathered_bytes");
  if (set.trait("launches_overlap")) launch_ns *= 1 - set.constant("pdl_overlap");
  moe = program(set, kMoe);
  attention = program(set, kAttention);
  attention.dead_iteration_cycles = set.constant("attention_dead_iteration_cycles");
  linear = program(set, kLinear);
  for (const OpInfo& op : kOps) {
    if (op.stage == Stage::kNccl) continue;
    launches[static_cast<std::size_t>(op.op)] = set.constant(launches_constant(op.op));
  }
  library_launches = set.trait("library_launches");
  program_kernels = set.trait("program_kernels");
  experts_read_per_slot = set.trait("experts_read_per_slot");
  float32_expert_scales = set.trait("float32_expert_scales");
  attention_not_divided_by_tp = set.trait("attention_not_divided_by_tp");
  attention_reads_per_head = set.trait("attention_reads_per_head");
  capacity_sized_attention = set.trait("capacity_sized_attention");
  capacity_sized_indexer = set.trait("capacity_sized_indexer");
  one_shot_all_reduce = set.trait("one_shot_all_reduce");
}

}  // namespace dscope::model
