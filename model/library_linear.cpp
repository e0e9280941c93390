// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/library_kernels.h"
#include "model/occupancy.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dscope::model {
namespace {

// What plan_linear() depends on.
struct PlanKey {
  std::array<std::int64_t, 11> values;

  PlanKey(const LinearProblem& p, const DeviceLimits& l, std::optional<std::int64_t> forced)
      : values{p.tokens,
               p.groups,
               p.rows[0],
               p.rows[1],
               p.cols,
               static_cast<std::int64_t>(p.format),
               std::int64_t{p.quantise},
               std::int64_t{l.sms},
               l.shared_per_sm,
               std::int64_t{l.warps_per_sm},
               forced.value_or(-1)} {}
  friend bool operator==(const PlanKey&, const PlanKey&) = default;
  [[nodiscard]] std::size_t hash() const {
    std::size_t hash = 0;
    for (const std::int64_t value : values) {
      constexpr std::size_t kPrime = 1'099'511'628'211;
      hash = (hash ^ static_cast<std::size_t>(value)) * kPrime;
    }
    return hash ^ (hash >> 32);
  }
};

// As the launcher decides.
std::optional<LinearPlan> make_plan(const LinearProblem& problem, const DeviceLimits& limits,
                                    std::optional<std::int64_t> forced) {
  const std::optional<LinearConfig> config = pick_config(problem, limits);
  if (!config) return std::nullopt;
  if (forced) {
    const LinearChoice choice = linear_choices()[static_cast<std::size_t>(*forced)];
    if (const auto plan = plan_of(problem, choice, limits)) return plan;
  }
  const LinearPlan plan = plan_linear(problem, *config, limits);
  if (plan.blocks > 0) return plan;
  return std::nullopt;
}

LinearProblem matrix(WeightFormat format, const StepContext& context, std::int64_t rows,
                     std::int64_t cols, std::int64_t groups = 1) {
  return {.format = format,
          .tokens = static_cast<std::int64_t>(context.shape.tokens),
          .groups = groups,
          .rows = {rows, 0},
          .cols = cols,
          .quantise = format == WeightFormat::kFp8 &&
                      context.configuration.numerics == Numerics::kServingA8};
}

// A launch of a product as its blocks go through it.
struct LinearWork {
  Waves waves;
  double resident_warps = 0;  // of an SM, that have columns to take
  double batches = 0;         // of an SM's blocks, one after the other: what a warp has in flight
  double batch_chunks = 0;    // of each of its rows
  double units = 0;           // tiles and passes, likewise
  double windows = 0;         // of tokens behind the first, likewise
  double window_kib = 0;      // of the tokens that an SM stages for one
  double weight_reads = 1;    // from DRAM: L2 keeps few tiles from pass to pass
};

LinearWork work_of(const LinearProblem& p, const LinearPlan& plan, const Occupancy& fit,
                   double weight_bytes, const Machine& m) {
  const LinearConfig& c = plan.config;
  LinearWork work;
  const auto blocks = static_cast<double>(plan.blocks);
  work.waves = waves(blocks, std::max(1.0, fit.blocks_per_sm), m);
  const double chunks = std::ceil(static_cast<double>(p.cols) / plan.split /
                                  static_cast<double>(linear_chunk_values(p.format)));
  const double sharing = static_cast<double>(c.warps) / plan.row_warps;
  const double warp_chunks = std::ceil(chunks / sharing);
  const auto prefetch = static_cast<double>(linear_prefetch(p.format, c));
  work.batch_chunks = std::min(prefetch, warp_chunks);
  work.resident_warps =
      work.waves.resident * std::min(static_cast<double>(c.warps), plan.row_warps * chunks);
  const double batches = std::ceil(warp_chunks / prefetch);
  const double windows = std::ceil(batches / plan.window_batches);
  const auto passes = static_cast<double>(plan.passes);
  const auto block_units = static_cast<double>(plan.units_per_block);
  work.units = work.waves.rounds() * block_units;
  work.batches = work.units * batches;
  const bool stays = windows == 1 && passes == 1;
  work.windows = stays ? 0 : work.units * windows - 1;
  const double columns = std::min(static_cast<double>(p.tokens), 8.0 * c.column_tiles);
  constexpr double kKib = 1024;
  work.window_kib =
      work.waves.resident * columns * static_cast<double>(p.cols) * 2 / windows / kKib;
  // Passes that a block does itself, one tile after the other, while all blocks do the same.
  const double own = std::min(passes, block_units);
  const double tiles = std::min(static_cast<double>(plan.tiles),
                                std::min(m.sms, blocks) * std::min(1.0, block_units / passes));
  const double held = kept_share(weight_bytes * tiles / static_cast<double>(plan.tiles), m);
  work.weight_reads = 1 + (own - 1) * (1 - held);
  return work;
}

// One product. `bytes` and `flops` are this product's share of the op's.
//
// Tokens are staged once the kernel before has ended, all SMs asking for the same; then a warp
// waits for each batch of weights, but the first, which it asked for earlier, decodes it and
// multiplies.
void add_product(const StepContext& context, const LinearProblem& p, double weight_bytes,
                 double other_bytes, OpTime& result) {
  const KernelValues& k = context.kernels;
  const Machine& m = context.machine;
  StreamWork work{.bytes = weight_bytes + other_bytes};
  result.launches += 1;
  result.time.add(context.overhead(1, k.fixed_linear_ns));
  const std::optional<LinearPlan> plan =
      linear_plan(p, m.limits(), context.configuration.tiles.linear_config);
  if (plan) {
    const LinearConfig& c = plan->config;
    const double shared =
        std::max(context.padded(static_cast<double>(shared_bytes(c))),
                 static_cast<double>(spreading_shared_bytes(plan->blocks, m.limits())));
    const Occupancy fit = occupancy({.warps = static_cast<double>(c.warps),
                                     .shared_bytes = shared,
                                     .most_per_sm = static_cast<double>(c.blocks_per_sm)},
                                    m);
    result.fits_shared_memory = result.fits_shared_memory && fit.launches;
    const LinearWork l = work_of(p, *plan, fit, weight_bytes, m);
    const auto passes = static_cast<double>(plan->passes);
    const auto blocks = static_cast<double>(plan->blocks);
    work.active_sms = std::min(m.sms, blocks);
    work.balance =
        std::min(1.0, static_cast<double>(plan->tiles) * passes / work.active_sms /
                          (l.waves.busiest * static_cast<double>(plan->units_per_block)));
    // A load has a line of L1 while it is under way, of which a chunk's part of a row is half.
    const double in_l1 = l1_bytes(l.waves.resident * (shared + 1024), m) / 2;
    const double wanted = l.resident_warps * l.batch_chunks * c.row_tiles * 16 *
                          static_cast<double>(kLinearChunkBytes);
    work.in_flight_bytes = std::min(wanted, in_l1);
    work.by_shared = fit.by_shared || in_l1 < wanted;
    work.bytes = weight_bytes * l.weight_reads + other_bytes;
    work.l2_bytes = weight_bytes * passes + other_bytes;
    if (p.format == WeightFormat::kFp8) {
      work.instructions = weight_bytes * passes * k.fp8_instructions_per_byte;
    }
    const double latency = k.efficiency.latency_factor * m.dram_latency_ns;
    const double mmas = l.batch_chunks * c.row_tiles * c.column_tiles *
                        static_cast<double>(linear_chunk_values(p.format)) / 16;
    const double multiply = mmas * k.linear_mma_cycles / m.clock_ghz;
    work.chain_ns = (l.batches - 1) * std::hypot(latency, multiply) + multiply;
    const double stage =
        l.window_kib * (k.linear_stage_cycles / m.clock_ghz +
                        1024 * work.active_sms / (k.l2_broadcast_share * m.l2_gbps));
    // With two buffers a window comes while blocks wait for each other.
    const double window = k.linear_window_cycles / m.clock_ghz;
    work.serial_ns = l.windows * (plan->buffers == 1 ? window + stage : std::hypot(window, stage));
    const bool adds_up = plan->row_warps < c.warps || plan->split > 1;
    if (adds_up) work.serial_ns += l.units * k.linear_tile_cycles / m.clock_ghz;
    result.time[Limit::kL2] += stage;
    result.blocks_per_sm = fit.blocks_per_sm;
    result.waves = l.waves.waves;
  }
  work.tensor_flops =
      2 * static_cast<double>(p.rows[0] * p.cols * p.groups) * std::max(8.0, context.shape.tokens);
  result.time.add(context.stream(work));
  result.bandwidth_gbps = stream_gbps(work, k.efficiency, m);
}

}  // namespace

