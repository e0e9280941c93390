// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/library_kernels.h"

#include "kernels/hyper_connection/hyper_connection_config.h"
#include "model/occupancy.h"

#include <algorithm>
#include <cmath>

namespace dscope::model {
namespace {

// What is added where an SM cannot hold all its blocks of a short kernel at once: they follow each
// other, and each round begins anew.
double further_rounds_ns(const StepContext& context, double blocks, double warps) {
  const Occupancy fit =
      occupancy({.warps = warps, .shared_bytes = context.padded(0)}, context.machine);
  const Waves w = waves(blocks, std::max(1.0, fit.blocks_per_sm), context.machine);
  return (w.rounds() - 1) * context.kernels.fixed_small_ns * context.clock_scale;
}

// Leaving a sublayer, entering the next and the norm behind: two launches, one chain of latencies.
// The op that enters has all of it. Beside the chain the busiest SM takes every token of its blocks
// through a slice of all streams.
OpTime transition(const StepContext& context, const PricedOp& op) {
  const KernelValues& k = context.kernels;
  const Machine& m = context.machine;
  const HcProblem problem{.tokens = static_cast<std::int64_t>(context.shape.tokens),
                          .hidden = context.shape.model.hidden};
  const HcConfig config = pick_config(problem, m.limits());
  constexpr double kUnit = 32;  // channels
  const auto tiles = static_cast<double>(hc_tiles(config, problem.tokens));
  const double blocks = tiles * static_cast<double>(hc_slices(problem.hidden));
  const double units = std::ceil(blocks / m.sms) * context.shape.tokens / tiles * kHcSlice / kUnit;
  OpTime result;
  result.launches = 2;
  result.time = context.overhead(1, k.fixed_hc_ns);
  result.time.add(context.overhead(result.launches - 1, 0));
  result.time[Limit::kLatency] += further_rounds_ns(context, blocks, kHcThreads / 32.0);
  result.time[Limit::kIssue] += units * k.hc_token_cycles / m.clock_ghz;
  // What the sublayer before left, read and written once more: f and the streams.
  const double again = op.cost.read_bytes * 2;
  result.time.add(
      context.stream({.bytes = op.cost.bytes() + again,
                      .l2_bytes = op.cost.bytes() + again + (tiles - 1) * op.cost.weight_bytes}));
  return result;
}

OpTime fused_elsewhere() {
  return {};
}

OpTime with_launches(const StepContext& context, const PricedOp& op, double launches) {
  OpTime result;
  result.launches = launches;
  result.time = context.overhead(launches, fixed_ns(context.kernels, op.op));
  result.time.add(context.stream({.bytes = op.cost.bytes(), .cuda_core_flops = op.cost.flops}));
  return result;
}

// Kernels of which a warp takes a head of a token each.
constexpr double kHeadRowWarps = 4;
double head_rows(const StepContext& context) {
  return context.shape.tokens *
         static_cast<double>(context.shape.layout.heads(context.shape.model).size());
}
double further_head_rounds_ns(const StepContext& context) {
  return further_rounds_ns(context, std::ceil(head_rows(context) / kHeadRowWarps), kHeadRowWarps);
}

// Norm and RoPE of every head. The kernel ends with the slowest SM that has rows: the more of them
// have, up to two rows each, the later that is.
OpTime norm_rope(const StepContext& context, const PricedOp& op) {
  const KernelValues& k = context.kernels;
  const double spread = std::sqrt(std::min(1.0, head_rows(context) / (2 * context.machine.sms)));
  const double last =
      spread * k.fixed_store_ns * context.clock_scale + further_head_rounds_ns(context);
  OpTime result;
  result.launches = 1;
  result.time = context.overhead(1, k.fixed_small_ns);
  const LimitedTime stream =
      context.stream({.bytes = op.cost.bytes(), .cuda_core_flops = op.cost.flops});
  if (last > stream.total()) {
    result.time[Limit::kLatency] += last;
  } else {
    result.time.add(stream);
  }
  return result;
}

// RoPE backwards on every head.
OpTime inverse_rope(const StepContext& context, const PricedOp& op) {
  OpTime result = with_launches(context, op, 1);
  const double rows_of_sm = head_rows(context) / context.machine.sms;
  result.time[Limit::kIssue] +=
      std::max(rows_of_sm * context.kernels.head_row_cycles / context.machine.clock_ghz,
               further_head_rounds_ns(context));
  return result;
}

}  // namespace

std::optional<OpTime> library_op(const StepContext& context, const PricedOp& op) {
  switch (op.op) {
    case Op::kMoeRouted:
      return library_moe(context, op);
    case Op::kMoeShared:  // in the launches of the routed experts
    case Op::kAttnNorm:   // in the transitions
    case Op::kFfnNorm:
    case Op::kAttnHcPost:
    case Op::kFfnHcPost:
    case Op::kFinalNorm:
      return fused_elsewhere();
    case Op::kAttnHcPre:
    case Op::kFfnHcPre:
    case Op::kHcHead:
      return transition(context, op);
    case Op::kSparseMla:
      return library_attention(context, op);
    case Op::kIndexLogits:
      return library_index_logits(context, op);
    case Op::kIndexTopK:
      return library_index_topk(context, op);
    case Op::kSample:  // segments of the vocabulary, and the best of them
    case Op::kEmbed:   // lookup, and spreading over the streams behind the all-reduce
      return with_launches(context, op, 2);
    case Op::kQNormRope:
      return norm_rope(context, op);
    case Op::kOInverseRope:
      return inverse_rope(context, op);
    case Op::kStepInputs:
    case Op::kQNorm:
    case Op::kKvNormRopeStore:
    case Op::kIndexQQuant:
    case Op::kRouterTopK:
      return with_launches(context, op, 1);
    default:
      return library_linear(context, op);
  }
}

}  // namespace dscope::model
