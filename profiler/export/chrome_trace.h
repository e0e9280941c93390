// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/analyse.h"
#include "profiler/collect/activity.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace dscope::exporter {

// Writes activities as a Chrome trace (JSON object format, complete events), which ui.perfetto.dev
// and chrome://tracing open. Streams: memory does not grow with the number of events.
//
// A device is a process, a lane a thread, steps have a process of their own. The category of an
// event is its stage id (or the kind, where there is no stage) and its colour that of the stage.
// Times are microseconds with the nanoseconds as decimals, on the clock of the list.
class ChromeTraceWriter {
 public:
  // Throws Error{kInput} with the path when the file cannot be created.
  explicit ChromeTraceWriter(std::filesystem::path path);

  void add(const collect::ActivityList& list);

  // Tracks of their own that show what analysis found: for every device each stage on a track (work
  // of one stage that follows itself, on any lane, is one slice) and the waiting part of
  // collectives. `list` is the one that was analysed.
  void add_stages(const collect::ActivityList& list, const attribute::Analysis& analysis);

  // Completes the file. Throws Error{kInput} when anything could not be written. Without it (an
  // exception on the way) the file lacks its last bracket, which viewers forgive.
  void finish();

  [[nodiscard]] std::int64_t events() const { return events_; }

 private:
  void add(const collect::Activity& activity, const std::string& name);
  void name_track(std::int64_t process, std::int64_t thread, const collect::Activity& activity);
  void name_stage_track(std::int32_t device, std::int64_t thread, std::string_view name);
  void add_slice(std::int32_t device, std::int64_t thread, std::string_view name, Stage stage,
                 std::int64_t start_ns, std::int64_t end_ns);
  void write(const std::string& event);

  std::filesystem::path path_;
  std::ofstream out_;
  std::int64_t events_ = 0;
  std::map<std::pair<std::int32_t, std::int64_t>, std::int64_t> slices_until_;  // device, thread
  bool first_ = true;
  std::set<std::pair<std::int64_t, std::int64_t>>
      named_;  // process, thread; -1: the process itself
};

}  // namespace dscope::exporter
