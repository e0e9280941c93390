// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace dscope::view_data {

// Computes in a thread of its own and never lets anybody wait: of the requests that come while it
// works only the newest is kept, and the work that became stale is asked to stop. Results are
// published whole and read as shared, immutable values, so that drawing never sees half of one.
template <class Request, class Result>
class LatestWorker {
 public:
  using Stale = std::function<bool()>;
  using Publish = std::function<void(Result)>;
  // Does the work of one request: publishes as often as it has something to show, and returns soon
  // after `stale` says true. Must not throw: errors are part of a Result.
  using Work = std::function<void(const Request&, const Stale&, const Publish&)>;

  explicit LatestWorker(Work work) : work_(std::move(work)), thread_([this] { run(); }) {}
  LatestWorker(const LatestWorker&) = delete;
  LatestWorker& operator=(const LatestWorker&) = delete;

  // Waits for the work in progress, which is told to stop.
  ~LatestWorker() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      waiting_.reset();
    }
    wake_.notify_all();
    thread_.join();
  }

  void submit(Request request) {
    {
      const std::lock_guard lock(mutex_);
      waiting_ = std::move(request);
    }
    wake_.notify_all();
  }

  // The newest result; null before the first one. Stays valid while it is held.
  [[nodiscard]] std::shared_ptr<const Result> latest() const {
    const std::lock_guard lock(mutex_);
    return result_;
  }

  // Whether a request waits or is worked on.
  [[nodiscard]] bool busy() const {
    const std::lock_guard lock(mutex_);
    return working_ || waiting_.has_value();
  }

  // For pictures and tests: until nothing is left to do.
  void wait_until_idle() const {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return !working_ && !waiting_; });
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || waiting_.has_value(); });
      if (stopping_) return;
      const Request request = std::move(*waiting_);
      waiting_.reset();
      working_ = true;
      lock.unlock();
      work_(
          request, [this] { return is_stale(); },
          [this](Result result) { publish(std::move(result)); });
      lock.lock();
      working_ = false;
      if (!waiting_) idle_.notify_all();
    }
  }

  [[nodiscard]] bool is_stale() const {
    const std::lock_guard lock(mutex_);
    return stopping_ || waiting_.has_value();
  }

  void publish(Result result) {
    auto shared = std::make_shared<const Result>(std::move(result));
    const std::lock_guard lock(mutex_);
    result_ = std::move(shared);
  }

  Work work_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  mutable std::condition_variable idle_;
  std::optional<Request> waiting_;
  std::shared_ptr<const Result> result_;
  bool working_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace dscope::view_data
