// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/kernel_set.h"
#include "model/stream.h"
#include "workloads/op.h"

#include <array>

namespace dscope::model {

// What a program of a Triton-like kernel is and costs: see program_kernels.h.
struct ProgramShape {
  double block_n = 1;
  double block_k = 1;
  double iteration_cycles = 0;
  double dead_iteration_cycles = 0;  // of one whose loads are all masked off
  double issue_share = 0;
  double programs_per_sm = 1;
};

// A kernel set with its names looked up: members are named as the constants and traits are. Times
// in ns at the set's reference clock.
struct KernelValues {
  explicit KernelValues(const KernelSet& set);

  StreamEfficiency efficiency;
  double l2_hit_share = 0;
  double fp8_instructions_per_byte = 0;
  double l2_broadcast_share = 1;
  double launch_ns = 0;  // what launches that overlap hide is already taken off
  double graph_launch_ns = 0;
  double step_token_ns = 0;
  double eager_launch_ns = 0;
  double step_fixed_ns = 0;
  double unexplained_layer_ns = 0;
  double unexplained_moe_ns = 0;
  double unexplained_attention_ns = 0;
  double unexplained_collective_ns = 0;
  double captured_tokens = 0;
  double reference_clock_mhz = 0;
  double fixed_linear_ns = 0;
  double fixed_moe_ns = 0;
  double fixed_attention_ns = 0;
  double fixed_small_ns = 0;
  double fixed_store_ns = 0;
  double fixed_hc_ns = 0;
  double fixed_compressor_ns = 0;
  double fixed_index_logits_ns = 0;
  double fixed_topk_ns = 0;
  double fixed_router_ns = 0;
  double fixed_sample_ns = 0;
  double attention_tile_cycles = 0;
  double attention_head_cycles = 0;
  double attention_wide_cycles = 0;
  double attention_wave_ns = 0;
  double attention_merge_ns = 0;
  double attention_merge_bytes_per_ns = 0;
  double hc_token_cycles = 0;
  double head_row_cycles = 0;
  double index_instructions_per_byte = 0;
  double topk_rank_cycles = 0;
  double topk_key_cycles = 0;
  double moe_stripe_cycles = 0;
  double moe_group_stripe_cycles = 0;
  double moe_down_stripe_cycles = 0;
  double moe_gate_up_tile_cycles = 0;
  double moe_down_tile_cycles = 0;
  double moe_plan_token_cycles = 0;
  double linear_tile_cycles = 0;
  double linear_window_cycles = 0;
  double linear_mma_cycles = 0;
  double linear_stage_cycles = 0;
  ProgramShape moe;
  ProgramShape attention;
  ProgramShape linear;
  double index_capacity_bytes = 0;
  double nccl_base_ns = 0;
  double nccl_step_ns = 0;
  double nccl_simple_step_ns = 0;
  double ll_bandwidth_share = 0;
  double ll128_bandwidth_share = 0;
  double staged_ll_bandwidth_share = 0;
  double nccl_staged_step_ns = 0;
  double link_efficiency = 0;
  double one_shot_base_ns = 0;
  double all_to_all_efficiency = 0;
  double hop_factor = 0;
  double arrival_skew_ns = 0;
  double gathered_bytes = 0;
  std::array<double, kOpCount> launches{};

  bool library_launches = false;
  bool program_kernels = false;
  bool experts_read_per_slot = false;
  bool float32_expert_scales = false;
  bool attention_not_divided_by_tp = false;
  bool attention_reads_per_head = false;
  bool capacity_sized_attention = false;
  bool capacity_sized_indexer = false;
  bool one_shot_all_reduce = false;
};

}  // namespace dscope::model
