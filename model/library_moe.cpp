// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/library_kernels.h"
#include "model/occupancy.h"

#include <algorithm>
#include <cmath>

namespace dscope::model {
namespace {

// Bytes of an expert that the first kernel reads: w1 and w3 of w1, w3 and w2.
constexpr double kGateUpPart = 2.0 / 3;

// Times that the experts of one layer are gone through by one kernel.
struct Passes {
  double routed = 0;  // over routed experts of this rank
  double again = 1;   // routed passes over routed experts that are read
  double shared = 0;  // over the shared expert
};

Passes passes_of(const MoeProblem& p, const LayerKind& kind) {
  Passes passes;
  passes.shared = static_cast<double>(shared_groups(p));
  const double unique = kind.routing.group_unique;
  if (!columns_are_tokens(p.tokens)) {
    const double mean = kind.routing.group_slots / static_cast<double>(p.expert_count);
    passes.again = expected_passes(mean, kMoeColumns);
  }
  passes.routed = unique * passes.again;
  return passes;
}

const PricedOp* shared_of(const StepContext& context, const PricedOp& routed) {
  for (const PricedOp& op : context.shape.ops) {
    if (op.op == Op::kMoeShared && op.kind == routed.kind) return &op;
  }
  return nullptr;
}

BlockShape block_of(const StepContext& context, const MoeStream& stream) {
  return {.warps = static_cast<double>(stream.warps),
          .shared_bytes = context.padded(static_cast<double>(shared_bytes(stream))),
          .most_per_sm = static_cast<double>(stream.blocks_per_sm)};
}

struct KernelPart {
  double share = 0;  // of the experts' bytes and products
  MoeStream stream;
  double tiles = 0;           // of work
  double grid = 0;            // blocks that are launched where all SMs are full
  double tiles_of_block = 0;  // that one block or warp takes, one after the other
  double tile_cycles = 0;     // to begin and end one
  double stripes = 0;         // of weights that a warp goes through in one, mean
  double stripe_cycles = 0;   // from one to the next
};

// Stripes of weights across `values` inputs of a routed and of the shared expert, the mean over
// their tiles, in `parts`. A stage of the shared expert holds half as many inputs.
double mean_stripes(double values, double routed_tiles, double shared_tiles, double parts) {
  const auto routed = static_cast<double>(ExpertStripe::across(static_cast<std::int64_t>(values)));
  const double shared = std::ceil(values / static_cast<double>(kMoeSharedStepBytes));
  const double tiles = routed_tiles + shared_tiles;
  if (tiles <= 0) return 0;
  return std::max(1.0, (routed_tiles * routed + shared_tiles * shared) / tiles / parts);
}

// One of the two kernels.
void add_kernel(const StepContext& context, const PricedOp& routed, const PricedOp* shared,
                const Passes& passes, const KernelPart& part, OpTime& result) {
  const KernelValues& k = context.kernels;
  const Machine& m = context.machine;
  const Occupancy fit = occupancy(block_of(context, part.stream), m);
  result.fits_shared_memory = result.fits_shared_memory && fit.launches;
  const double per_sm = std::max(1.0, fit.blocks_per_sm);
  // As many blocks as the launcher counts on, which knows of no padding.
  const double busy = std::min(std::max(1.0, part.grid), part.tiles);
  const Waves w = waves(busy, per_sm, m);
  const double active = std::min(m.sms, busy);
  const double tiles_per_sm = part.tiles / active;

  const double shared_bytes = shared != nullptr ? shared->cost.weight_bytes : 0;
  const double shared_flops = shared != nullptr ? shared->cost.flops : 0;
  StreamWork work;
  work.bytes = part.share * (routed.cost.weight_bytes + shared_bytes);
  work.l2_bytes = part.share * (routed.cost.weight_bytes * passes.again + shared_bytes);
  work.in_flight_bytes =
      w.resident * part.stream.warps * part.stream.stages * static_cast<double>(sizeof(MoeStage));
  work.by_shared = fit.by_shared;
  work.active_sms = active;
  work.balance = tiles_per_sm / std::ceil(tiles_per_sm);
  work.instructions =
      part.share * shared_bytes * std::max(1.0, passes.shared) * k.fp8_instructions_per_byte;
  work.chain_ns = w.rounds() * std::ceil(part.tiles_of_block) *
                  (part.tile_cycles + part.stripes * part.stripe_cycles) / m.clock_ghz;
  // Columns of an mma that have no token are multiplied all the same.
  const double columns = std::max(1.0, kMoeColumns / std::max(1.0, context.shape.tokens));
  work.tensor_flops = part.share * (routed.cost.flops + shared_flops) * columns;
  result.time.add(context.overhead(1, k.fixed_moe_ns));
  result.time.add(context.stream(work));
  result.launches += 1;
  // The larger of the two speaks for the op.
  if (result.blocks_per_sm && part.share < kGateUpPart) return;
  result.blocks_per_sm = fit.blocks_per_sm;
  result.waves = part.tiles / (active * w.resident);
  result.bandwidth_gbps = stream_gbps(work, k.efficiency, m);
}

}  // namespace

MoeLaunch moe_launch(const StepContext& context) {
  const ModelConfig& m = context.shape.model;
  const ParallelLayout& layout = context.shape.layout;
  MoeLaunch launch;
  launch.problem = {.tokens = static_cast<std::int64_t>(context.shape.tokens),
                    .hidden = m.hidden,
                    .experts_per_token = m.experts_per_token,
                    .expert_count = layout.experts(m).size(),
                    .intermediate = layout.routed_intermediate(m).size(),
                    .shared_intermediate = layout.shared_intermediate(m).size()};
  const TileOverrides& tiles = context.configuration.tiles;
  launch.config = tiles.moe_config ? moe_configs()[static_cast<std::size_t>(*tiles.moe_config)]
                                   : pick_config(launch.problem, context.machine.limits());
  for (MoeStream* stream : {&launch.config.gate_up, &launch.config.down}) {
    if (tiles.moe_stages) stream->stages = static_cast<int>(*tiles.moe_stages);
    if (tiles.moe_warps) stream->warps = static_cast<int>(*tiles.moe_warps);
  }
  return launch;
}

OpTime library_moe(const StepContext& context, const PricedOp& routed) {
  const auto [p, config] = moe_launch(context);
  const LayerKind& kind = context.shape.kinds[static_cast<std::size_t>(routed.kind)];
  const Passes passes = passes_of(p, kind);
  const PricedOp* shared = shared_of(context, routed);
  const DeviceLimits limits = context.machine.limits();
  OpTime result;
  const KernelValues& k = context.kernels;
  const bool in_registers = columns_are_tokens(p.tokens);
  if (!in_registers) {  // a kernel plans the passes; else every block does
    result.launches += 1;
    result.time.add(context.overhead(1, k.fixed_small_ns));
  }
  result.time[Limit::kLatency] +=
      context.shape.tokens * k.moe_plan_token_cycles / context.machine.clock_ghz;
  if (context.configuration.numerics == Numerics::kServingA8) {
    constexpr double kQuantised = 2;  // the tokens and the hidden vectors
    result.launches += kQuantised;
    result.time.add(context.overhead(kQuantised, k.fixed_small_ns));
  }
  const bool grouped = p.tokens <= kMoeGroupedTokens;
  const double routed_tiles = passes.routed * static_cast<double>(p.intermediate) / 16;
  const double shared_tiles = passes.shared * static_cast<double>(p.shared_intermediate) / 16;
  const double gate_up_tiles = routed_tiles + shared_tiles;
  const auto gate_up_grid = static_cast<double>(gate_up_blocks(p, config.gate_up, limits));
  add_kernel(context, routed, shared, passes,
             {.share = kGateUpPart,
              .stream = config.gate_up,
              .tiles = gate_up_tiles,
              .grid = std::min(gate_up_grid, gate_up_tiles),
              .tiles_of_block = gate_up_tiles / gate_up_grid,
              .tile_cycles = k.moe_gate_up_tile_cycles,
              .stripes = mean_stripes(static_cast<double>(p.hidden), routed_tiles, shared_tiles,
                                      config.gate_up.warps),
              .stripe_cycles = grouped ? k.moe_group_stripe_cycles : k.moe_stripe_cycles},
             result);
  const auto down_grid = static_cast<double>(down_blocks(p));
  const auto splits = static_cast<double>(down_splits(p, config.down));
  const double work_items = (passes.routed + passes.shared) * splits / config.down.warps;
  add_kernel(context, routed, shared, passes,
             {.share = 1 - kGateUpPart,
              .stream = config.down,
              .tiles = down_grid,
              .grid = down_grid,
              .tiles_of_block = work_items,
              .tile_cycles = in_registers ? 0 : k.moe_down_tile_cycles,
              .stripes = mean_stripes(static_cast<double>(p.intermediate), passes.routed,
                                      passes.shared, splits),
              .stripe_cycles = grouped ? k.moe_group_stripe_cycles : k.moe_down_stripe_cycles},
             result);
  return result;
}

}  // namespace dscope::model