std::vector<LinearProblem> linear_problems(const StepContext& context, const PricedOp& op) {
  const ModelConfig& m = context.shape.model;
  const ParallelLayout& layout = context.shape.layout;
  const auto fp8 = [&](std::int64_t rows, std::int64_t cols) {
    return matrix(WeightFormat::kFp8, context, rows, cols);
  };
  const auto bf16 = [&](std::int64_t rows, std::int64_t cols) {
    return matrix(WeightFormat::kBf16, context, rows, cols);
  };
  const int ratio = op.kind >= 0 ? context.shape.kinds[static_cast<std::size_t>(op.kind)].ratio : 0;
  const std::int64_t groups = layout.o_groups(m).size();
  const auto channels = [&](std::int64_t dim) { return ratio == 4 ? 2 * dim : dim; };
  switch (op.op) {
    case Op::kQkvDown:
      return {fp8(m.q_lora_rank, m.hidden), fp8(m.head_dim, m.hidden)};
    case Op::kQUp:
      return {fp8(layout.heads(m).size() * m.head_dim, m.q_lora_rank)};
    case Op::kWoA:
      return {matrix(context.configuration.wo_a_bf16 ? WeightFormat::kBf16 : WeightFormat::kFp8,
                     context, m.o_lora_rank, layout.o_group_inputs(m).size(), groups)};
    case Op::kWoB:
      return {fp8(m.hidden, groups * m.o_lora_rank)};
    case Op::kIndexQ:
      return {fp8(m.index_heads * m.index_dim, m.q_lora_rank)};
    case Op::kIndexWeights:
      return {bf16(m.index_heads, m.hidden)};
    case Op::kIndexCompressor:
      return {bf16(channels(m.index_dim), m.hidden), bf16(channels(m.index_dim), m.hidden)};
    case Op::kCompressor:
      return {bf16(channels(m.head_dim), m.hidden), bf16(channels(m.head_dim), m.hidden)};
    case Op::kRouterGate:
      return {bf16(m.experts, m.hidden)};
    case Op::kLmHead:
      return {bf16(layout.vocab(m).size(), m.hidden)};
    default:
      return {};
  }
}

