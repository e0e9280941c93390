// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/decode_loop.h"

#include "kernels/common/stage_range.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace dscope::cli {
namespace {

DecoderOptions decoder_options(const RunPlan& plan) {
  return {.numerics = plan.workload.numerics,
          .layout = plan.layout,
          .layers = plan.workload.layers,
          .max_batch = plan.workload.batch,
          .max_context = plan.max_context,
          .seed = plan.workload.seed};
}

// Refuses caches that would not fit before allocating them.
std::unique_ptr<Decoder> make_decoder(RunPlan& plan, Communicator& comm) {
  const DecoderOptions options = decoder_options(plan);
  const std::int64_t needed = cpu_cache_bytes(plan.workload.model, options);
  const std::int64_t memory = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
  if (needed > memory / 10 * 8) {
    const std::int64_t per_token =
        std::max<std::int64_t>(1, needed / (options.max_batch * options.max_context));
    throw usage_error(
        "caches of {} sequences of {} tokens need {}, this machine has {}: about {} tokens in all "
        "would fit (fewer sequences, a shorter context, --layers, or another --numerics)",
        options.max_batch, options.max_context, format_bytes(static_cast<double>(needed)),
        format_bytes(static_cast<double>(memory)), memory / 10 * 8 / per_token);
  }
  return make_cpu_decoder(*plan.weights, comm, options);
}

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

std::unique_ptr<TokenFeed> make_feed(RunPlan& plan, double temperature) {
  const std::int64_t vocab = plan.workload.model.vocab;
  if (plan.input_ids) return make_forced_feed(std::move(*plan.input_ids), vocab);
  return make_free_feed(plan.workload.batch, vocab, temperature, plan.workload.seed);
}

// Every rank of a group computes the same results; one of them writes files.
bool writes_files(const Communicator& comm) {
  return comm.rank() == 0 || comm.name() == "none";
}

}  // namespace

DecodeLoop::DecodeLoop(RunPlan& plan, Communicator& comm, const RunOptions& options)
    : plan_(plan),
      decoder_(make_decoder(plan, comm)),
      choices_(plan.workload.decoded_model(), plan.workload.batch,
               choice_options(plan, options, writes_files(comm))),
      summary_(plan),
      warmup_(options.warmup) {
  if (options.dump_logits && writes_files(comm)) {
    dump_.emplace(*options.dump_logits, plan.workload.batch, plan.workload.model.vocab);
  }
  feed_ = make_feed(plan, options.temperature.value_or(0));
}

void DecodeLoop::book_last_step() {
  if (!pending_) return;
  pending_ = false;
  if (dump_) dump_->add(logits_);
  if (steps_prepared_ > warmup_) summary_.add(shape_, choices_);
}

std::optional<collect::StepInfo> DecodeLoop::prepare() {
  book_last_step();
  if (plan_.total_steps > 0 && steps_prepared_ == plan_.total_steps) return std::nullopt;
  if (!plan_.steps->next(shape_)) return std::nullopt;
  tokens_ = feed_->tokens(shape_);
  std::int64_t max_context = 0;
  for (const StepSequence& s : shape_.sequences) {
    if (s.admitted) decoder_->start_sequence(s.slot, s.context - 1);
    max_context = std::max(max_context, s.context);
  }
  choices_.begin_step(steps_prepared_++, tokens_);
  logits_.resize(tokens_.size() * static_cast<std::size_t>(plan_.workload.model.vocab));
  const auto batch = static_cast<std::int64_t>(tokens_.size());
  return collect::StepInfo{batch, batch, max_context};
}

void DecodeLoop::run(RangeSink& sink) {
  decoder_->step(tokens_, choices_.hooks(), &sink, logits_);
  const StageRange range(&sink, Op::kSample);
  feed_->sample(shape_, logits_);
  pending_ = true;
}

void DecodeLoop::finish() {
  book_last_step();
  if (dump_) dump_->write();
  choices_.write_recordings();
}

}  // namespace dscope::cli
