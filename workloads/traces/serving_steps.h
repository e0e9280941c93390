// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/step_source.h"
#include "workloads/traces/count_histogram.h"
#include "workloads/traces/request_reader.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace dscope::traces {

enum class Arrivals {
  kOpenLoop,    // requests come when the trace says, whether or not the server keeps up
  kClosedLoop,  // arrivals are ignored: the batch is as full as the trace allows
};

struct ServingOptions {
  std::int64_t max_batch = 1;  // 1 .. 65536 sequences decoded together
  // Largest S a request may reach; longer requests are skipped. 0: no limit.
  std::int64_t max_context = 0;
  double step_time_s = 0;  // how long a step takes on the trace's clock; open loop: above 0
  Arrivals arrivals = Arrivals::kOpenLoop;
};

// What a workload was made of, as far as it has been produced.
struct ServingSummary {
  std::int64_t requests = 0;  // read from the trace; bad rows are not requests
  std::int64_t started = 0;
  std::int64_t finished = 0;
  // Skipped requests, each counted under the first reason that applies:
  std::int64_t skipped_prefill_only = 0;  // at most one output token: nothing to decode
  std::int64_t skipped_empty_prompt = 0;  // no input token
  std::int64_t skipped_too_long = 0;      // would exceed max_context
  std::int64_t out_of_order = 0;          // arrive earlier than their predecessor in the trace
  std::int64_t bad_rows = 0;
  std::int64_t steps = 0;
  std::int64_t tokens = 0;     // decode tokens: the sum of the batches
  std::int64_t max_batch = 0;  // largest batch that occurred
  double mean_batch = 0;
  double duration_s = 0;  // from the trace's origin to the end of the last step
  Distribution context;   // S, over all sequences of all steps
};
void to_json(nlohmann::json& json, const ServingSummary& summary);

// The decode steps of a server with continuous batching that works off a request trace.
//
// A request of n output tokens takes n-1 decode steps: its prefill happens elsewhere, free of
// charge and of delay, and yields the first output token. Decode step i = 1 .. n-1 feeds output
// token i and yields token i+1, so S = input + i: the first step has S = input_tokens + 1, the last
// one S = input_tokens + n - 1.
//
// Requests are served in the order of the trace (first come, first served; a request that arrives
// earlier than its predecessor queues behind it and is counted). Before each step, free slots are
// filled, lowest first, with the next requests that arrived at or before the beginning of the step;
// all of them with kClosedLoop. A request keeps its slot until its last step. The clock begins at 0
// and advances by step_time_s per step; when nothing is running it jumps to the next arrival.
//
// StepSequence::request counts the requests of the trace from 0, skipped ones included.
//
// Memory depends on max_batch alone: one request is held ready, and those that wait behind it stay
// in the reader until there is room for them.
class ServingSteps final : public StepSource {
 public:
  // Throws Error{kUsage} that names the option.
  ServingSteps(std::unique_ptr<RequestReader> reader, const ServingOptions& options);

  // Throws what the reader throws.
  bool next(StepShape& step) override;
  [[nodiscard]] std::int64_t max_batch() const override { return options_.max_batch; }
  [[nodiscard]] std::int64_t max_context() const override { return options_.max_context; }

  [[nodiscard]] ServingSummary summary() const;
  [[nodiscard]] const BadRows& bad_rows() const { return reader_->bad_rows(); }

 private:
  struct Slot {
    std::int64_t request = 0;
    std::int64_t context = 0;     // S of the next step
    std::int64_t steps_left = 0;  // 0: the slot is free
    bool admitted = false;        // the next step is the first
  };
  struct Waiting {
    Request request;
    std::int64_t index = 0;
  };

  bool fetch();  // makes sure that waiting_ holds the next request to serve; false at the end
  bool skip(const Request& request);  // true, and counted, when the request is not served
  void admit();
  [[nodiscard]] double clock_s() const;

  std::unique_ptr<RequestReader> reader_;
  ServingOptions options_;
  std::vector<Slot> slots_;  // [max_batch]
  std::optional<Waiting> waiting_;
  bool at_end_ = false;
  std::int64_t running_ = 0;
  // The clock counts whole steps from the last jump, so that rounding errors do not add up.
  double jump_s_ = 0;
  std::int64_t steps_since_jump_ = 0;
  double last_arrival_s_ = 0;
  ServingSummary counts_;
  CountHistogram contexts_;
};

}  // namespace dscope::traces