std::optional<LinearPlan> linear_plan(const LinearProblem& problem, const DeviceLimits& limits,
                                      std::optional<std::int64_t> forced) {
  // Planning tries dozens of arrangements, and sweeps ask for the same products again and again.
  struct Entry {
    PlanKey key;
    std::optional<LinearPlan> plan;
  };
  constexpr std::size_t kEntries = 1024;
  static thread_local std::vector<std::optional<Entry>> cache(kEntries);
  const PlanKey key(problem, limits, forced);
  std::optional<Entry>& entry = cache[key.hash() % kEntries];
  if (!entry || entry->key != key) entry = Entry{key, make_plan(problem, limits, forced)};
  return entry->plan;
}

OpTime library_linear(const StepContext& context, const PricedOp& op) {
  OpTime result;
  const std::vector<LinearProblem> products = linear_problems(context, op);
  double rows = 0;
  for (const LinearProblem& p : products) rows += static_cast<double>(p.rows[0]);
  for (const LinearProblem& p : products) {
    const double share = static_cast<double>(p.rows[0]) / rows;
    add_product(context, p, share * op.cost.weight_bytes,
                share * (op.cost.read_bytes + op.cost.write_bytes), result);
  }
  if (op.op == Op::kCompressor || op.op == Op::kIndexCompressor) {
    result.launches += 1;
    result.time.add(context.overhead(1, context.kernels.fixed_compressor_ns));
  }
  return result;
}

}  // namespace dscope::model
