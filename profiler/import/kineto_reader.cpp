// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/kineto_reader.h"

#include "profiler/import/chrome_event.h"
#include "profiler/import/event_batches.h"
#include "profiler/import/kineto_builder.h"
#include "profiler/import/kineto_header.h"
#include "workloads/base/error.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace dscope::importer {
namespace {

// Cuts batches on a thread of its own, a few of them ahead of who takes them.
class BatchThread {
 public:
  explicit BatchThread(EventBatches& batches) : batches_(batches), thread_([this] { work(); }) {}

  ~BatchThread() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  BatchThread(const BatchThread&) = delete;
  BatchThread& operator=(const BatchThread&) = delete;

  // False after the last one. Throws what the thread met.
  bool take(EventBatch& batch) {
    std::unique_lock lock(mutex_);
    spare_.push_back(std::move(batch));
    changed_.wait(lock, [this] { return ended_ || !ready_.empty(); });
    if (ready_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return false;
    }
    batch = std::move(ready_.front());
    ready_.pop_front();
    changed_.notify_all();
    return true;
  }

 private:
  static constexpr std::size_t kAhead = 4;

  void work() noexcept {
    try {
      for (;;) {
        EventBatch batch;
        {
          std::unique_lock lock(mutex_);
          changed_.wait(lock, [this] { return stop_ || ready_.size() < kAhead; });
          if (stop_) break;
          if (!spare_.empty()) {
            batch = std::move(spare_.back());
            spare_.pop_back();
          }
        }
        if (!batches_.next(batch)) break;
        const std::lock_guard lock(mutex_);
        ready_.push_back(std::move(batch));
        changed_.notify_all();
      }
    } catch (...) {
      error_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  EventBatches& batches_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<EventBatch> ready_;
  std::deque<EventBatch> spare_;  // taken and done with: their memory is used again
  bool ended_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
  std::thread thread_;  // last: starts when the rest is there
};

}  // namespace

Trace read_kineto(const std::filesystem::path& path, const ReadOptions& options) {
  const std::string source = path.string();
  EventBatches batches(path);
  KinetoBuilder builder(source, batches);
  ChromeEventParser parser;
  {
    BatchThread thread(batches);
    EventBatch batch;
    while (thread.take(batch)) {
      if (options.stop != nullptr && options.stop->load()) {
        throw Error(ErrorKind::kInterrupted, source + ": reading was interrupted");
      }
      const std::int64_t others = parser.parse(
          batch, batches, source, [&](const ChromeEvent& event) { builder.add(event); });
      builder.skip("array elements that are no events", others);
      if (options.on_progress) options.on_progress(batch.progress);
    }
  }
  return builder.finish(read_kineto_header(batches, source));
}

}  // namespace dscope::importer
