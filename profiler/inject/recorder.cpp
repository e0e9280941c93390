// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/recorder.h"

#include "profiler/inject/loaded_library.h"
#include "profiler/inject/nvtx_tap.h"
#include "workloads/base/error.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace dscope::inject {
namespace {

constexpr int kPeriodMs = 100;
// A byte in the pipe: a signal's number, or one of these.
constexpr unsigned char kLook = 0;
constexpr unsigned char kFinish = 255;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::int64_t thread_cpu_ns() {
  timespec used{};
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

collect::CuptiCollectorOptions collector_options(const Settings& settings) {
  collect::CuptiCollectorOptions options;
  if (!settings.cupti.empty()) {
    options.libraries = {settings.cupti};
  } else if (const std::string loaded = loaded_library("libcupti.so"); !loaded.empty()) {
    options.libraries = {loaded};
  } else {
    if (!settings.cupti_found.empty()) options.libraries.push_back(settings.cupti_found);
    options.libraries.insert(options.libraries.end(), {"libcupti.so.13", "libcupti.so.12"});
  }
  options.flush_period_ms = kPeriodMs;
  return options;
}

}  // namespace

Recorder::Recorder(const Settings& settings)
    : settings_(settings),
      owner_(getpid()),
      path_(settings.folder + "/trace." + std::to_string(owner_) + ".dscope"),
      collector_(collector_options(settings)),
      converter_(collector_.labels()),
      window_(settings.window, now_s()) {
  if (const std::error_code error = file_.open(path_)) {
    throw input_error("{}: cannot be written: {}", path_, error.message());
  }
  file_.set("format", "cupti");
  file_.set("clock", "steady_clock");
  file_.set("collector", collector_.version());
  if (pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) throw input_error("no pipe for signals");
  if (!settings_.window.step_range.empty()) {
    nvtx_log().wake_on(settings_.window.step_range, [this] { on_signal(kLook); });
  }
  tick(/*last=*/false);
  worker_ = std::thread([this] { run(); });
}

void Recorder::say(const std::string& line) const {
  if (!settings_.quiet) (void)std::fprintf(stderr, "dscope: %s\n", line.c_str());
}

void Recorder::on_signal(int signal) noexcept {
  const auto byte = static_cast<unsigned char>(signal);
  (void)!write(wake_[1], &byte, 1);
}

void Recorder::run() {
  // Signals are for the threads of the program.
  sigset_t all;
  sigfillset(&all);
  (void)pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (;;) {
    pollfd wait{wake_[0], POLLIN, 0};
    (void)poll(&wait, 1, kPeriodMs);
    unsigned char byte = 0;
    while (read(wake_[0], &byte, 1) == 1) {
      if (byte == kFinish) return;
      if (byte == kLook) continue;
      if (byte == SIGUSR2) {
        window_.on_signal();
        continue;
      }
      tick(/*last=*/true);
      (void)file_.finish();
      (void)::signal(byte, SIG_DFL);
      (void)kill(owner_, byte);
      return;
    }
    tick(/*last=*/false);
    worker_cpu_ns_ = thread_cpu_ns();
  }
}

// Runs in one thread at a time: the worker, or finish() after it has ended.
void Recorder::tick(bool last) {
  if (recording_) collector_.flush(last);
  collector_.read([&](const collect::RawRecord& record) { converter_.add(record, list_); });
  const std::vector<ClosedRange> ranges = nvtx_log().take();
  for (const ClosedRange& range : ranges) window_.on_range_end(range.name);
  file_.add(list_, recording_ ? ranges : std::vector<ClosedRange>{});
  collector_.labels().forget();
  const bool wanted = !last && window_.recording(now_s()) && !file_.error();
  if (wanted != recording_) {
    collector_.set_enabled(wanted);
    if (!wanted) {
      collector_.flush(/*forced=*/true);
      collector_.read([&](const collect::RawRecord& record) { converter_.add(record, list_); });
      file_.add(list_, nvtx_log().take());
    }
    recording_ = wanted;
  }
  note_facts();
  (void)file_.flush();
  if (file_.error() && !broken_) {
    broken_ = true;
    say(path_ + ": " + file_.error().message() + "; recording has ended");
  }
}

void Recorder::note_facts() {
  const profile::Losses& losses = converter_.losses();
  file_.set("loss.dropped_records", collector_.dropped() + nvtx_log().dropped());
  file_.set("loss.zero_timestamps", losses.zero_timestamps);
  file_.set("loss.negative_durations", losses.negative_durations);
  file_.set("records", converter_.records());
  file_.set("ranges", nvtx_log().seen());
  file_.set("external_ids", converter_.external_ids());
  file_.set("unlabelled_nodes", converter_.unlabelled_nodes());
  file_.set("overhead_ns", converter_.overhead_ns());
  file_.set("worker_cpu_ns", worker_cpu_ns_);
  file_.set("buffers_high_water", collector_.buffers().high_water());
}

void Recorder::finish() {
  const std::lock_guard lock(finish_mutex_);
  if (finished_ || getpid() != owner_) return;
  finished_ = true;
  (void)!write(wake_[1], &kFinish, 1);
  if (worker_.joinable()) worker_.join();
  tick(/*last=*/true);
  const bool unseen = nvtx_log().seen() == 0;
  const std::error_code error = file_.finish();
  if (error) return;
  say(path_ + ": " + std::to_string(file_.activities()) + " activities, " +
      std::to_string(file_.bytes() / 1024) + " KiB" +
      (collector_.dropped() > 0 ? ", " + std::to_string(collector_.dropped()) + " records dropped"
                                : "") +
      (unseen ? "; no NVTX range was seen: stages will be found by kernel names alone" : ""));
}

}  // namespace dscope::inject
