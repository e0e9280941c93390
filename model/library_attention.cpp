// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/paged_mqa_logits/paged_mqa_logits_config.h"
#include "kernels/topk/topk_config.h"
#include "model/library_kernels.h"
#include "model/occupancy.h"
#include "workloads/op_costs_caches.h"

#include <algorithm>
#include <cmath>

namespace dscope::model {
namespace {

SparseMlaConfig chosen_config(const SparseMlaProblem& problem, const StepContext& context) {
  if (const auto& forced = context.configuration.tiles.mla_config) {
    const SparseMlaConfig config = sparse_mla_choice(static_cast<std::size_t>(*forced));
    if (config.splits <= sparse_mla_max_splits(problem.tokens, problem.heads)) return config;
  }
  return pick_config(problem, context.machine.limits());
}

double entry_bytes(const StepContext& context) {
  return static_cast<double>(kv_entry_bytes(context.shape.model, context.configuration.numerics));
}

}  // namespace

SparseMlaLaunch sparse_mla_launch(const StepContext& context, int ratio) {
  const ModelConfig& m = context.shape.model;
  const Configuration& c = context.configuration;
  const auto capacity = static_cast<std::int64_t>(context.capacity);
  std::int64_t width = 0;  // of the compressed entries that indices are kept for
  if (ratio == 4) width = m.index_topk;
  if (ratio == 128) width = std::max<std::int64_t>(1, capacity / ratio);
  SparseMlaLaunch launch;
  launch.problem = {.tokens = static_cast<std::int64_t>(context.shape.tokens),
                    .heads = context.shape.layout.heads(m).size(),
                    .head_dim = m.head_dim,
                    .tiles = sparse_mla_tiles(m.window, width)};
  launch.config = chosen_config(launch.problem, context);
  if (c.tiles.mla_heads) {
    launch.config.heads = static_cast<int>(*c.tiles.mla_heads);
    launch.config.rows = launch.config.heads > 16 ? 32 : 16;
  }
  if (c.tiles.mla_splits) launch.config.splits = static_cast<int>(*c.tiles.mla_splits);
  const std::int64_t window = std::min(c.context, m.window);
  const std::int64_t selected = selected_entries(m, ratio, c.context);
  launch.live_tiles = static_cast<double>(sparse_mla_tiles(window, selected));
  launch.live_entries = static_cast<double>(window + selected);
  return launch;
}

// A block goes through its tiles one after the other; an SM has one block (registers), and the next
// begins where it ended. Heads of a token that are in different blocks gather its entries again,
// from L2. The last block of a group of splits reads what the others left: float32 rows.
OpTime library_attention(const StepContext& context, const PricedOp& op) {
  const KernelValues& k = context.kernels;
  const Machine& m = context.machine;
  const int ratio = context.shape.kinds[static_cast<std::size_t>(op.kind)].ratio;
  const SparseMlaLaunch launch = sparse_mla_launch(context, ratio);
  const SparseMlaConfig& config = launch.config;
  const double groups = static_cast<double>(launch.problem.tokens) *
                        std::ceil(static_cast<double>(launch.problem.heads) / config.heads);
  const double useful = std::min(
      static_cast<double>(config.splits),
      static_cast<double>(sparse_mla_useful_splits(static_cast<std::int64_t>(launch.live_tiles))));
  const double blocks = groups * useful;
  const Waves w = waves(blocks, 1, m);
  const double chain = std::ceil(launch.live_tiles / useful);
  const auto heads =
      static_cast<double>(std::min<std::int64_t>(config.heads, launch.problem.heads));
  const double tile = (k.attention_tile_cycles + heads * k.attention_head_cycles +
                       (config.rows == 32 ? k.attention_wide_cycles : 0)) /
                      m.clock_ghz;

  StreamWork work{.bytes = op.cost.bytes()};
  work.l2_bytes = op.cost.bytes() + groups * launch.live_entries * entry_bytes(context);
  work.in_flight_bytes = kSparseMlaTile * entry_bytes(context);
  work.active_sms = std::min(m.sms, blocks);
  work.balance = blocks / work.active_sms / w.busiest;
  work.tensor_flops = op.cost.flops * std::max(1.0, static_cast<double>(config.rows) / heads);
  OpTime result;
  result.launches = 1;
  result.time = context.overhead(1, k.fixed_attention_ns);
  const LimitedTime stream = context.stream(work);
  const double tiles_ns =
      w.busiest * chain * tile + (w.busiest - 1) * k.attention_wave_ns * context.clock_scale;
  if (tiles_ns > stream.total()) {
    result.time[Limit::kLatency] += tiles_ns;
  } else {
    result.time.add(stream);
  }
  if (useful > 1) {
    result.time[Limit::kLatency] += k.attention_merge_ns * context.clock_scale;
    const double merged = std::ceil(groups / m.sms) * useful * heads *
                          static_cast<double>(launch.problem.head_dim) * sizeof(float);
    if (k.attention_merge_bytes_per_ns > 0) {
      result.time[Limit::kLatency] += merged / k.attention_merge_bytes_per_ns;
    }
  }
  result.blocks_per_sm = 1;
  result.waves = w.waves;
  result.bandwidth_gbps = stream_gbps(work, k.efficiency, m);
  return result;
}

OpTime library_index_logits(const StepContext& context, const PricedOp& op) {
  const KernelValues& k = context.kernels;
  const Machine& m = context.machine;
  const Configuration& c = context.configuration;
  const auto tokens = static_cast<std::int64_t>(context.shape.tokens);
  const auto capacity = static_cast<std::int64_t>(context.capacity) / 4;
  const PagedMqaLogitsConfig config =
      pick_config(PagedMqaLogitsProblem{.tokens = tokens, .capacity = capacity}, m.limits());
  const std::int64_t entries = compressed_entries(4, c.context);
  const double live_groups = context.shape.tokens * std::ceil(static_cast<double>(entries) /
                                                              static_cast<double>(kMqaGroup));
  const double blocks = std::max(
      1.0, std::min(static_cast<double>(config.blocks), std::ceil(live_groups / kMqaWarps)));
  const Occupancy fit = occupancy(
      {.warps = kMqaWarps, .shared_bytes = context.padded(0), .most_per_sm = kMqaBlocksPerSm}, m);
  const Waves w = waves(blocks, std::max(1.0, fit.blocks_per_sm), m);
  const auto entry = static_cast<double>(index_entry_bytes(context.shape.model, c.numerics));
  StreamWork work{.bytes = op.cost.bytes()};
  work.by_shared = fit.by_shared;
  work.in_flight_bytes = w.resident * kMqaWarps * static_cast<double>(kMqaGroup) * entry;
  work.active_sms = std::min(m.sms, blocks);
  work.balance = blocks / work.active_sms / w.busiest;
  work.tensor_flops = op.cost.flops;
  work.instructions = op.cost.read_bytes * k.index_instructions_per_byte;
  OpTime result;
  result.launches = 1;
  result.time = context.overhead(1, k.fixed_index_logits_ns);
  result.time.add(context.stream(work));
  result.blocks_per_sm = fit.blocks_per_sm;
  result.waves = w.waves;
  result.bandwidth_gbps = stream_gbps(work, k.efficiency, m);
  return result;
}

// Rows that hold no more entries than are wanted are copied. Longer ones are cut into equal chunks
// that blocks rank side by side; where there are several, one block ranks what they leave.
OpTime library_index_topk(const StepContext& context, const PricedOp& op) {
  const KernelValues& k = context.kernels;
  const Machine& m = context.machine;
  const double wanted = static_cast<double>(context.shape.model.index_topk);
  const auto capacity = std::max<std::int64_t>(1, static_cast<std::int64_t>(context.capacity) / 4);
  const TopKConfig config = pick_config(TopKProblem{.logits = capacity}, m.limits());
  const std::int64_t live = compressed_entries(4, context.configuration.context);
  OpTime result;
  result.launches = 1;
  result.time = context.overhead(1, k.fixed_topk_ns);
  result.time.add(context.stream({.bytes = op.cost.bytes()}));
  if (static_cast<double>(live) <= wanted) return result;

  constexpr double kBins = 2048;
  const auto keys_bytes = static_cast<double>(config.chunk()) + kBins;
  const Occupancy fit =
      occupancy({.warps = config.threads / 32.0,
                 .shared_bytes = context.padded(keys_bytes * sizeof(std::uint32_t)),
                 .most_per_sm = m.warps_per_sm},
                m);
  const auto chunks = static_cast<double>(topk_chunks(config, live));
  const auto rounds_of = [&](double blocks) {
    const Waves w = waves(blocks, std::max(1.0, fit.blocks_per_sm), m);
    return std::ceil(w.busiest / w.resident);
  };
  const auto rank = [&](double blocks, double keys) {
    return rounds_of(blocks) * (k.topk_rank_cycles + keys * k.topk_key_cycles);
  };
  double cycles =
      rank(context.shape.tokens * chunks, std::ceil(static_cast<double>(live) / chunks));
  if (chunks > 1) cycles += rank(context.shape.tokens, chunks * wanted);
  result.time[Limit::kLatency] += cycles / m.clock_ghz;
  result.blocks_per_sm = fit.blocks_per_sm;
  return result;
}

}  // namespace dscope::model
