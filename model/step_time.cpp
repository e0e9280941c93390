// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/step_time.h"

#include <algorithm>

namespace dscope::model {
namespace {

LimitedTime& stage(StepTime& step, Stage which) {
  return step.stages[static_cast<std::size_t>(which)];
}

// What passes between the kernels of a step. With a graph: its launch. Without: the host launches
// one kernel after the other, and where that takes longer than the GPU needs, the GPU waits.
void add_idle(StepTime& step, const StepContext& context) {
  const KernelValues& k = context.kernels;
  const double busy = step.total_ns();
  LimitedTime& gap = stage(step, Stage::kGap);
  gap[Limit::kLatency] += k.step_fixed_ns;
  gap[Limit::kHost] += context.shape.tokens * k.step_token_ns;
  if (context.configuration.graph) {
    gap[Limit::kLaunch] += k.graph_launch_ns;
  } else {
    gap[Limit::kHost] += std::max(0.0, step.launches * k.eager_launch_ns - busy);
  }
}

}  // namespace

double StepTime::total_ns() const {
  double sum = 0;
  for (const LimitedTime& part : stages) sum += part.total();
  return sum;
}

StepTime step_time(const StepContext& context) {
  StepTime step;
  step.ops.reserve(context.shape.ops.size());
  for (const PricedOp& op : context.shape.ops) {
    TimedOp timed{op, op_time(context, op)};
    stage(step, info(op.op).stage).add(timed.one.time, op.calls);
    step.launches += op.calls * timed.one.launches;
    step.ops.push_back(timed);
  }
  for (const LayerKind& kind : context.shape.kinds) {
    stage(step, Stage::kUnattributed)[Limit::kUnexplained] +=
        kind.layers * context.kernels.unexplained_layer_ns;
  }
  add_idle(step, context);
  return step;
}

}  // namespace dscope::model
