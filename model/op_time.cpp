// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/op_time.h"

#include <algorithm>

namespace dscope::model {
namespace {

// L2 from one step to the next. Everything a step touches passes it once; the best replacement
// there could be would keep the share that fits.
double resident_share(double step_bytes, const Machine& m, double hit_share) {
  if (step_bytes <= 0) return 0;
  return std::max(kept_share(step_bytes, m), hit_share * std::min(1.0, m.l2_bytes / step_bytes));
}

double capacity(const Configuration& c, const KernelValues& kernels) {
  const auto context = static_cast<double>(c.context);
  if (c.captured_context) return static_cast<double>(*c.captured_context);
  return std::max(context, kernels.captured_tokens);
}

double clock_scale(const KernelValues& kernels, const Machine& m) {
  return kernels.reference_clock_mhz > 0 ? kernels.reference_clock_mhz / (1000 * m.clock_ghz) : 1;
}

}  // namespace

StepContext::StepContext(const Configuration& c, std::int64_t tokens_per_sequence)
    : configuration(c),
      shape(step_shape(c, tokens_per_sequence)),
      machine(model::machine(c.device, c.power_limit_w)),
      kernels(c.kernel_set),
      fabric(model::fabric(c.interconnect, c.tp)),
      resident_share(model::resident_share(shape.total_bytes(), machine, kernels.l2_hit_share)),
      capacity(model::capacity(c, kernels)),
      clock_scale(model::clock_scale(kernels, machine)) {}

LimitedTime StepContext::overhead(double launches, double latency_ns) const {
  LimitedTime time;
  time[Limit::kLaunch] = launches * kernels.launch_ns;
  time[Limit::kLatency] = launches * latency_ns * clock_scale;
  return time;
}

double StepContext::padded(double shared_bytes) const {
  const double extra = configuration.tiles.extra_shared_bytes.value_or(0);
  return shared_bytes + extra <= machine.shared_per_block ? shared_bytes + extra : shared_bytes;
}

LimitedTime StepContext::stream(StreamWork work) const {
  work.l2_bytes = std::max(work.l2_bytes, work.bytes);
  work.bytes *= 1 - resident_share;
  return stream_time(work, kernels.efficiency, machine);
}

OpClass op_class(Op op, bool wo_a_bf16) {
  switch (op) {
    case Op::kMoeRouted:
      return OpClass::kFp4;
    case Op::kQkvDown:
    case Op::kQUp:
    case Op::kWoB:
    case Op::kIndexQ:
    case Op::kMoeShared:
      return OpClass::kFp8;
    case Op::kWoA:
      return wo_a_bf16 ? OpClass::kBf16 : OpClass::kFp8;
    case Op::kAttnHcPre:
    case Op::kFfnHcPre:
    case Op::kHcHead:
    case Op::kIndexCompressor:
    case Op::kCompressor:
    case Op::kIndexWeights:
    case Op::kRouterGate:
    case Op::kLmHead:
      return OpClass::kBf16;
    case Op::kSparseMla:
    case Op::kIndexLogits:
      return OpClass::kAttention;
    default:
      return OpClass::kOther;
  }
}

double fixed_ns(const KernelValues& k, Op op) {
  switch (op) {
    case Op::kMoeRouted:
      return k.fixed_moe_ns;
    case Op::kSparseMla:
      return k.fixed_attention_ns;
    case Op::kAttnHcPre:
    case Op::kAttnHcPost:
    case Op::kFfnHcPre:
    case Op::kFfnHcPost:
    case Op::kHcHead:
      return k.fixed_hc_ns;
    case Op::kIndexCompressor:
    case Op::kCompressor:
      return k.fixed_compressor_ns;
    case Op::kIndexLogits:
      return k.fixed_index_logits_ns;
    case Op::kIndexTopK:
      return k.fixed_topk_ns;
    case Op::kRouterTopK:
      return k.fixed_router_ns;
    case Op::kSample:
      return k.fixed_sample_ns;
    case Op::kQNormRope:
    case Op::kKvNormRopeStore:
    case Op::kIndexQQuant:
      return k.fixed_small_ns + k.fixed_store_ns;
    case Op::kQkvDown:
    case Op::kQUp:
    case Op::kWoA:
    case Op::kWoB:
    case Op::kIndexQ:
    case Op::kIndexWeights:
    case Op::kRouterGate:
    case Op::kMoeShared:
    case Op::kLmHead:
      return k.fixed_linear_ns;
    default:
      return k.fixed_small_ns;
  }
}

OpTime collective_op(const StepContext& context, const PricedOp& op) {
  const Configuration& c = context.configuration;
  OpTime result;
  if (!c.collectives) return result;
  const CollectiveTime time =
      op.op == Op::kLogitsAllGather
          ? all_gather_time(op.cost.wire_bytes, context.fabric, context.kernels, c.all_reduce)
          : all_reduce_time(op.cost.wire_bytes, context.fabric, context.kernels, c.all_reduce);
  result.launches = time.kernels;
  result.time = time.time;
  result.time.add(context.overhead(1, 0));
  result.time.add(context.overhead(time.kernels - 1, context.kernels.fixed_small_ns));
  result.time[Limit::kUnexplained] += context.kernels.unexplained_collective_ns;
  return result;
}

OpTime plain_op(const StepContext& context, const PricedOp& op) {
  const KernelValues& k = context.kernels;
  const OpClass kind = op_class(op.op, context.configuration.wo_a_bf16);
  OpTime result;
  result.launches = k.launches[static_cast<std::size_t>(op.op)];
  result.time = context.overhead(result.launches, fixed_ns(k, op.op));
  StreamWork work{.bytes = op.cost.bytes(), .fp8_tensor = kind != OpClass::kBf16};
  (kind == OpClass::kOther ? work.cuda_core_flops : work.tensor_flops) = op.cost.flops;
  result.time.add(context.stream(work));
  return result;
}

OpTime op_time(const StepContext& context, const PricedOp& op) {
  if (info(op.op).stage == Stage::kNccl) return collective_op(context, op);
  if (context.kernels.library_launches) {
    if (const auto time = library_op(context, op)) return *time;
  }
  if (context.kernels.program_kernels) {
    if (const auto time = program_op(context, op)) return *time;
  }
  return plain_op(context, op);
}

}  // namespace dscope::model
