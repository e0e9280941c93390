// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/step_choices.h"

#include "workloads/base/error.h"

#include <algorithm>
#include <array>

namespace dscope::cli {

using routing::PastEnd;
using routing::RecordedAxes;
using routing::RecordedBounds;
using routing::RecordedIds;
using routing::RoutingKind;

StepChoices::StepChoices(const ModelConfig& model, std::int64_t max_batch,
                         const ChoiceOptions& options)
    : model_(model),
      whole_sequences_(options.whole_sequences),
      statistics_(model.layers, model.experts),
      routed_(static_cast<std::size_t>(model.layers)) {
  std::int64_t ratio4_layers = 0;
  for (const int ratio : model.compress_ratios) {
    index_layer_.push_back(ratio4_layers);
    if (ratio == 4) ++ratio4_layers;
  }
  force_routing_from(options, max_batch);
  if (options.selection_file) force_selection_from(*options.selection_file, max_batch);
  observe(options, max_batch);
}

StepChoices::Recording StepChoices::open_recording(const std::string& file, const char* tensor,
                                                   const RecordedBounds& bounds,
                                                   std::int64_t max_batch) const {
  Recording recording;
  recording.tensor = read_int_tensor(file, tensor);
  const std::vector<std::int64_t>& shape = recording.tensor.shape;
  if (shape.size() != 4) {
    throw input_error("{}: expected 4 dimensions [sequences, positions, {}, {}], found {}",
                      recording.tensor.source, bounds.layers, bounds.per_token, shape.size());
  }
  // Files of ours say what their axes are. Others are taken as [sequences, positions, ...] where
  // the run has such sequences, else as [steps, tokens, ...].
  const bool by_sequence = recording.tensor.axes.empty()
                               ? whole_sequences_ && shape[0] == max_batch
                               : recording.tensor.axes.starts_with("sequence");
  // A recording of whole sequences answers for their positions only; one of steps is a sample of a
  // workload, and a longer run repeats it.
  recording.ids = std::make_unique<RecordedIds>(
      recording.tensor.values, std::array{shape[0], shape[1], shape[2], shape[3]},
      by_sequence ? RecordedAxes::kSequenceToken : RecordedAxes::kStepToken,
      whole_sequences_ ? PastEnd::kError : PastEnd::kWrap, bounds, recording.tensor.source);
  return recording;
}

std::span<const std::int32_t> StepChoices::recorded(const Recording& recording, std::int64_t t,
                                                    std::int64_t layer) const {
  if (recording.ids->axes() == RecordedAxes::kStepToken) return recording.ids->ids(step_, t, layer);
  return recording.ids->ids(tokens_[t].slot, tokens_[t].position, layer);
}

void StepChoices::force_routing_from(const ChoiceOptions& options, std::int64_t max_batch) {
  if (options.routing.kind == RoutingKind::kModel) return;
  if (options.routing.kind == RoutingKind::kRecorded) {
    routing_ = open_recording(
        options.routing.file, kRoutingTensor,
        {.layers = model_.layers, .per_token = model_.experts_per_token, .limit = model_.experts},
        max_batch);
    hooks_.force_routing = [this](std::int64_t t, std::int64_t layer, std::span<std::int32_t> ids) {
      std::ranges::copy(recorded(routing_, t, layer), ids.begin());
      return true;
    };
    return;
  }
  generator_ = std::make_unique<routing::RoutingGenerator>(
      options.routing,
      routing::RoutingShape{model_.layers, model_.experts, model_.experts_per_token}, options.seed);
  hooks_.force_routing = [this](std::int64_t t, std::int64_t layer, std::span<std::int32_t> ids) {
    const std::size_t at = static_cast<std::size_t>(t * model_.layers + layer) * ids.size();
    std::ranges::copy(std::span(drawn_).subspan(at, ids.size()), ids.begin());
    return true;
  };
}

void StepChoices::force_selection_from(const std::string& file, std::int64_t max_batch) {
  selection_ = open_recording(file, kSelectionTensor,
                              {.layers = model_.layers_with_ratio(4),
                               .per_token = model_.index_topk,
                               .limit = model_.max_position / 4},
                              max_batch);
  hooks_.force_selection = [this](std::int64_t t, std::int64_t layer,
                                  std::span<std::int32_t> entries) {
    std::ranges::copy(recorded(selection_, t, index_layer_[layer]), entries.begin());
    return true;
  };
}

void StepChoices::observe(const ChoiceOptions& options, std::int64_t max_batch) {
  const RecordedAxes axes =
      whole_sequences_ ? RecordedAxes::kSequenceToken : RecordedAxes::kStepToken;
  if (options.record_routing) {
    routing_recorder_.emplace(*options.record_routing, kRoutingTensor, axes, max_batch,
                              model_.layers, model_.experts_per_token);
  }
  hooks_.on_routing = [this](std::int64_t layer, std::span<const std::int32_t> ids) {
    routed_[layer].assign(ids.begin(), ids.end());
    statistics_.add(layer, ids);
    if (routing_recorder_) record(*routing_recorder_, layer, ids);
  };
  if (!options.record_selection) return;
  selection_recorder_.emplace(*options.record_selection, kSelectionTensor, axes, max_batch,
                              model_.layers_with_ratio(4), model_.index_topk);
  hooks_.on_selection = [this](std::int64_t layer, std::span<const std::int32_t> entries) {
    record(*selection_recorder_, index_layer_[layer], entries);
  };
}

void StepChoices::begin_step(std::int64_t step, std::span<const StepToken> tokens) {
  step_ = step;
  tokens_.assign(tokens.begin(), tokens.end());
  if (!generator_) return;
  const auto k = static_cast<std::size_t>(model_.experts_per_token);
  drawn_.resize(tokens.size() * static_cast<std::size_t>(model_.layers) * k);
  std::span<std::int32_t> left(drawn_);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    for (std::int64_t layer = 0; layer < model_.layers; ++layer, left = left.subspan(k)) {
      generator_->pick(step, static_cast<std::int64_t>(t), layer, left.first(k));
    }
  }
}

void StepChoices::record(IdRecorder& recorder, std::int64_t layer,
                         std::span<const std::int32_t> ids) const {
  const std::size_t per_token = ids.size() / tokens_.size();
  for (std::size_t t = 0; t < tokens_.size(); ++t) {
    const auto row = static_cast<std::int64_t>(t);
    recorder.add(whole_sequences_ ? tokens_[t].slot : row,
                 whole_sequences_ ? tokens_[t].position : step_, layer,
                 ids.subspan(t * per_token, per_token));
  }
}

void StepChoices::write_recordings() const {
  if (routing_recorder_) routing_recorder_->write();
  if (selection_recorder_) selection_recorder_->write();
}

}  // namespace dscope::cli
