// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/kernel_constants.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dscope::model {
namespace {

// Bounds: far beyond anything seen, near enough to catch a wrong unit.
constexpr double kMostNs = 1e7;
constexpr double kMostCycles = 1e6;
constexpr double kMostLaunches = 500;

ConstantInfo share(std::string name, double neutral, std::string help) {
  return {std::move(name), "share", neutral, 0, 1, std::move(help)};
}
// A share of a rate that something must reach at all.
ConstantInfo efficiency(std::string name, double neutral, std::string help) {
  constexpr double kLeast = 0.001;
  return {std::move(name), "share", neutral, kLeast, 1, std::move(help)};
}
ConstantInfo time(std::string name, std::string help) {
  return {std::move(name), "ns", 0, 0, kMostNs, std::move(help)};
}
ConstantInfo cycles(std::string name, std::string help) {
  return {std::move(name), "cycles", 0, 0, kMostCycles, std::move(help)};
}
ConstantInfo factor(std::string name, double neutral, double highest, std::string help) {
  return {std::move(name), "1", neutral, 0, highest, std::move(help)};
}

void add_memory_and_compute(std::vector<ConstantInfo>& all) {
  all.push_back(efficiency("dram_efficiency", 1,
                           "of the device's read bandwidth that enough loads in flight reach"));
  all.push_back(factor("latency_factor", 0, 100,
                       "latency under load over the device's; 0: loads in flight never limit"));
  all.push_back(efficiency("l2_efficiency", 1, "of the device's L2 bandwidth that gathers reach"));
  all.push_back(efficiency("l2_broadcast_share", 1,
                           "of the device's L2 bandwidth where all SMs ask for the same tokens"));
  all.push_back(share("l2_hit_share", 1,
                      "of what L2 could keep from step to step that it does keep (LRU: none)"));
  all.push_back(efficiency("tensor_efficiency", 1, "of the tensor rate"));
  all.push_back(efficiency("cuda_core_efficiency", 1, "of the FP32 rate outside tensor cores"));
  all.push_back(factor("fp8_instructions_per_byte", 0, 1000,
                       "lane instructions that decode a byte of FP8 matrices"));
}

void add_capacity(std::vector<ConstantInfo>& all) {
  all.push_back({"captured_tokens", "tokens", 0, 0, 1e9,
                 "capacity that graphs are captured for where the configuration does not say; 0: "
                 "the context"});
  all.push_back(share("memory_reserve_share", 0, "of GPU memory that the engine keeps for itself"));
}

void add_launch_and_fixed(std::vector<ConstantInfo>& all) {
  all.push_back(time("launch_ns", "from the end of a kernel to the start of the next, in a graph"));
  all.push_back(share("pdl_overlap", 0, "of launch_ns that programmatic dependent launch hides"));
  all.push_back(
      time("graph_launch_ns",
           "GPU idle around a step with CUDA graphs: inputs, launch, results to the host"));
  all.push_back(
      time("step_token_ns", "GPU idle around a step for each of its tokens: their inputs"));
  all.push_back(time("eager_launch_ns", "of the host, for each kernel without a graph"));
  all.push_back(time("step_fixed_ns", "GPU idle a step that no kernel explains"));
  for (const auto& [what, where] :
       {std::array{"layer", "a layer, stage Unattributed"}, std::array{"moe", "a layer, stage MoE"},
        std::array{"attention", "a layer, stage FlashMLA"},
        std::array{"collective", "a collective, stage NCCL"}}) {
    all.push_back(time(fmt::format("unexplained_{}_ns", what),
                       fmt::format("measured by others, explained by no term: {}", where)));
  }
  all.push_back(factor("reference_clock_mhz", 0, 5000,
                       "SM clock that the fixed_ times belong to; 0: they do not scale"));
  for (const auto& [group, what] :
       {std::array{"linear", "a matrix product"}, std::array{"moe", "a kernel of the experts"},
        std::array{"attention", "sparse attention"},
        std::array{"small", "a norm, RoPE, activation, quantisation or element-wise kernel"},
        std::array{"hc", "a hyper-connection kernel"},
        std::array{"compressor", "the pooling of a compressor"},
        std::array{"index_logits", "index scores"}, std::array{"topk", "the index selection"},
        std::array{"router", "the choice of experts"}, std::array{"sample", "sampling"}}) {
    all.push_back(time(fmt::format("fixed_{}_ns", group),
                       fmt::format("latency of {} before and after its data stream", what)));
  }
}

void add_library(std::vector<ConstantInfo>& all) {
  all.push_back(
      time("fixed_store_ns",
           "beyond fixed_small_ns, of a kernel that norms and rotates at once, or quantises"));
  all.push_back(cycles("linear_tile_cycles",
                       "of a block whose warps share rows, to add up and begin another tile"));
  all.push_back(
      cycles("linear_window_cycles", "of a block of a product, to begin another window of tokens"));
  all.push_back(cycles("linear_mma_cycles",
                       "of a warp that is alone, from one mma of a product to the next"));
  all.push_back(
      cycles("linear_stage_cycles", "of an SM, to bring a KiB of tokens into shared memory"));
  all.push_back(cycles("attention_tile_cycles", "of a block, for a tile of 32 entries"));
  all.push_back(cycles("attention_head_cycles", "the same, for each of its heads"));
  all.push_back(cycles("attention_wide_cycles", "the same, where it has room for 32 heads"));
  all.push_back(time("attention_wave_ns", "from the end of a block to the next one's first tile"));
  all.push_back(time("attention_merge_ns", "publishing and counting split results"));
  all.push_back(factor("attention_merge_bytes_per_ns", 0, 1e5,
                       "that the last block of a group reads split results with; 0: at once"));
  all.push_back(cycles("hc_token_cycles",
                       "of an SM, for 32 channels of all streams of a token in a transition"));
  all.push_back(cycles("head_row_cycles", "of an SM, to rotate a head of a token back"));
  all.push_back(factor("index_instructions_per_byte", 0, 1000,
                       "lane instructions that score a byte of the index cache"));
  all.push_back(cycles("topk_rank_cycles", "of a block of the selection, whatever it ranks"));
  all.push_back(cycles("topk_key_cycles", "of a block of the selection, for each key it ranks"));
  all.push_back(cycles("moe_stripe_cycles",
                       "of a warp of the first product, from one stripe of weights to the next"));
  all.push_back(cycles("moe_group_stripe_cycles",
                       "of either with one or two tokens, whose columns are groups of scales"));
  all.push_back(cycles("moe_down_stripe_cycles",
                       "of a warp of the second product, the same beyond two tokens"));
  all.push_back(cycles("moe_gate_up_tile_cycles", "of a block, to begin and end a tile of w1, w3"));
  all.push_back(cycles("moe_down_tile_cycles",
                       "of a warp, to begin a part of w2 and leave its sums: beyond 8 tokens"));
  all.push_back(cycles("moe_plan_token_cycles",
                       "for each token, to find the experts that it shares with others"));
}

void add_programs(std::vector<ConstantInfo>& all) {
  for (const auto& [group, n, k] : {std::array{"moe", "output columns", "inputs"},
                                    std::array{"attention", "heads", "cache entries"},
                                    std::array{"linear", "output columns", "inputs"}}) {
    all.push_back(
        factor(fmt::format("{}_block_n", group), 1, 4096, fmt::format("{} of a program", n)));
    all.push_back(factor(fmt::format("{}_block_k", group), 1, 4096,
                         fmt::format("{} that a program takes at a time", k)));
    all.push_back(cycles(fmt::format("{}_iteration_cycles", group),
                         "of a program alone on an SM, each time"));
    all.push_back(share(fmt::format("{}_issue_share", group), 0,
                        "of an SM's issue slots that one program takes"));
    all.push_back(factor(fmt::format("{}_programs_per_sm", group), 1, 64,
                         "that registers and shared memory allow"));
  }
  all.push_back(cycles("attention_dead_iteration_cycles",
                       "of a program, each time that all its entries lie beyond the length"));
  all.push_back(factor("index_capacity_bytes", 0, 1e5,
                       "bytes moved for every entry of the captured capacity and token, by "
                       "capacity_sized_indexer"));
}

void add_collectives(std::vector<ConstantInfo>& all) {
  all.push_back(time("nccl_base_ns", "of a collective besides its steps: start, first poll"));
  all.push_back(time("nccl_step_ns", "of one ring or tree step besides the hop, protocol LL"));
  all.push_back(time("nccl_simple_step_ns", "what a step of protocol Simple takes longer"));
  all.push_back(efficiency("ll_bandwidth_share", 0.5,
                           "of a link that carries data with LL: 4 bytes in 8 are flags"));
  all.push_back(efficiency("ll128_bandwidth_share", 0.9375, "the same with LL128: 8 bytes in 128"));
  all.push_back(efficiency("staged_ll_bandwidth_share", 0.5,
                           "the same with LL where it is staged in host memory"));
  all.push_back(time("nccl_staged_step_ns", "what a step of Simple takes longer there"));
  all.push_back(efficiency("link_efficiency", 1, "of a link that a ring reaches"));
  all.push_back(time("one_shot_base_ns", "of a one-shot or two-shot all-reduce besides its hops"));
  all.push_back(efficiency("all_to_all_efficiency", 1,
                           "of a link when every GPU writes to all others at once"));
  all.push_back(factor("hop_factor", 0, 100, "hops counted at this multiple of their latency"));
  all.push_back({"gathered_bytes", "B", 0, 0, 1e9,
                 "of all ranks together, up to which an all-reduce is an all-gather and a kernel "
                 "that adds; in float32 while that fits, else in BF16"});
  all.push_back(
      time("arrival_skew_ns", "standard deviation of the ranks' arrival at a collective"));
}

std::vector<ConstantInfo> make_constants() {
  std::vector<ConstantInfo> all;
  add_memory_and_compute(all);
  add_capacity(all);
  add_launch_and_fixed(all);
  add_library(all);
  add_programs(all);
  add_collectives(all);
  for (const OpInfo& op : kOps) {
    if (op.stage == Stage::kNccl) continue;
    all.push_back(factor(launches_constant(op.op), 1, kMostLaunches,
                         fmt::format("kernels of {} each time it runs", op.name)));
  }
  return all;
}

}  // namespace

