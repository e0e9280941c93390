// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/serving_steps.h"

#include "tests/workloads/traces/reader_support.h"
#include "workloads/base/error.h"
#include "workloads/traces/open_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <ostream>
#include <set>
#include <string>

namespace dscope::traces {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A StepSequence that compares and prints.
struct Seq {
  std::int64_t slot;
  std::int64_t context;
  std::int64_t request;
  bool admitted;
  friend bool operator==(const Seq&, const Seq&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seq& s) {
    return out << "{slot " << s.slot << ", S " << s.context << ", request " << s.request
               << (s.admitted ? ", admitted}" : "}");
  }
};

std::vector<Seq> seqs(const StepShape& step) {
  std::vector<Seq> out;
  for (const StepSequence& s : step.sequences) {
    out.push_back({s.slot, s.context, s.request, s.admitted});
  }
  return out;
}

ServingSteps serve(std::vector<Request> requests, const ServingOptions& options) {
  return {std::make_unique<ListReader>(std::move(requests)), options};
}

std::vector<StepShape> all_steps(ServingSteps& source) {
  std::vector<StepShape> steps;
  StepShape step;
  while (source.next(step)) steps.push_back(step);
  return steps;
}

const std::vector<Request> kFour{{0, 10, 3, 1}, {0.5, 20, 4, 2}, {0.6, 30, 2, 3}, {10, 5, 2, 4}};

TEST(ServingSteps, OpenLoopByHand) {
  ServingSteps source = serve(kFour, {.max_batch = 2, .max_context = 0, .step_time_s = 1});
  const auto steps = all_steps(source);
  ASSERT_EQ(steps.size(), 5u);
  EXPECT_THAT(seqs(steps[0]), ElementsAre(Seq{0, 11, 0, true}));
  EXPECT_THAT(seqs(steps[1]), ElementsAre(Seq{0, 12, 0, false}, Seq{1, 21, 1, true}));
  EXPECT_THAT(seqs(steps[2]), ElementsAre(Seq{0, 31, 2, true}, Seq{1, 22, 1, false}));
  EXPECT_THAT(seqs(steps[3]), ElementsAre(Seq{1, 23, 1, false}));
  EXPECT_THAT(seqs(steps[4]), ElementsAre(Seq{0, 6, 3, true}));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_DOUBLE_EQ(steps[i].time_s, static_cast<double>(i));
  EXPECT_DOUBLE_EQ(steps[4].time_s, 10);  // nothing ran: the clock jumped

  const ServingSummary s = source.summary();
  EXPECT_EQ(s.requests, 4);
  EXPECT_EQ(s.started, 4);
  EXPECT_EQ(s.finished, 4);
  EXPECT_EQ(s.steps, 5);
  EXPECT_EQ(s.tokens, 7);  // 2 + 3 + 1 + 1
  EXPECT_EQ(s.max_batch, 2);
  EXPECT_DOUBLE_EQ(s.mean_batch, 1.4);
  EXPECT_DOUBLE_EQ(s.duration_s, 11);
  EXPECT_EQ(s.context.count, 7);
  EXPECT_EQ(s.context.max, 31);
  EXPECT_EQ(s.context.p50, 21);  // 6 11 12 21 22 23 31
  EXPECT_DOUBLE_EQ(s.context.mean, 18);
}

TEST(ServingSteps, ClosedLoopByHand) {
  ServingSteps source = serve(kFour, {.max_batch = 2, .arrivals = Arrivals::kClosedLoop});
  const auto steps = all_steps(source);
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_THAT(seqs(steps[0]), ElementsAre(Seq{0, 11, 0, true}, Seq{1, 21, 1, true}));
  EXPECT_THAT(seqs(steps[1]), ElementsAre(Seq{0, 12, 0, false}, Seq{1, 22, 1, false}));
  EXPECT_THAT(seqs(steps[2]), ElementsAre(Seq{0, 31, 2, true}, Seq{1, 23, 1, false}));
  EXPECT_THAT(seqs(steps[3]), ElementsAre(Seq{0, 6, 3, true}));
  EXPECT_EQ(steps[3].time_s, 0);
}

TEST(ServingSteps, ARequestJoinsAtTheFirstStepThatStartsAtOrAfterItsArrival) {
  ServingSteps source =
      serve({{0, 1, 4, 1}, {1, 1, 2, 2}, {1.01, 1, 2, 3}}, {.max_batch = 3, .step_time_s = 1});
  const auto steps = all_steps(source);
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_THAT(seqs(steps[1]), ElementsAre(Seq{0, 3, 0, false}, Seq{1, 2, 1, true}));
  EXPECT_THAT(seqs(steps[2]), ElementsAre(Seq{0, 4, 0, false}, Seq{1, 2, 2, true}));
}

TEST(ServingSteps, ServesInTraceOrderEvenWhenTimesAreNot) {
  ServingSteps source = serve({{5, 1, 2, 1}, {2, 2, 2, 2}, {3, 3, 2, 3}, {-1, 4, 2, 4}},
                              {.max_batch = 1, .step_time_s = 1});
  const auto steps = all_steps(source);
  ASSERT_EQ(steps.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(steps[i].sequences[0].request, static_cast<std::int64_t>(i));
    EXPECT_DOUBLE_EQ(steps[i].time_s, 5.0 + static_cast<double>(i));
  }
  EXPECT_EQ(source.summary().out_of_order, 2);
}

TEST(ServingSteps, ATimeBeforeTheOriginCountsAsZero) {
  ServingSteps source = serve({{-3, 1, 2, 1}}, {.step_time_s = 1});
  EXPECT_DOUBLE_EQ(all_steps(source).at(0).time_s, 0);
}

TEST(ServingSteps, SkipsAndCountsByReason) {
  // S reaches input + output - 1: 100 + 29 - 1 = 128 fits, one more does not.
  ServingSteps source = serve({{0, 100, 30, 1},
                               {0, 100, 29, 2},
                               {0, 5, 1, 3},
                               {0, 5, 0, 4},
                               {0, 0, 9, 5},
                               {0, 0, 1, 6},
                               {0, 3, 2, 7}},
                              {.max_batch = 8, .max_context = 128, .step_time_s = 1});
  const auto steps = all_steps(source);
  EXPECT_EQ(steps.size(), 28u);
  EXPECT_THAT(seqs(steps[0]), ElementsAre(Seq{0, 101, 1, true}, Seq{1, 4, 6, true}));
  EXPECT_EQ(steps.back().sequences[0].context, 128);
  const ServingSummary s = source.summary();
  EXPECT_EQ(s.requests, 7);
  EXPECT_EQ(s.started, 2);
  EXPECT_EQ(s.skipped_too_long, 1);
  EXPECT_EQ(s.skipped_prefill_only, 3);
  EXPECT_EQ(s.skipped_empty_prompt, 1);
  EXPECT_EQ(s.out_of_order, 0);  // equal times are in order
  EXPECT_EQ(source.max_context(), 128);
  EXPECT_EQ(source.max_batch(), 8);
}

TEST(ServingSteps, TheEndLeavesTheStepUnchanged) {
  ServingSteps source = serve({{0, 10, 2, 1}}, {.step_time_s = 1});
  StepShape step;
  ASSERT_TRUE(source.next(step));
  EXPECT_FALSE(source.next(step));
  EXPECT_FALSE(source.next(step));
  EXPECT_THAT(seqs(step), ElementsAre(Seq{0, 11, 0, true}));
  EXPECT_EQ(source.summary().steps, 1);

  ServingSteps nothing_to_decode = serve({{0, 10, 1, 1}}, {.step_time_s = 1});
  EXPECT_FALSE(nothing_to_decode.next(step));
  EXPECT_EQ(nothing_to_decode.summary().mean_batch, 0);
}

TEST(ServingSteps, RefusesOptionsThatMakeNoSense) {
  const auto refusal = [](const ServingOptions& options) -> std::string {
    try {
      const ServingSteps source = serve({}, options);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kUsage);
      return e.what();
    }
    return "accepted";
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refusal({.max_batch = 0, .step_time_s = 1}), "max batch: expected 1 to 65536, got 0");
  EXPECT_THAT(refusal({.max_batch = 65537, .step_time_s = 1}), HasSubstr("got 65537"));
  EXPECT_THAT(refusal({.max_context = -1, .step_time_s = 1}), HasSubstr("max context: expected"));
  EXPECT_EQ(refusal({.step_time_s = 0}), "step time: expected seconds above 0, got 0");
  EXPECT_THAT(refusal({.step_time_s = nan}), HasSubstr("step time"));
  EXPECT_EQ(refusal({.step_time_s = -1, .arrivals = Arrivals::kClosedLoop}),
            "step time: expected seconds from 0, got -1");
  EXPECT_EQ(refusal({.step_time_s = 0, .arrivals = Arrivals::kClosedLoop}), "accepted");
  EXPECT_THROW(ServingSteps(nullptr, {.step_time_s = 1}), Error);
}

