// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/host_source.h"

#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"

#include <chrono>
#include <limits>

namespace dscope::collect {
namespace {

constexpr std::size_t kNoRecord = std::numeric_limits<std::size_t>::max();
constexpr const char* kStepName = "step";

std::int64_t now_ns() noexcept {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_start).count();
}

Activity host_activity(ActivityKind kind, std::int64_t start_ns, std::int64_t end_ns) {
  Activity a;
  a.kind = kind;
  a.start_ns = start_ns;
  a.end_ns = end_ns;
  return a;
}

}  // namespace

HostSource::HostSource(std::size_t capacity) : records_(capacity), open_(kMaxDepth) {}

void HostSource::begin(Stage stage, const char* name) noexcept {
  if (!recording_.load(std::memory_order_acquire)) return;
  if (std::this_thread::get_id() != owner_) {
    foreign_ranges_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  std::size_t record = kNoRecord;
  if (used_ < records_.size() && depth_ < kMaxDepth) {
    record = used_++;
  } else {
    ++losses_.dropped_records;
  }
  if (depth_ < kMaxDepth) open_[depth_] = record;
  ++depth_;
  // The clock is read last here and first in end(): bookkeeping stays outside the range.
  if (record != kNoRecord) records_[record] = {name, now_ns(), 0, stage, false};
}

void HostSource::end() noexcept {
  if (!recording_.load(std::memory_order_acquire) || std::this_thread::get_id() != owner_) return;
  const std::int64_t end_ns = now_ns();
  if (depth_ == 0) {
    ++losses_.unbalanced_ends;
    return;
  }
  --depth_;
  if (depth_ < kMaxDepth && open_[depth_] != kNoRecord) records_[open_[depth_]].end_ns = end_ns;
}

void HostSource::add(Stage stage, const char* name, std::int64_t start_ns,
                     std::int64_t end_ns) noexcept {
  if (!recording_.load(std::memory_order_acquire)) return;
  if (used_ == records_.size()) {
    ++losses_.dropped_records;
    return;
  }
  records_[used_++] = {name, start_ns, end_ns, stage, true};
}

void HostSource::set_enabled(bool enabled) {
  DSCOPE_REQUIRE(!in_step_, "tracing is switched between steps, not inside one");
  enabled_ = enabled;
}

void HostSource::begin_step() {
  DSCOPE_REQUIRE(!in_step_, "begin_step() inside a step");
  owner_ = std::this_thread::get_id();
  depth_ = 0;
  in_step_ = true;
  recording_.store(enabled_, std::memory_order_release);
  step_start_ns_ = now_ns();
}

std::int64_t HostSource::end_step() {
  const std::int64_t end_ns = now_ns();
  DSCOPE_REQUIRE(in_step_, "end_step() without begin_step()");
  in_step_ = false;
  recording_.store(false, std::memory_order_release);
  for (std::size_t level = 0; level < std::min(depth_, kMaxDepth); ++level) {
    if (open_[level] != kNoRecord) ++losses_.unclosed_ranges;
  }
  depth_ = 0;
  steps_.push_back({step_start_ns_, end_ns});
  return end_ns - step_start_ns_;
}

void HostSource::drain(ActivityList& out) {
  DSCOPE_REQUIRE(!in_step_, "the source is drained between steps, not inside one");
  for (const StepRecord& step : steps_) {
    out.activities.push_back(host_activity(ActivityKind::kStep, step.start_ns, step.end_ns));
    out.activities.back().name = out.intern(kStepName);
  }
  for (std::size_t i = 0; i < used_; ++i) {
    const Record& record = records_[i];
    if (record.end_ns == 0) continue;
    Activity a = host_activity(ActivityKind::kKernel, record.start_ns, record.end_ns);
    a.stage = record.stage;
    a.name = out.intern(record.name);
    if (record.gpu) a.device = 0;
    out.activities.push_back(a);
  }
  steps_.clear();
  used_ = 0;
}

profile::Losses HostSource::losses() const {
  profile::Losses losses = losses_;
  losses.dropped_records += foreign_ranges_.load(std::memory_order_relaxed);
  return losses;
}

std::optional<double> HostSource::range_cost_ns() const {
  return measure_range_cost_ns();
}

double measure_range_cost_ns() {
  constexpr std::size_t kRangesPerBatch = 1024;
  constexpr int kBatches = 31;
  HostSource source(kRangesPerBatch);
  ActivityList sink;
  std::vector<double> costs;
  for (int batch = 0; batch < kBatches; ++batch) {
    source.begin_step();
    for (std::size_t i = 0; i < kRangesPerBatch; ++i) {
      source.begin(Stage::kOther, "calibration");
      source.end();
    }
    const std::int64_t wall_ns = source.end_step();
    costs.push_back(static_cast<double>(wall_ns) / kRangesPerBatch);
    sink.activities.clear();
    source.drain(sink);
  }
  return profile::median(std::move(costs));
}

}  // namespace dscope::collect
