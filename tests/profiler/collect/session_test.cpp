// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/session.h"

#include "profiler/collect/host_source.h"
#include "profiler/collect/wall_clock.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <thread>

namespace dscope::collect {
namespace {

class SessionTest : public ::testing::Test {
 protected:
  // A workload of `steps` steps of two ops; the second is called twice.
  StepRunner runner(std::int64_t steps) {
    return {[this, steps]() -> std::optional<StepInfo> {
              if (prepared_ == steps) return std::nullopt;
              ++prepared_;
              return StepInfo{2, 2, 100 + prepared_};
            },
            [this] {
              ++run_;
              traced_.push_back(source_.enabled());
              op(Stage::kMoe, "moe");
              op(Stage::kMhc, "mhc");
              op(Stage::kMhc, "mhc");
            }};
  }
  void op(Stage stage, const char* name) {
    source_.begin(stage, name);
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    source_.end();
  }

  HostSource source_;
  std::int64_t prepared_ = 0;
  std::int64_t run_ = 0;
  std::vector<bool> traced_;
};

TEST_F(SessionTest, SamplesEveryStepAfterTheWarmUp) {
  SessionOptions options;
  options.warmup_steps = 2;
  const SessionResult result = run_session(source_, runner(5), options);
  EXPECT_FALSE(result.stopped);
  EXPECT_EQ(run_, 5);
  const profile::Measurement& m = result.measurement;
  EXPECT_EQ(m.clock, "steady_clock");
  EXPECT_TRUE(m.has_steps);
  EXPECT_FALSE(m.perturbation.has_value());
  ASSERT_EQ(m.steps.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const profile::StepSample& s = m.steps[i];
    EXPECT_EQ(s.index, static_cast<std::int64_t>(i) + 2);
    EXPECT_EQ(s.batch, 2);
    EXPECT_EQ(s.tokens, 2);
    EXPECT_EQ(s.max_context, 103 + static_cast<std::int64_t>(i));
    EXPECT_GE(s.time_ns(Stage::kMoe), 50'000);
    EXPECT_GE(s.time_ns(Stage::kMhc), 100'000);
    EXPECT_EQ(s.stage_launches[static_cast<std::size_t>(Stage::kMhc)], 2);
    EXPECT_EQ(s.busy_ns + s.gap_ns, s.wall_ns);
    EXPECT_EQ(std::accumulate(s.stage_time_ns.begin(), s.stage_time_ns.end(), s.gap_ns), s.wall_ns);
    EXPECT_EQ(s.closure_error, 0);
  }
  EXPECT_EQ(m.losses.lost_records(), 0);
}

TEST_F(SessionTest, SummarisesOps) {
  SessionOptions options;
  options.warmup_steps = 1;
  const profile::Measurement m = run_session(source_, runner(4), options).measurement;
  ASSERT_EQ(m.kernels.size(), 2u);
  // Which op took longer is up to the machine.
  const profile::KernelSummary& mhc = m.kernels[m.kernels[0].name == "mhc" ? 0 : 1];
  EXPECT_EQ(mhc.name, "mhc");
  EXPECT_EQ(mhc.stage, Stage::kMhc);
  EXPECT_EQ(mhc.count, 6);
  ASSERT_EQ(mhc.step_ns.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(mhc.step_ns[i], m.steps[i].time_ns(Stage::kMhc));
  EXPECT_EQ(std::accumulate(mhc.step_ns.begin(), mhc.step_ns.end(), std::int64_t{0}), mhc.total_ns);
}

TEST_F(SessionTest, AlternatesUntracedAndTracedSteps) {
  SessionOptions options;
  options.warmup_steps = 1;
  options.untraced = Untraced::kEveryOther;
  const profile::Measurement m = run_session(source_, runner(6), options).measurement;
  EXPECT_EQ(traced_, (std::vector<bool>{true, false, true, false, true, false}));
  EXPECT_EQ(m.steps.size(), 2u);
  ASSERT_TRUE(m.perturbation.has_value());
  ASSERT_EQ(m.perturbation->untraced_wall_ns.size(), 3u);
  for (const std::int64_t ns : m.perturbation->untraced_wall_ns) EXPECT_GE(ns, 150'000);
  EXPECT_DOUBLE_EQ(m.perturbation->ranges_per_step.value(), 3);
  EXPECT_GT(m.perturbation->range_cost_ns.value(), 0);
  EXPECT_FALSE(m.perturbation->method.empty());
}

TEST(Session, MeasuresNothingButWallTimeWithoutTracing) {
  WallClock source;
  std::int64_t left = 1 + 3;
  SessionOptions options;
  options.untraced = Untraced::kAll;
  const profile::Measurement m =
      run_session(source,
                  {[&]() -> std::optional<StepInfo> {
                     if (left-- == 0) return std::nullopt;
                     return StepInfo{2, 2, 100};
                   },
                   [&] {
                     EXPECT_FALSE(source.enabled());
                     EXPECT_TRUE(source.labels_launches()) << "a step need not time its ops itself";
                     source.begin(Stage::kMoe, "moe");
                     std::this_thread::sleep_for(std::chrono::microseconds(50));
                     source.end();
                   }},
                  options)
          .measurement;
  EXPECT_TRUE(m.steps.empty());
  EXPECT_TRUE(m.kernels.empty());
  ASSERT_EQ(m.perturbation.value().untraced_wall_ns.size(), 3u) << "the first was for warm-up";
  EXPECT_EQ(m.perturbation->untraced_tokens, std::vector<std::int64_t>(3, 2));
  for (const std::int64_t ns : m.perturbation->untraced_wall_ns) EXPECT_GE(ns, 50'000);
}

// A source that sees the GPU: when it is switched on and off, and a kernel of an op in each step.
class KernelSource final : public TraceSource {
 public:
  void begin(Stage, const char*) noexcept override {}
  void end() noexcept override {}
  void add(Stage, const char*, std::int64_t, std::int64_t) noexcept override {}
  void set_enabled(bool enabled) override { switched.push_back(enabled_ = enabled); }
  void begin_step() override {}
  std::int64_t end_step() override { return enabled_ ? 1020 : 1000; }
  void drain(ActivityList& out) override {
    if (!enabled_) return;
    Activity step;
    step.kind = ActivityKind::kStep;
    step.name = out.intern("step");
    step.start_ns = 5000;
    step.end_ns = 6020;
    out.activities.push_back(step);
    Activity kernel;
    kernel.stage = Stage::kMoe;
    kernel.name = out.intern("void gemm()");
    kernel.range = out.intern("moe_up");
    kernel.device = 0;
    kernel.start_ns = 5100;
    kernel.end_ns = 5600;
    out.activities.push_back(kernel);
  }
  [[nodiscard]] profile::Losses losses() const override { return {}; }
  [[nodiscard]] std::string_view clock() const override { return "kernel clock"; }
  std::optional<profile::Collector> take_facts() override {
    profile::Collector facts;
    facts.name = "fake";
    return facts;
  }

  std::vector<bool> switched;

 private:
  bool enabled_ = false;
};

TEST(Session, SwitchesTheSourceOnlyBetweenTracedAndUntracedSteps) {
  KernelSource source;
  std::int64_t left = 2 + 4;
  SessionOptions options;
  options.warmup_steps = 2;
  options.untraced = Untraced::kEveryOther;
  const profile::Measurement m = run_session(source,
                                             {[&]() -> std::optional<StepInfo> {
                                                if (left-- == 0) return std::nullopt;
                                                return StepInfo{};
                                              },
                                              [] {}},
                                             options)
                                     .measurement;
  EXPECT_EQ(m.clock, "kernel clock");
  ASSERT_TRUE(m.perturbation.has_value());
  EXPECT_EQ(m.perturbation->untraced_wall_ns, std::vector<std::int64_t>(2, 1000));
  ASSERT_EQ(m.steps.size(), 2u);
  EXPECT_EQ(m.steps[0].wall_ns, 1020);
  EXPECT_EQ(m.steps[0].index, 3) << "after warm-up and an untraced step";
  EXPECT_EQ(m.collector.value().name, "fake");
  ASSERT_EQ(m.kernels.size(), 1u);
  EXPECT_EQ(m.kernels[0].name, "void gemm()");
  EXPECT_EQ(m.kernels[0].op, "moe_up");
  EXPECT_EQ(source.switched, (std::vector{true, false, true, false, true, false}))
      << "on while it warms up, and off at the end";
}

TEST_F(SessionTest, StopsBetweenStepsAndKeepsWhatWasMeasured) {
  std::atomic<bool> stop{false};
  SessionOptions options;
  options.warmup_steps = 0;
  options.stop = &stop;
  options.on_progress = [&](std::int64_t done) { stop = done == 2; };
  const SessionResult result = run_session(source_, runner(100), options);
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.measurement.steps.size(), 2u);
  EXPECT_EQ(prepared_, 2);
}

TEST_F(SessionTest, HandsOutTheEventsOfMeasuredSteps) {
  SessionOptions options;
  options.warmup_steps = 1;
  std::vector<std::size_t> sizes;
  options.on_activities = [&](const ActivityList& list) {
    sizes.push_back(list.activities.size());
  };
  (void)run_session(source_, runner(3), options);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{4, 4})) << "a step and three ops each";
}

TEST_F(SessionTest, AWorkloadWithinTheWarmUpGivesNoSamples) {
  SessionOptions options;
  options.warmup_steps = 5;
  const SessionResult result = run_session(source_, runner(3), options);
  EXPECT_TRUE(result.measurement.steps.empty());
  EXPECT_TRUE(result.measurement.kernels.empty());
}

TEST_F(SessionTest, LossesOfTheSourceArriveInTheMeasurement) {
  HostSource small(2);
  SessionOptions options;
  options.warmup_steps = 0;
  std::int64_t left = 2;
  const profile::Measurement m =
      run_session(small,
                  {[&]() -> std::optional<StepInfo> {
                     if (left-- == 0) return std::nullopt;
                     return StepInfo{};
                   },
                   [&] {
                     for (int i = 0; i < 3; ++i) {
                       small.begin(Stage::kMoe, "op");
                       std::this_thread::sleep_for(std::chrono::microseconds(1));
                       small.end();
                     }
                     small.begin(Stage::kMoe, "open");
                   }},
                  options)
          .measurement;
  EXPECT_EQ(m.losses.dropped_records, 4);
  EXPECT_EQ(m.losses.unclosed_ranges, 0) << "the open one was dropped already";
}

TEST_F(SessionTest, ExceptionsOfTheStepPassThrough) {
  const StepRunner failing{[] { return StepInfo{}; }, [] { throw std::runtime_error("step"); }};
  EXPECT_THROW((void)run_session(source_, failing, {}), std::runtime_error);
}

TEST_F(SessionTest, ARunnerIsNeeded) {
  EXPECT_THROW((void)run_session(source_, {}, {}), Error);
}

}  // namespace
}  // namespace dscope::collect
