// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/decode_loop.h"

#include "workloads/base/error.h"

#include <algorithm>
#include <utility>

namespace dscope::cli {
namespace {

ChoiceOptions choice_options(const RunPlan& plan, const RunOptions& options, bool writes) {
  ChoiceOptions choices;
  choices.routing = routing::parse_routing_spec(plan.workload.routing);
  constexpr std::string_view kRecorded = "recorded:";
  const std::string& selection = plan.workload.selection;
  if (selection.starts_with(kRecorded)) {
    choices.selection_file = selection.substr(kRecorded.size());
  } else if (selection != "model") {
    throw usage_error("selection: expected model or recorded:FILE, got \"{}\"", selection);
  }
  if (writes) {
    choices.record_routing = options.record_routing;
    choices.record_selection = options.record_selection;
  }
  choices.whole_sequences = plan.whole_sequences();
  choices.seed = plan.workload.seed;
  return choices;
}

std::unique_ptr<TokenFeed> make_feed(RunPlan& plan) {
  const std::int64_t vocab = plan.workload.model.vocab;
  if (plan.input_ids) return make_forced_feed(std::move(*plan.input_ids), vocab);
  return make_free_feed(plan.workload.batch, vocab, plan.workload.seed);
}

}  // namespace

DecodeLoop::DecodeLoop(RunPlan& plan, Decoder& decoder, const RunOptions& options,
                       bool writes_files)
    : plan_(plan),
      decoder_(decoder),
      choices_(plan.workload.decoded_model(), plan.workload.batch,
               choice_options(plan, options, writes_files)),
      summary_(plan),
      warmup_(options.warmup) {
  if (options.dump_logits && writes_files) {
    dump_.emplace(*options.dump_logits, plan.workload.batch, plan.workload.model.vocab);
  }
  feed_ = make_feed(plan);
}

void DecodeLoop::book_last_step() {
  if (!pending_) return;
  pending_ = false;
  if (dump_) dump_->add(logits_);
  if (steps_prepared_ > warmup_) summary_.add(shape_, choices_);
}

std::optional<collect::StepInfo> DecodeLoop::prepare(RangeSink& sink) {
  book_last_step();
  if (plan_.total_steps > 0 && steps_prepared_ == plan_.total_steps) return std::nullopt;
  if (!plan_.steps->next(shape_)) return std::nullopt;
  tokens_ = feed_->tokens(shape_);
  std::int64_t max_context = 0;
  for (const StepSequence& s : shape_.sequences) {
    if (s.admitted) decoder_.start_sequence(s.slot, s.context - 1);
    max_context = std::max(max_context, s.context);
  }
  choices_.begin_step(steps_prepared_++, tokens_);
  if (dump_) logits_.resize(tokens_.size() * static_cast<std::size_t>(plan_.workload.model.vocab));
  if (feed_->wants_next()) next_.resize(tokens_.size());
  const auto batch = static_cast<std::int64_t>(tokens_.size());
  decoder_.prepare(batch, &sink);
  return collect::StepInfo{batch, batch, max_context};
}

void DecodeLoop::run(RangeSink& sink) {
  decoder_.step(tokens_, choices_.hooks(), &sink, {logits_, next_});
  feed_->take(shape_, next_);
  pending_ = true;
}

void DecodeLoop::finish() {
  book_last_step();
  if (dump_) dump_->write();
  choices_.write_recordings();
}

}  // namespace dscope::cli
