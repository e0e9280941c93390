// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "model/validation/published.h"
#include "profiler/profile/profile.h"
#include "workloads/op.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// A stage time that was measured; low < high where only a range is known.
struct MeasuredStage {
  Stage stage = Stage::kOther;
  double low_ns = 0;
  double high_ns = 0;
};

// Kernels of an op over its calls in a step, from when the work before them had ended.
struct MeasuredOp {
  Op op = Op::kEmbed;
  double time_ns = 0;
};
[[nodiscard]] std::vector<MeasuredOp> measured_ops(const profile::Measurement& measurement);

// Times that were measured, with the configuration they belong to.
struct Measured {
  std::string source;  // file or row
  Configuration configuration;
  double token_ns = 0;  // between two tokens of a sequence: the step, without speculation
  std::vector<MeasuredStage> stages;
  std::vector<MeasuredOp> ops;  // of kernels that the collector knew the op of; may be empty
};

// The device of the catalogue that a driver's name means ("NVIDIA H200" is h200); empty: none.
[[nodiscard]] std::optional<std::string> device_of_gpu_name(std::string_view name);

// The kernel set that made the times of a document: "dscope" for our CUDA back end, what an
// imported document states in its workload as "kernel_set"; empty: not known.
[[nodiscard]] std::optional<std::string> kernel_set_of(const profile::Profile& document);

// What predict() needs to describe a document's step. `device` names one of the catalogue for
// documents that do not say (or do not know) theirs. Throws Error{kInput} naming `source` and what
// the document lacks: model, layout, batch, context, device, kernel set.
[[nodiscard]] Configuration configuration_of(const profile::Profile& document,
                                             const std::string& source,
                                             const std::optional<std::string>& device = {});

// A stage as a trace has it.
struct TracedStage {
  Stage stage = Stage::kOther;
  double time_ns = 0;  // its kernels alone
};

// Times of kernels by stage in a step of `step_ns` without tracing. A trace stretches the time
// between kernels; where kernels alone take longer than the untraced step, they are scaled down.
[[nodiscard]] std::vector<MeasuredStage> stages_of_step(const std::vector<TracedStage>& traced,
                                                        double step_ns);

// Whether a measured stage can be held against a prediction of the configuration: not the gap, nor
// kernels without a name, nor what stands for collectives in a shard that was run alone.
[[nodiscard]] bool is_predicted(Stage stage, const Configuration& configuration);

// Medians over the steps: the step from the untraced ones where there are any (tracing costs time),
// its stages by stages_of_step(). Throws like configuration_of(), and for a document without steps.
[[nodiscard]] Measured measured(const profile::Profile& document, const std::string& source);

// A usable published row. Throws Error{kUsage} for an unknown device.
[[nodiscard]] Measured measured(const PublishedRow& row, const KernelSet& kernel_set);

}  // namespace dscope::model
