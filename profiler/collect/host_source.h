// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/collect/trace_source.h"
#include "profiler/profile/profile.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace dscope::collect {

// Times the ranges of the CPU back end with std::chrono::steady_clock, and takes those that a GPU
// back end timed itself.
//
// Ranges are recorded between begin_step() and end_step(), from the thread that called
// begin_step(). Inside a step a range of another thread, and one for which the buffer has no room,
// is counted as dropped; outside of steps ranges are ignored. The buffer is allocated once and
// never grows inside a step: drain it between steps.
class HostSource final : public TraceSource {
 public:
  // Room for `capacity` ranges between two drains.
  explicit HostSource(std::size_t capacity = 1 << 16);

  void begin(Stage stage, const char* name) noexcept override;
  void end() noexcept override;
  void add(Stage stage, const char* name, std::int64_t start_ns,
           std::int64_t end_ns) noexcept override;

  // Ranges are ignored while disabled; steps are still timed, so that the same code measures traced
  // and untraced steps. Only between steps.
  void set_enabled(bool enabled) override;
  [[nodiscard]] bool enabled() const noexcept override { return enabled_; }

  void begin_step() override;
  // Ranges that are still open are counted and forgotten: when they ended nobody knows.
  std::int64_t end_step() override;

  // Appends what was recorded since the last drain, a kStep for every step and a kKernel for every
  // range, on device -1 (device 0 for those of a GPU) and lane 0, and empties the buffer. Only
  // between steps.
  void drain(ActivityList& out) override;

  [[nodiscard]] profile::Losses losses() const override;
  [[nodiscard]] std::string_view clock() const override { return "steady_clock"; }
  [[nodiscard]] std::optional<double> range_cost_ns() const override;

 private:
  struct Record {
    const char* name;
    std::int64_t start_ns;
    std::int64_t end_ns;  // 0 while open
    Stage stage;
    bool gpu;
  };
  struct StepRecord {
    std::int64_t start_ns;
    std::int64_t end_ns;
  };
  static constexpr std::size_t kMaxDepth = 64;

  std::vector<Record> records_;  // sized once; used_ are filled
  std::size_t used_ = 0;
  std::vector<std::size_t> open_;  // indices into records_; kNoRecord for dropped ranges
  std::size_t depth_ = 0;          // may exceed kMaxDepth: deeper ranges are dropped
  std::vector<StepRecord> steps_;
  std::int64_t step_start_ns_ = 0;
  std::thread::id owner_;
  bool enabled_ = true;
  bool in_step_ = false;
  std::atomic<bool> recording_{false};  // in a step and enabled; other threads read it
  profile::Losses losses_;
  std::atomic<std::int64_t> foreign_ranges_{0};
};

// Time one begin/end pair takes on this machine: median over batches, in nanoseconds.
[[nodiscard]] double measure_range_cost_ns();

}  // namespace dscope::collect
