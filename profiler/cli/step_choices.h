// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/decoder.h"
#include "profiler/cli/id_recorder.h"
#include "profiler/cli/int_tensor.h"
#include "workloads/model_config.h"
#include "workloads/routing/generator.h"
#include "workloads/routing/recorded.h"
#include "workloads/routing/routing_spec.h"
#include "workloads/routing/statistics.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dscope::cli {

inline constexpr const char* kRoutingTensor = "routed_experts";  // [.., .., layers, k]
inline constexpr const char* kSelectionTensor =
    "index_selection";  // [.., .., ratio-4 layers, topk]

struct ChoiceOptions {
  routing::RoutingSpec routing;
  std::optional<std::string> selection_file;  // FILE[:TENSOR]; empty: the indexer decides
  std::optional<std::filesystem::path> record_routing;
  std::optional<std::filesystem::path> record_selection;
  // The run feeds whole sequences from their first token on, so recordings go by position.
  bool whole_sequences = false;
  std::uint64_t seed = 0;
};

// The two discrete choices of a run: where expert ids and index selections come from, what is
// written down, and what the costs need to know of them. A ratio-4 layer's place among the ratio-4
// layers is its place in a recorded selection.
class StepChoices {
 public:
  // `model` with the layers that are decoded. Throws Error{kInput} for recordings that do not fit.
  StepChoices(const ModelConfig& model, std::int64_t max_batch, const ChoiceOptions& options);
  StepChoices(const StepChoices&) = delete;
  StepChoices& operator=(const StepChoices&) = delete;

  // Call before every step, outside of its time; `hooks()` then serves that step.
  void begin_step(std::int64_t step, std::span<const StepToken> tokens);
  [[nodiscard]] const StepHooks& hooks() const { return hooks_; }

  // The ids [T, k] of the last step by layer, as the router or the recording chose them.
  [[nodiscard]] const std::vector<std::vector<std::int32_t>>& routed() const { return routed_; }
  [[nodiscard]] const routing::RoutingStatistics& statistics() const { return statistics_; }

  // Writes the recordings that were asked for.
  void write_recordings() const;

 private:
  // A recording that forces ids, with the data it refers to.
  struct Recording {
    IntTensor tensor;
    std::unique_ptr<routing::RecordedIds> ids;
  };
  [[nodiscard]] Recording open_recording(const std::string& file, const char* tensor,
                                         const routing::RecordedBounds& bounds,
                                         std::int64_t max_batch) const;
  [[nodiscard]] std::span<const std::int32_t> recorded(const Recording& recording, std::int64_t t,
                                                       std::int64_t layer) const;
  void record(IdRecorder& recorder, std::int64_t layer, std::span<const std::int32_t> ids) const;
  void force_routing_from(const ChoiceOptions& options, std::int64_t max_batch);
  void force_selection_from(const std::string& file, std::int64_t max_batch);
  void observe(const ChoiceOptions& options, std::int64_t max_batch);

  ModelConfig model_;
  bool whole_sequences_;
  std::vector<std::int64_t> index_layer_;  // [layers]: place among the ratio-4 layers
  std::unique_ptr<routing::RoutingGenerator> generator_;
  // [T, layers, k] of this step by the generator: drawn before the step, which must not take longer
  // for being told what to do.
  std::vector<std::int32_t> drawn_;
  Recording routing_;
  Recording selection_;
  std::optional<IdRecorder> routing_recorder_;
  std::optional<IdRecorder> selection_recorder_;
  routing::RoutingStatistics statistics_;
  std::vector<std::vector<std::int32_t>> routed_;  // [layers][T * k]
  std::int64_t step_ = 0;
  std::vector<StepToken> tokens_;
  StepHooks hooks_;
};

}  // namespace dscope::cli
