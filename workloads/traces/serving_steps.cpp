// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/serving_steps.h"

#include "workloads/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace dscope::traces {

ServingSteps::ServingSteps(std::unique_ptr<RequestReader> reader, const ServingOptions& options)
    : reader_(std::move(reader)), options_(options) {
  DSCOPE_REQUIRE(reader_ != nullptr, "expected a request reader, got none");
  if (options.max_batch < 1 || options.max_batch > 65536) {
    throw usage_error("max batch: expected 1 to 65536, got {}", options.max_batch);
  }
  if (options.max_context < 0) {
    throw usage_error("max context: expected tokens, or 0 for no limit, got {}",
                      options.max_context);
  }
  const bool needs_time = options.arrivals == Arrivals::kOpenLoop;
  if (!std::isfinite(options.step_time_s) || options.step_time_s < 0 ||
      (needs_time && options.step_time_s == 0)) {
    throw usage_error("step time: expected seconds {} 0, got {}", needs_time ? "above" : "from",
                      options.step_time_s);
  }
  slots_.resize(static_cast<std::size_t>(options.max_batch));
}

bool ServingSteps::next(StepShape& step) {
  if (running_ == 0) {
    if (!fetch()) return false;
    const double arrival_s = waiting_->request.arrival_s;
    if (options_.arrivals == Arrivals::kOpenLoop && arrival_s > clock_s()) {
      jump_s_ = arrival_s;
      steps_since_jump_ = 0;
    }
  }
  admit();

  step.time_s = clock_s();
  step.sequences.clear();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.steps_left == 0) continue;
    step.sequences.push_back(
        {static_cast<std::int64_t>(i), slot.context, slot.request, slot.admitted});
    contexts_.add(slot.context);
    slot.admitted = false;
    ++slot.context;
    if (--slot.steps_left == 0) {
      ++counts_.finished;
      --running_;
    }
  }
  const auto batch = static_cast<std::int64_t>(step.sequences.size());
  ++counts_.steps;
  counts_.tokens += batch;
  counts_.max_batch = std::max(counts_.max_batch, batch);
  ++steps_since_jump_;
  return true;
}

void ServingSteps::admit() {
  for (std::size_t i = 0; i < slots_.size() && running_ < options_.max_batch; ++i) {
    Slot& slot = slots_[i];
    if (slot.steps_left > 0) continue;
    if (!fetch()) return;
    const Request& request = waiting_->request;
    if (options_.arrivals == Arrivals::kOpenLoop && request.arrival_s > clock_s()) return;
    slot = {waiting_->index, request.input_tokens + 1, request.output_tokens - 1, true};
    waiting_.reset();
    ++counts_.started;
    ++running_;
  }
}

bool ServingSteps::fetch() {
  Request request;
  while (!waiting_ && !at_end_) {
    if (!reader_->next(request)) {
      at_end_ = true;
      break;
    }
    const std::int64_t index = counts_.requests++;
    if (index > 0 && request.arrival_s < last_arrival_s_) ++counts_.out_of_order;
    last_arrival_s_ = request.arrival_s;
    if (!skip(request)) waiting_ = Waiting{request, index};
  }
  return waiting_.has_value();
}

bool ServingSteps::skip(const Request& request) {
  if (request.output_tokens <= 1) {
    ++counts_.skipped_prefill_only;
  } else if (request.input_tokens < 1) {
    ++counts_.skipped_empty_prompt;
  } else if (options_.max_context > 0 &&
             request.input_tokens + request.output_tokens - 1 > options_.max_context) {
    ++counts_.skipped_too_long;
  } else {
    return false;
  }
  return true;
}

double ServingSteps::clock_s() const {
  return jump_s_ + static_cast<double>(steps_since_jump_) * options_.step_time_s;
}

ServingSummary ServingSteps::summary() const {
  ServingSummary summary = counts_;
  summary.bad_rows = reader_->bad_rows().count;
  if (summary.steps > 0) {
    summary.mean_batch = static_cast<double>(summary.tokens) / static_cast<double>(summary.steps);
  }
  summary.duration_s = clock_s();
  summary.context = contexts_.distribution();
  return summary;
}

void to_json(nlohmann::json& json, const ServingSummary& s) {
  json = {{"requests", s.requests},
          {"started", s.started},
          {"finished", s.finished},
          {"skipped_prefill_only", s.skipped_prefill_only},
          {"skipped_empty_prompt", s.skipped_empty_prompt},
          {"skipped_too_long", s.skipped_too_long},
          {"out_of_order", s.out_of_order},
          {"bad_rows", s.bad_rows},
          {"steps", s.steps},
          {"tokens", s.tokens},
          {"max_batch", s.max_batch},
          {"mean_batch", s.mean_batch},
          {"duration_s", s.duration_s},
          {"context", s.context}};
}

}  // namespace dscope::traces