TEST(ServingSteps, PassesBadRowsOn) {
  const auto path = std::filesystem::path(DSCOPE_TEST_DATA) / "traces" / "mooncake_sample.jsonl";
  ServingSteps source(open_requests(path), {.max_batch = 8, .step_time_s = 0.03});
  StepShape step;
  while (source.next(step)) {
  }
  const ServingSummary s = source.summary();
  EXPECT_EQ(s.bad_rows, source.bad_rows().count);
  EXPECT_EQ(s.requests, 50);
  EXPECT_EQ(s.tokens, 14293);  // of the sample's README
  EXPECT_EQ(s.context.max, 71655);
  const nlohmann::json json = s;
  for (const char* key : {"requests", "started", "finished", "skipped_prefill_only",
                          "skipped_empty_prompt", "skipped_too_long", "out_of_order", "bad_rows",
                          "steps", "tokens", "max_batch", "mean_batch", "duration_s", "context"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json["skipped_prefill_only"], 1);
}

// What must hold for every trace and every option, checked against the requests themselves.
class ServingProperties : public ::testing::TestWithParam<ServingOptions> {};

TEST_P(ServingProperties, EveryTokenIsDecodedOnceInOrder) {
  constexpr std::int64_t kRequests = 3000;
  std::vector<Request> requests(kRequests);
  std::int64_t given = 0;
  SyntheticReader synthetic(kRequests, given);
  for (Request& request : requests) ASSERT_TRUE(synthetic.next(request));

  const ServingOptions options = GetParam();
  ServingSteps source = serve(requests, options);
  ServingSteps twin = serve(requests, options);
  std::map<std::int64_t, Seq> last;  // by request
  std::int64_t last_admitted = -1;
  double last_time_s = -1;
  StepShape step, twin_step;
  while (source.next(step)) {
    ASSERT_TRUE(twin.next(twin_step));
    EXPECT_EQ(seqs(step), seqs(twin_step));
    EXPECT_EQ(step.time_s, twin_step.time_s);
    ASSERT_GE(step.sequences.size(), 1u);
    ASSERT_LE(static_cast<std::int64_t>(step.sequences.size()), options.max_batch);
    if (options.step_time_s > 0) {
      EXPECT_GT(step.time_s, last_time_s);
    }
    last_time_s = step.time_s;
    std::int64_t last_slot = -1;
    for (const Seq& s : seqs(step)) {
      ASSERT_GT(s.slot, last_slot);  // ascending, hence unique
      ASSERT_LT(s.slot, options.max_batch);
      last_slot = s.slot;
      const Request& request = requests.at(static_cast<std::size_t>(s.request));
      const auto before = last.find(s.request);
      ASSERT_EQ(s.admitted, before == last.end());
      if (s.admitted) {
        EXPECT_EQ(s.context, request.input_tokens + 1);
        if (options.arrivals == Arrivals::kOpenLoop) {
          EXPECT_GE(step.time_s, request.arrival_s);
        }
      } else {
        EXPECT_EQ(s.context, before->second.context + 1);
        EXPECT_EQ(s.slot, before->second.slot);
      }
      last[s.request] = s;
    }
    // First come, first served: admissions of a step continue where the last step's ended.
    std::set<std::int64_t> admitted;
    for (const Seq& s : seqs(step)) {
      if (s.admitted) admitted.insert(s.request);
    }
    if (!admitted.empty()) {
      EXPECT_GT(*admitted.begin(), last_admitted);
      last_admitted = *admitted.rbegin();
    }
  }
  EXPECT_FALSE(twin.next(twin_step));

  std::int64_t tokens = 0;
  for (std::int64_t i = 0; i < kRequests; ++i) {
    const Request& request = requests[static_cast<std::size_t>(i)];
    const std::int64_t final_context = request.input_tokens + request.output_tokens - 1;
    const bool served = request.output_tokens > 1 && request.input_tokens > 0 &&
                        (options.max_context == 0 || final_context <= options.max_context);
    ASSERT_EQ(last.count(i), served ? 1u : 0u) << i;
    if (!served) continue;
    EXPECT_EQ(last[i].context, final_context);
    tokens += request.output_tokens - 1;
  }
  const ServingSummary s = source.summary();
  EXPECT_EQ(s.tokens, tokens);
  EXPECT_EQ(s.started, s.finished);
  EXPECT_EQ(s.requests, kRequests);
  EXPECT_EQ(s.started + s.skipped_prefill_only + s.skipped_empty_prompt + s.skipped_too_long,
            kRequests);
}

INSTANTIATE_TEST_SUITE_P(Options, ServingProperties,
                         ::testing::Values(ServingOptions{1, 0, 0.05, Arrivals::kOpenLoop},
                                           ServingOptions{7, 2000, 0.03, Arrivals::kOpenLoop},
                                           ServingOptions{64, 0, 0.2, Arrivals::kOpenLoop},
                                           ServingOptions{4000, 0, 1, Arrivals::kOpenLoop},
                                           ServingOptions{1, 0, 0, Arrivals::kClosedLoop},
                                           ServingOptions{16, 1500, 0.01, Arrivals::kClosedLoop}));

}  // namespace
}  // namespace dscope::traces
