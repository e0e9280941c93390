// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/collective.h"
#include "model/configuration.h"
#include "model/kernel_values.h"
#include "model/limit.h"
#include "model/machine.h"
#include "model/step_shape.h"

#include <cstdint>
#include <optional>

namespace dscope::model {

// Everything that the time of an op depends on, worked out once a prediction.
struct StepContext {
  StepContext(const Configuration& configuration, std::int64_t tokens_per_sequence);

  const Configuration& configuration;
  StepShape shape;
  Machine machine;
  KernelValues kernels;
  Fabric fabric;
  double resident_share = 0;  // of the step's bytes that L2 still holds from the step before
  double capacity = 0;        // tokens of a sequence that kernels are captured for
  double clock_scale = 1;     // of times that were fitted at the kernel set's reference clock

  // Time of so many launches with so much latency inside each.
  [[nodiscard]] LimitedTime overhead(double launches, double fixed_ns) const;
  // Shared memory of a block with the configuration's padding; a block that would not launch with
  // it goes without, as kernels/cuda/extra_shared.h does.
  [[nodiscard]] double padded(double shared_bytes) const;
  // Of a stream whose bytes the step reads once: what L2 kept is taken off.
  [[nodiscard]] LimitedTime stream(StreamWork work) const;
};

// Time of one call of an op.
struct OpTime {
  double launches = 0;
  LimitedTime time;
  // Of the op's main kernel, where the kernel set describes it.
  std::optional<double> blocks_per_sm;
  std::optional<double> waves;
  std::optional<double> bandwidth_gbps;
  bool fits_shared_memory = true;
};

// What the products of an op are made of: which rate and which decoding they take.
enum class OpClass : std::uint8_t { kFp4, kFp8, kBf16, kAttention, kOther };
[[nodiscard]] OpClass op_class(Op op, bool wo_a_bf16);

// Latency inside a kernel of the op, at the reference clock.
[[nodiscard]] double fixed_ns(const KernelValues& kernels, Op op);

// One after the other: the first that knows the op has it.
[[nodiscard]] OpTime collective_op(const StepContext& context, const PricedOp& op);
// Kernels of this library (trait library_launches): launched as their pick_config() decides.
[[nodiscard]] std::optional<OpTime> library_op(const StepContext& context, const PricedOp& op);
// Triton-like kernels (trait program_kernels).
[[nodiscard]] std::optional<OpTime> program_op(const StepContext& context, const PricedOp& op);
// Whatever an op does, by its bytes, FLOPs and launches alone.
[[nodiscard]] OpTime plain_op(const StepContext& context, const PricedOp& op);

[[nodiscard]] OpTime op_time(const StepContext& context, const PricedOp& op);

}  // namespace dscope::model
