// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/cupti_source.h"

#include "profiler/collect/cupti_collector.h"
#include "profiler/collect/host_source.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_set>

namespace dscope::collect {
namespace {

// How often a drain asks again for records that are not there yet.
constexpr int kFlushTries = 20;

// The first CUPTI whose hardware trace does not leak, and how many steps are bearable before it: a
// thousand steps of a thousand kernels are 100 MB.
constexpr std::uint32_t kHesWithoutLeak = 130401;
constexpr std::int64_t kLeakySteps = 1000;

// Of the runtime: the driver's calls inside of them have ids of their own.
bool is_launch(const std::string& call) {
  return call.starts_with("cuda") && call.find("Launch") != std::string::npos;
}

class CuptiSource final : public TraceSource {
 public:
  explicit CuptiSource(const CuptiCollectorOptions& options)
      : collector_(options), converter_(collector_.labels()), hes_(options.hardware_trace) {
    // Graphs are instantiated while their nodes can be recorded.
    set_enabled(true);
  }

  void begin(Stage stage, const char* name) noexcept override {
    RangeStack::of_thread().push({.name = name, .stage = stage});
    host_.begin(stage, name);
  }
  void end() noexcept override {
    host_.end();
    (void)RangeStack::of_thread().pop();
  }
  void add(Stage, const char*, std::int64_t, std::int64_t) noexcept override {}
  [[nodiscard]] bool enabled() const noexcept override { return enabled_; }
  [[nodiscard]] bool labels_launches() const noexcept override { return true; }

  void set_enabled(bool enabled) override {
    collector_.set_enabled(enabled);
    host_.set_enabled(enabled);
    enabled_ = enabled;
    // What was recorded before the change belongs to nobody.
    collector_.flush(false);
    collector_.read([](const RawRecord&) {});
  }

  void begin_step() override { host_.begin_step(); }
  std::int64_t end_step() override { return host_.end_step(); }

  void drain(ActivityList& out) override {
    const std::size_t before = out.activities.size();
    drain_host(out);
    if (!enabled_) return;
    collect_records(out);
    note_residual(out, before);
    collector_.labels().forget();
  }

  [[nodiscard]] profile::Losses losses() const override {
    profile::Losses losses = converter_.losses();
    losses += host_.losses();
    losses.dropped_records += collector_.dropped();
    return losses;
  }
  [[nodiscard]] std::string_view clock() const override { return "cupti"; }

  std::optional<profile::Collector> take_facts() override {
    profile::Collector facts;
    facts.name = "cupti";
    facts.version = collector_.version();
    facts.hardware_trace = hes_;
    facts.records = converter_.records() - taken_.records;
    facts.unlabelled_nodes = converter_.unlabelled_nodes() - taken_.unlabelled_nodes;
    facts.overhead_ns = converter_.overhead_ns() - taken_.overhead_ns;
    facts.buffer_bytes = static_cast<std::int64_t>(collector_.buffers().buffer_bytes());
    facts.buffers_high_water = collector_.buffers().high_water();
    facts.clock_residual_ns = residual_ns_;
    taken_ = {converter_.records(), converter_.unlabelled_nodes(), converter_.overhead_ns()};
    residual_ns_ = 0;
    converter_.start_list();  // the next session has a list of its own
    return facts;
  }

 private:
  // Steps as they are; ranges become what explains direct launches, on the lane of their thread.
  void drain_host(ActivityList& out) {
    const std::size_t before = out.activities.size();
    host_.drain(out);
    for (std::size_t i = before; i < out.activities.size(); ++i) {
      Activity& activity = out.activities[i];
      if (activity.kind != ActivityKind::kKernel) continue;
      activity.kind = ActivityKind::kRange;
      activity.lane = static_cast<std::int32_t>(gettid());
    }
  }

  // A launch whose work is not there yet makes it ask again.
  void collect_records(ActivityList& out) {
    std::unordered_set<std::uint64_t> launched;
    std::unordered_set<std::uint64_t> seen;
    for (int attempt = 0; attempt < kFlushTries; ++attempt) {
      collector_.flush(/*forced=*/attempt == kFlushTries - 1);
      collector_.read([&](const RawRecord& record) {
        const std::size_t count = out.activities.size();
        converter_.add(record, out);
        if (record.kind != RawRecord::Kind::kRuntimeCall) {
          seen.insert(record.correlation);
        } else if (out.activities.size() > count && is_launch(out.name_of(out.activities.back()))) {
          launched.insert(record.correlation);
        }
      });
      const bool complete = std::all_of(launched.begin(), launched.end(),
                                        [&](std::uint64_t id) { return seen.count(id) > 0; });
      if (complete && !launched.empty()) return;
      if (attempt > 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }

  // The step waited for its work, so on one clock no work lies outside of it.
  void note_residual(const ActivityList& out, std::size_t before) {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    for (std::size_t i = before; i < out.activities.size(); ++i) {
      const Activity& a = out.activities[i];
      if (a.kind == ActivityKind::kStep) {
        if (begin == 0) begin = a.start_ns;
        end = a.end_ns;
      } else if (is_work(a.kind) && begin != 0) {
        residual_ns_ = std::max({residual_ns_, begin - a.start_ns, a.end_ns - end});
      }
    }
  }

  struct Taken {
    std::int64_t records = 0;
    std::int64_t unlabelled_nodes = 0;
    std::int64_t overhead_ns = 0;
  };

  CuptiCollector collector_;
  RecordConverter converter_;
  HostSource host_;
  bool enabled_ = false;
  bool hes_;
  Taken taken_;  // by the last take_facts()
  std::int64_t residual_ns_ = 0;
};

}  // namespace

std::vector<std::string> usual_cupti_files() {
  std::vector<std::string> files{"libcupti.so.13", "libcupti.so.12"};
  for (const char* folder :
       {"/usr/local/cuda/extras/CUPTI/lib64", "/usr/local/cuda/lib64", DSCOPE_CUPTI_FOLDER}) {
    for (const char* name : {"libcupti.so.13", "libcupti.so.12"}) {
      files.push_back(std::string(folder) + "/" + name);
    }
  }
  return files;
}

std::unique_ptr<TraceSource> make_cupti_source(const CuptiSourceOptions& options) {
  CuptiCollectorOptions collector;
  collector.libraries = options.libraries.empty() ? usual_cupti_files() : options.libraries;
  const bool long_run = options.steps == 0 || options.steps > kLeakySteps;
  if (options.hardware_trace && long_run) {
    const CuptiApi api(collector.libraries);
    if (api.version() < kHesWithoutLeak) {
      throw unavailable_error(
          "--hes: {} loses about 100 bytes of host memory for every kernel it times (mended in "
          "13.4.1), which is too much for a run of {}; up to {} steps are accepted",
          api.version_text(),
          options.steps == 0 ? "unknown length" : fmt::format("{} steps", options.steps),
          kLeakySteps);
    }
  }
  collector.hardware_trace = options.hardware_trace;
  return std::make_unique<CuptiSource>(collector);
}

}  // namespace dscope::collect
