// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/program_kernels.h"

#include "workloads/formats.h"
#include "workloads/op_costs_caches.h"

#include <algorithm>
#include <cmath>

namespace dscope::model {
namespace {

// Elements of a matrix product, of one rank.
struct Product {
  double rows = 0;  // outputs
  double cols = 0;  // inputs
};

double as_double(std::int64_t n) {
  return static_cast<double>(n);
}

OpTime start(const StepContext& context, Op op, double launches_beside) {
  const KernelValues& k = context.kernels;
  OpTime result;
  result.launches = k.launches[static_cast<std::size_t>(op)];
  // What is not the kernel in question is element-wise.
  const double small = std::max(0.0, result.launches - launches_beside);
  result.time = context.overhead(small, k.fixed_small_ns);
  result.time.add(context.overhead(result.launches - small, fixed_ns(k, op)));
  return result;
}

// Routed experts: a program for each slot, that is (token, chosen expert), and each block of
// outputs. A slot reads its expert by itself; of experts that several tokens chose, all but the
// first reading come from L2 where it holds them. Ids of other ranks are computed as expert 0.
OpTime experts(const StepContext& context, const PricedOp& op) {
  const KernelValues& k = context.kernels;
  const ModelConfig& m = context.shape.model;
  const LayerKind& kind = context.shape.kinds[static_cast<std::size_t>(op.kind)];
  const double intermediate = as_double(context.shape.layout.routed_intermediate(m).size());
  const double hidden = as_double(m.hidden);
  double slots = kind.routing.group_slots;
  double unique = kind.routing.group_unique;
  if (k.experts_read_per_slot) {
    slots = context.shape.tokens * as_double(m.experts_per_token);
    if (context.shape.layout.ep > 1) unique = std::min(slots, unique + 1);
  }
  constexpr double kCodes = kMxfp4Group / 2.0;
  const double scales = k.float32_expert_scales ? (kCodes + sizeof(float)) / (kCodes + 1) : 1;
  const double expert =
      kind.routing.group_unique > 0 ? op.cost.weight_bytes / kind.routing.group_unique * scales : 0;

  OpTime result = start(context, op.op, 2);
  constexpr double kGateUpPart = 2.0 / 3;  // w1 and w3 of the three
  const struct {
    Product product;
    double share;
  } parts[] = {{{2 * intermediate, hidden}, kGateUpPart},
               {{hidden, intermediate}, 1 - kGateUpPart}};
  for (const auto& part : parts) {
    const ProgramGrid grid{slots * std::ceil(part.product.rows / k.moe.block_n),
                           std::ceil(part.product.cols / k.moe.block_k)};
    StreamWork work{.bytes = part.share * unique * expert, .l2_bytes = part.share * slots * expert};
    work.cuda_core_flops = 2 * slots * part.product.rows * part.product.cols;
    result.time.add(longer_of(program_time(grid, k.moe, context.machine), context.stream(work)));
    if (part.share < kGateUpPart) continue;
    result.blocks_per_sm = k.moe.programs_per_sm;
    result.waves = grid.programs / (context.machine.sms * k.moe.programs_per_sm);
  }
  result.time[Limit::kUnexplained] += k.unexplained_moe_ns;
  return result;
}

// FP8 products with quantised activations. Tokens of up to 64 share a program.
OpTime linear(const StepContext& context, const PricedOp& op, std::initializer_list<Product> list) {
  const KernelValues& k = context.kernels;
  OpTime result = start(context, op.op, as_double(static_cast<std::int64_t>(list.size())));
  constexpr double kTokensOfProgram = 64;
  const double row_blocks = std::ceil(context.shape.tokens / kTokensOfProgram);
  double values = 0;
  for (const Product& p : list) values += p.rows * p.cols;
  for (const Product& p : list) {
    const ProgramGrid grid{row_blocks * std::ceil(p.rows / k.linear.block_n),
                           std::ceil(p.cols / k.linear.block_k)};
    const double share = p.rows * p.cols / values;
    const StreamWork work{.bytes = share * op.cost.bytes(),
                          .l2_bytes = share * op.cost.bytes() * row_blocks,
                          .tensor_flops = share * op.cost.flops,
                          .fp8_tensor = true};
    result.time.add(longer_of(program_time(grid, k.linear, context.machine), context.stream(work)));
    result.waves = grid.programs / (context.machine.sms * k.linear.programs_per_sm);
  }
  result.blocks_per_sm = k.linear.programs_per_sm;
  return result;
}

// Entries that a loop visits, and those of them that hold one.
struct Visited {
  double width = 0;
  double live = 0;
};

// One launch of sparse attention: a program for each token and block of heads goes through all
// indices of one cache.
void add_attention(const StepContext& context, const Visited& entries, double heads,
                   OpTime& result) {
  const KernelValues& k = context.kernels;
  ProgramGrid grid{context.shape.tokens * std::ceil(heads / k.attention.block_n),
                   std::ceil(entries.width / k.attention.block_k)};
  grid.dead_iterations = grid.iterations - std::ceil(entries.live / k.attention.block_k);
  const ModelConfig& m = context.shape.model;
  const double bytes = context.shape.tokens * entries.live *
                       as_double(kv_entry_bytes(m, context.configuration.numerics));
  StreamWork work{.bytes = bytes};
  if (k.attention_reads_per_head) work.l2_bytes = bytes * std::ceil(heads / k.attention.block_n);
  // Scores and weighted sum: 4 FLOPs for every head, entry and dim.
  work.cuda_core_flops = 4 * context.shape.tokens * heads * entries.live * as_double(m.head_dim);
  result.time.add(
      longer_of(program_time(grid, k.attention, context.machine), context.stream(work)));
  result.waves = grid.programs / (context.machine.sms * k.attention.programs_per_sm);
  result.blocks_per_sm = k.attention.programs_per_sm;
}

OpTime attention(const StepContext& context, const PricedOp& op) {
  const KernelValues& k = context.kernels;
  const Configuration& c = context.configuration;
  const ModelConfig& m = context.shape.model;
  const int ratio = context.shape.kinds[static_cast<std::size_t>(op.kind)].ratio;
  const double heads =
      as_double(k.attention_not_divided_by_tp ? m.heads : context.shape.layout.heads(m).size());
  OpTime result = start(context, op.op, ratio == 0 ? 1 : 2);
  add_attention(context, {as_double(m.window), as_double(std::min(c.context, m.window))}, heads,
                result);
  if (ratio != 0) {
    const double live = as_double(selected_entries(m, ratio, c.context));
    double width = live;
    if (k.capacity_sized_attention) {
      width = ratio == 4 ? as_double(m.index_topk) : context.capacity / ratio;
    }
    add_attention(context, {std::max(width, live), live}, heads, result);
  }
  result.time[Limit::kUnexplained] += k.unexplained_attention_ns;
  return result;
}

// Index scores by whole-tensor operations over the captured capacity: gathered keys, scores of
// every head and their sum all pass memory.
OpTime index_logits(const StepContext& context, const PricedOp& op) {
  OpTime result = start(context, op.op, 1);
  const double entries = context.capacity / 4;
  const double bytes = context.shape.tokens * entries * context.kernels.index_capacity_bytes;
  result.time.add(context.stream(
      {.bytes = std::max(bytes, op.cost.bytes()), .cuda_core_flops = op.cost.flops}));
  return result;
}

}  // namespace

LimitedTime program_time(const ProgramGrid& grid, const ProgramShape& shape, const Machine& m) {
  LimitedTime time;
  if (grid.programs <= 0) return time;
  const double waves = std::ceil(grid.programs / (m.sms * shape.programs_per_sm));
  const double beside = std::min(shape.programs_per_sm, std::ceil(grid.programs / m.sms));
  const double contention = beside * shape.issue_share;
  const double cycles = shape.iteration_cycles * (grid.iterations - grid.dead_iterations) +
                        shape.dead_iteration_cycles * grid.dead_iterations;
  time[contention > 1 ? Limit::kIssue : Limit::kLatency] =
      waves * cycles / m.clock_ghz * std::max(1.0, contention);
  return time;
}

LimitedTime longer_of(const LimitedTime& a, const LimitedTime& b) {
  return b.total() > a.total() ? b : a;
}

std::optional<OpTime> program_op(const StepContext& context, const PricedOp& op) {
  const ModelConfig& m = context.shape.model;
  const ParallelLayout& layout = context.shape.layout;
  const double hidden = as_double(m.hidden);
  switch (op.op) {
    case Op::kMoeRouted:
      return experts(context, op);
    case Op::kSparseMla:
      return attention(context, op);
    case Op::kIndexLogits:
      if (!context.kernels.capacity_sized_indexer) return std::nullopt;
      return index_logits(context, op);
    case Op::kQkvDown:
      return linear(context, op, {{as_double(m.q_lora_rank + m.head_dim), hidden}});
    case Op::kQUp:
      return linear(context, op,
                    {{as_double(layout.heads(m).size() * m.head_dim), as_double(m.q_lora_rank)}});
    case Op::kWoB:
      return linear(context, op, {{hidden, as_double(layout.o_groups(m).size() * m.o_lora_rank)}});
    case Op::kIndexQ:
      return linear(context, op,
                    {{as_double(m.index_heads * m.index_dim), as_double(m.q_lora_rank)}});
    case Op::kMoeShared: {
      const double intermediate = as_double(layout.shared_intermediate(m).size());
      return linear(context, op, {{2 * intermediate, hidden}, {hidden, intermediate}});
    }
    default:
      return std::nullopt;
  }
}

}  // namespace dscope::model
