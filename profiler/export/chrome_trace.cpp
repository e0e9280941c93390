// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/chrome_trace.h"

#include "profiler/export/stage_colors.h"
#include "profiler/export/text.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <vector>

namespace dscope::exporter {
namespace {

using collect::Activity;
using collect::ActivityKind;

// Process ids: steps first, so that viewers show them on top; the host is device -1.
constexpr std::int64_t kStepProcess = 1;
constexpr std::int64_t kHostProcess = 2;
// Of the tracks of stages: beyond the devices of any machine.
constexpr std::int64_t kStageProcesses = 1 << 20;
constexpr std::int64_t kWaitTrack = kStageCount + 1;

std::int64_t process_of(const Activity& a) {
  return a.kind == ActivityKind::kStep ? kStepProcess : kHostProcess + 1 + a.device;
}

std::string process_name(std::int64_t process) {
  if (process == kStepProcess) return "Steps";
  if (process == kHostProcess) return "Host";
  return fmt::format("GPU {}", process - kHostProcess - 1);
}

// Nested work on ranges and calls would hide below kernels of the same lane: they get lanes of
// their own.
struct KindTrack {
  const char* category;  // where there is no stage
  const char* track;     // prefix of the thread name
  std::int64_t first_thread;
};
constexpr std::int64_t kLaneSpan = std::int64_t{1} << 33;  // any 32-bit lane, made positive
constexpr std::array<KindTrack, 6> kTracks{{
    {"kernel", "", 0},
    {"memcpy", "", 0},
    {"memset", "", 0},
    {"range", "Ranges of ", kLaneSpan},
    {"runtime", "Calls of ", 2 * kLaneSpan},
    {"step", "Steps of ", 0},
}};
const KindTrack& track_of(const Activity& a) {
  return kTracks[static_cast<std::size_t>(a.kind)];
}

bool is_device_step(const Activity& a) {
  return a.kind == ActivityKind::kStep && a.device >= 0;
}

std::int64_t thread_of(const Activity& a) {
  if (is_device_step(a)) return 3 * kLaneSpan + a.device;
  return track_of(a).first_thread + (a.lane < 0 ? kLaneSpan / 2 : 0) + a.lane;
}

// Microseconds with three decimals, exact.
std::string microseconds(std::int64_t ns) {
  const std::uint64_t magnitude =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  return fmt::format("{}{}.{:03}", ns < 0 ? "-" : "", magnitude / 1000, magnitude % 1000);
}

}  // namespace

ChromeTraceWriter::ChromeTraceWriter(std::filesystem::path path)
    : path_(std::move(path)), out_(path_, std::ios::binary | std::ios::trunc) {
  if (!out_) throw input_error("{}: cannot write: {}", path_.string(), std::strerror(errno));
  out_ << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
}

void ChromeTraceWriter::add(const collect::ActivityList& list) {
  for (const Activity& activity : list.activities) add(activity, list.name_of(activity));
}

void ChromeTraceWriter::add(const Activity& a, const std::string& name) {
  if (a.end_ns < a.start_ns) return;  // counted as lost by attribution; viewers reject it
  const std::int64_t process = process_of(a);
  const std::int64_t thread = thread_of(a);
  name_track(process, thread, a);
  std::string event =
      fmt::format(R"({{"ph":"X","name":{},"cat":"{}","pid":{},"tid":{},"ts":{},"dur":{})",
                  quote_json(name), a.stage ? info(*a.stage).id : track_of(a).category, process,
                  thread, microseconds(a.start_ns), microseconds(a.end_ns - a.start_ns));
  if (a.stage) event += fmt::format(R"(,"cname":"{}")", color(*a.stage).chrome);
  std::string args;
  const auto add_arg = [&](const char* key, std::uint64_t value) {
    if (value != 0) args += fmt::format("{}\"{}\":{}", args.empty() ? "" : ",", key, value);
  };
  add_arg("correlation", a.correlation);
  add_arg("graph_node", a.graph_node);
  add_arg("bytes", a.bytes);
  add_arg("External id", a.external);
  if (!args.empty()) event += ",\"args\":{" + args + "}";
  write(event + "}");
  ++events_;
}

void ChromeTraceWriter::name_track(std::int64_t process, std::int64_t thread, const Activity& a) {
  const auto name = [&](const char* what, std::int64_t tid, const std::string& text) {
    write(fmt::format(R"({{"ph":"M","name":"{}","pid":{},"tid":{},"args":{{"name":"{}"}}}})", what,
                      process, tid, text));
  };
  if (named_.emplace(process, -1).second) {
    name("process_name", 0, process_name(process));
    write(fmt::format(
        R"({{"ph":"M","name":"process_sort_index","pid":{0},"tid":0,"args":{{"sort_index":{0}}}}})",
        process));
  }
  if (named_.emplace(process, thread).second) {
    name("thread_name", thread,
         is_device_step(a) ? fmt::format("Steps of GPU {}", a.device)
                           : fmt::format("{}{} {}", track_of(a).track,
                                         a.device < 0 ? "thread" : "stream", a.lane));
  }
}

// The tracks of stages stand above those of the lanes of their device.
void ChromeTraceWriter::name_stage_track(std::int32_t device, std::int64_t thread,
                                         std::string_view name) {
  const std::int64_t process = kStageProcesses + device;
  if (named_.emplace(process, -1).second) {
    write(fmt::format(
        R"({{"ph":"M","name":"process_name","pid":{},"tid":0,"args":{{"name":"{} stages"}}}})",
        process, process_name(kHostProcess + 1 + device)));
    write(fmt::format(
        R"({{"ph":"M","name":"process_sort_index","pid":{},"tid":0,"args":{{"sort_index":1}}}})",
        process));
  }
  if (!named_.emplace(process, thread).second) return;
  write(fmt::format(R"({{"ph":"M","name":"thread_name","pid":{},"tid":{},"args":{{"name":{}}}}})",
                    process, thread, quote_json(name)));
  write(fmt::format(
      R"({{"ph":"M","name":"thread_sort_index","pid":{},"tid":{},"args":{{"sort_index":{}}}}})",
      process, thread, thread));
}

void ChromeTraceWriter::add_slice(std::int32_t device, std::int64_t thread, std::string_view name,
                                  Stage stage, std::int64_t start_ns, std::int64_t end_ns) {
  // Slices of a track must not overlap; those of concurrent lanes may.
  const auto until = slices_until_.try_emplace({device, thread}, start_ns).first;
  start_ns = std::max(start_ns, until->second);
  if (start_ns >= end_ns) return;
  until->second = end_ns;
  name_stage_track(device, thread, thread == kWaitTrack ? "NCCL wait" : info(stage).label);
  write(fmt::format(
      R"({{"ph":"X","name":{},"cat":"{}","pid":{},"tid":{},"ts":{},"dur":{},"cname":"{}"}})",
      quote_json(name), info(stage).id, kStageProcesses + device, thread, microseconds(start_ns),
      microseconds(end_ns - start_ns), color(stage).chrome));
  ++events_;
}

void ChromeTraceWriter::add_stages(const collect::ActivityList& list,
                                   const attribute::Analysis& analysis) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < list.activities.size(); ++i) {
    const Activity& a = list.activities[i];
    if (is_work(a.kind) && a.end_ns > a.start_ns) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) {
    const Activity& x = list.activities[i];
    const Activity& y = list.activities[j];
    return std::tie(x.device, x.start_ns, i) < std::tie(y.device, y.start_ns, j);
  });
  for (std::size_t begin = 0; begin < order.size();) {
    const Activity& first = list.activities[order[begin]];
    const Stage stage = analysis.work[order[begin]].stage;
    std::int64_t end_ns = first.end_ns;
    std::size_t end = begin + 1;
    for (; end < order.size(); ++end) {
      const Activity& next = list.activities[order[end]];
      if (next.device != first.device || analysis.work[order[end]].stage != stage) break;
      end_ns = std::max(end_ns, next.end_ns);
    }
    const auto thread = static_cast<std::int64_t>(stage) + 1;
    add_slice(first.device, thread, info(stage).label, stage, first.start_ns, end_ns);
    begin = end;
  }
  for (const attribute::Collective& collective : analysis.collectives) {
    if (collective.wait_ns <= 0) continue;
    const Activity& a = list.activities[collective.work];
    add_slice(a.device, kWaitTrack, "wait for other ranks", Stage::kNccl, a.start_ns,
              a.start_ns + collective.wait_ns);
  }
}

void ChromeTraceWriter::write(const std::string& event) {
  out_ << (first_ ? "\n" : ",\n") << event;
  first_ = false;
}

void ChromeTraceWriter::finish() {
  out_ << "\n]}\n";
  out_.close();
  if (!out_) throw input_error("{}: write failed: {}", path_.string(), std::strerror(errno));
}

}  // namespace dscope::exporter