const std::vector<ConstantInfo>& kernel_constants() {
  static const std::vector<ConstantInfo> all = make_constants();
  return all;
}

const ConstantInfo* find_kernel_constant(std::string_view name) {
  const auto& all = kernel_constants();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const ConstantInfo& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const std::string& launches_constant(Op op) {
  static const auto names = [] {
    std::array<std::string, kOpCount> list;
    for (const OpInfo& entry : kOps) {
      list[static_cast<std::size_t>(entry.op)] = fmt::format("launches.{}", entry.name);
    }
    return list;
  }();
  return names[static_cast<std::size_t>(op)];
}

const std::vector<TraitInfo>& kernel_traits() {
  static const std::vector<TraitInfo> all{
      {"library_launches", "kernels of this library: launched as its pick_config() decides"},
      {"program_kernels", "experts, attention and FP8 linears are loops of Triton-like programs"},
      {"experts_read_per_slot", "an expert is read once for every token that chose it"},
      {"float32_expert_scales", "experts hold float32 scales: 20 bytes for 32 weights, not 17"},
      {"attention_not_divided_by_tp", "every rank computes all heads"},
      {"attention_reads_per_head", "every head gathers its cache entries again"},
      {"capacity_sized_attention", "ratio-128 entries are visited up to the captured capacity"},
      {"capacity_sized_indexer", "index scores are computed up to the captured capacity"},
      {"one_shot_all_reduce", "small all-reduces take one shot, beside NCCL for large ones"},
      {"launches_overlap", "kernels are launched with programmatic dependent launch"},
  };
  return all;
}

}  // namespace dscope::model
