// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/library_kernels.h"
#include "model/occupancy.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dscope::model {
namespace {

constexpr double kWarpLanes = 32;

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

// One product. `bytes` and `flops` are this product's share of the op's.
void add_product(const StepContext& context, const LinearProblem& p, double weight_bytes,
                 double other_bytes, OpTime& result) {
  const KernelValues& k = context.kernels;
  const Machine& m = context.machine;
  const double instructions =
      p.format == WeightFormat::kFp8 ? k.fp8_instructions_per_byte : k.bf16_instructions_per_byte;
  StreamWork work{.bytes = weight_bytes + other_bytes};
  const std::optional<LinearPlan> plan =
      linear_plan(p, m.limits(), context.configuration.tiles.linear_config);
  double window_cycles = 0;  // of the busiest block
  double warps_in_turn = 1;  // of all warps with work, those of one round
  double passes = 1;
  double column_tiles = std::ceil(context.shape.tokens / 8);
  if (plan) {
    const LinearConfig& c = plan->config;
    const Occupancy fit =
        occupancy({.warps = static_cast<double>(c.warps),
                   .shared_bytes = context.padded(static_cast<double>(shared_bytes(c))),
                   .most_per_sm = static_cast<double>(c.blocks_per_sm)},
                  m);
    result.fits_shared_memory = result.fits_shared_memory && fit.launches;
    const auto blocks = static_cast<double>(plan->blocks);
    passes = static_cast<double>(plan->passes);
    const Waves w = waves(blocks, std::max(1.0, fit.blocks_per_sm), m);
    work.active_sms = std::min(m.sms, blocks);
    const auto units = static_cast<double>(plan->tiles * plan->passes);
    const auto units_of_block = static_cast<double>(plan->units_per_block);
    work.balance = std::min(1.0, units / work.active_sms / (w.busiest * units_of_block));
    // As launch_cost() of the library counts them.
    const double slice_chunks = std::ceil(static_cast<double>(p.cols) / plan->split /
                                          static_cast<double>(linear_chunk_values(p.format)));
    const double prefetch = linear_prefetch(p.format, c);
    const double sharing = static_cast<double>(c.warps) / plan->row_warps;
    const double warp_chunks = std::min(prefetch, std::ceil(slice_chunks / sharing));
    const double busy_warps =
        std::min(static_cast<double>(c.warps), plan->row_warps * slice_chunks);
    work.in_flight_bytes = w.resident * busy_warps * warp_chunks * c.row_tiles * 16 *
                           static_cast<double>(kLinearChunkBytes);
    work.by_shared = fit.by_shared;
    // Tokens go from L2 to shared memory for every unit, unless all of a row stays there.
    const double columns = std::min(context.shape.tokens, 8.0 * c.column_tiles);
    const double staged = columns * static_cast<double>(p.cols) * 2;
    work.l2_bytes = work.bytes * passes + units * staged;
    const double windows =
        std::ceil(std::ceil(slice_chunks / (prefetch * sharing)) / plan->window_batches);
    window_cycles = w.rounds() * units_of_block * windows * k.linear_tile_cycles;
    warps_in_turn = blocks * busy_warps / w.rounds();
    column_tiles = static_cast<double>(c.column_tiles) / plan->split;
    work.instructions = units * staged * k.stage_instructions_per_byte;
    result.blocks_per_sm = fit.blocks_per_sm;
    result.waves = w.waves;
  }
  const double values =
      static_cast<double>(p.rows[0]) * static_cast<double>(p.cols) * static_cast<double>(p.groups);
  work.instructions += passes * values * column_tiles * k.product_instructions_per_weight;
  if (plan) {
    // A warp begins windows of inputs, decodes steps of 16 rows by 32 values, stages and
    // multiplies, one after the other.
    constexpr double kStepValues = 16.0 * 32;
    const double steps = passes * values / (warps_in_turn * kStepValues);
    const double instructions_of_warp = work.instructions / (warps_in_turn * kWarpLanes);
    work.chain_ns = (window_cycles + steps * k.linear_step_cycles +
                     instructions_of_warp * k.linear_wait_cycles) /
                    m.clock_ghz;
  }
  work.instructions += passes * weight_bytes * instructions;
  work.tensor_flops = 2 * values * std::max(8.0, context.shape.tokens);
  result.launches += 1;
  result.time.add(context.overhead(1, k.fixed_linear_ns));
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
