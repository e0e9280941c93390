// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/cupti_collector.h"
#include "profiler/inject/settings.h"
#include "profiler/inject/trace_writer.h"
#include "profiler/inject/window_control.h"

#include <sys/types.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace dscope::inject {

// Records one process: a thread of its own takes records from CUPTI a few times a second and
// appends them to the file, so that what is on disk is never older than that.
class Recorder {
 public:
  // Throws Error{kUnavailable} where CUPTI cannot be used or the file cannot be written.
  explicit Recorder(const Settings& settings);

  // Writes what is there, completes the file and stops. Once; later calls do nothing, and so do
  // calls in a child process that was forked.
  void finish();

  // From a signal handler: switch recording (SIGUSR2), or finish and die by the signal.
  void on_signal(int signal) noexcept;

 private:
  void run();
  void tick(bool last);
  void note_facts();
  void say(const std::string& line) const;

  Settings settings_;
  pid_t owner_;
  std::string path_;
  collect::CuptiCollector collector_;
  collect::RecordConverter converter_;
  collect::ActivityList list_;
  TraceWriter file_;
  WindowControl window_;
  std::int64_t worker_cpu_ns_ = 0;  // what the worker has used of a CPU so far
  bool recording_ = false;
  bool broken_ = false;  // the file cannot be written any more
  std::mutex finish_mutex_;
  bool finished_ = false;
  int wake_[2] = {-1, -1};  // a pipe: signals arrive here
  std::thread worker_;
};

}  // namespace dscope::inject
