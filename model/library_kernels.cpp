// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/library_kernels.h"

#include "kernels/hyper_connection/hyper_connection_config.h"

namespace dscope::model {
namespace {

// Leaving a sublayer, entering the next and the norm behind: one launch, two for many tokens. The
// op that enters has all of it.
OpTime transition(const StepContext& context, const PricedOp& op) {
  const HcProblem problem{.tokens = static_cast<std::int64_t>(context.shape.tokens),
                          .hidden = context.shape.model.hidden};
  const HcConfig config = pick_config(problem, context.machine.limits());
  OpTime result;
  result.launches = config.fused ? 1 : 2;
  result.time = context.overhead(result.launches, context.kernels.fixed_hc_ns);
  // What the sublayer before left, read and written once more: f and the streams.
  const double again = op.cost.read_bytes * 2;
  result.time.add(
      context.stream({.bytes = op.cost.bytes() + again,
                      .instructions = op.cost.weight_bytes *
                                      static_cast<double>(hc_tiles(config, problem.tokens)) *
                                      context.kernels.bf16_instructions_per_byte}));
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
    case Op::kEmbed:   // lookup, and spreading over the streams behind the all-reduce
    case Op::kSample:  // segments, and the best of them
      return with_launches(context, op, 2);
    case Op::kStepInputs:
    case Op::kQNorm:
    case Op::kQNormRope:
    case Op::kKvNormRopeStore:
    case Op::kIndexQQuant:
    case Op::kIndexTopK:
    case Op::kOInverseRope:
    case Op::kRouterTopK:
      return with_launches(context, op, 1);
    default:
      return library_linear(context, op);
  }
}

}  // namespace dscope::model
