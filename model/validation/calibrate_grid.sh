#!/bin/sh
# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
#
# Fits the constants of the kernel set "dscope" to the points of a grid that are calibrated on, and
# writes them into the set:
#
#   calibrate_grid.sh DSCOPE [GRID.json [SET.json]]
#
# Constants of one kind of kernel are fitted together, one kind after the other, because their ops
# do not depend on each other; twice, because bandwidth and latency, which are fitted with the
# products, are used by all.
set -eu
dscope=${1:?usage: calibrate_grid.sh DSCOPE [GRID.json [SET.json]]}
here=$(dirname "$0")
grid=${2:-$here/h200_grid/h200.json}
set=${3:-$here/../kernel_sets/dscope.json}

fit() {
  "$dscope" calibrate "$grid" --kernel-set "$set" --smallest-stage-us 1.5 --out "$set" --fit "$@" \
    | sed -n '/^Constant/,/^$/p'
}

for round in 1 2; do
  fit fixed_linear_ns linear_tile_cycles linear_window_cycles linear_mma_cycles \
    linear_stage_cycles l2_broadcast_share fp8_instructions_per_byte latency_factor \
    dram_efficiency fixed_compressor_ns
  fit fixed_moe_ns moe_stripe_cycles moe_group_stripe_cycles moe_down_stripe_cycles \
    moe_gate_up_tile_cycles moe_down_tile_cycles moe_plan_token_cycles
  fit fixed_attention_ns attention_tile_cycles attention_head_cycles attention_wide_cycles \
    attention_wave_ns attention_merge_ns attention_merge_bytes_per_ns
  fit fixed_index_logits_ns index_instructions_per_byte
  fit fixed_topk_ns topk_rank_cycles topk_key_cycles
  fit fixed_small_ns fixed_store_ns head_row_cycles fixed_hc_ns hc_token_cycles fixed_router_ns \
    fixed_sample_ns
done
