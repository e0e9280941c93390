// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/explore_worker.h"

#include "viewer/view_data/explore_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace dscope::view_data {
namespace {

using ::testing::ElementsAre;
using Worker = LatestWorker<int, int>;

// Lets a test hold the worker inside of its work.
class Gate {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    reached_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_until_reached() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return reached_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool reached_ = false;
};

TEST(LatestWorker, AnswersARequest) {
  Worker worker([](int request, const Worker::Stale&, const Worker::Publish& publish) {
    publish(request * 2);
  });
  EXPECT_EQ(worker.latest(), nullptr);
  EXPECT_FALSE(worker.busy());
  worker.submit(21);
  worker.wait_until_idle();
  ASSERT_NE(worker.latest(), nullptr);
  EXPECT_EQ(*worker.latest(), 42);
}

TEST(LatestWorker, OfWaitingRequestsOnlyTheNewestIsWorkedOn) {
  Gate gate;
  std::vector<int> seen;
  Worker worker([&](int request, const Worker::Stale&, const Worker::Publish& publish) {
    seen.push_back(request);
    if (request == 1) gate.pass();
    publish(request);
  });
  worker.submit(1);
  gate.wait_until_reached();
  worker.submit(2);
  worker.submit(3);
  worker.submit(4);
  EXPECT_TRUE(worker.busy());
  gate.open();
  worker.wait_until_idle();
  EXPECT_THAT(seen, ElementsAre(1, 4));
  EXPECT_EQ(*worker.latest(), 4);
}

TEST(LatestWorker, TellsWorkThatItIsStale) {
  Gate gate;
  std::atomic<bool> before{true};
  std::atomic<bool> after{false};
  Worker worker([&](int request, const Worker::Stale& stale, const Worker::Publish&) {
    if (request != 1) return;
    before = stale();
    gate.pass();
    after = stale();
  });
  worker.submit(1);
  gate.wait_until_reached();
  worker.submit(2);
  gate.open();
  worker.wait_until_idle();
  EXPECT_FALSE(before);
  EXPECT_TRUE(after);
}

TEST(LatestWorker, PublishesPartsInOrder) {
  Gate gate;
  Worker worker([&](int, const Worker::Stale&, const Worker::Publish& publish) {
    publish(1);
    gate.pass();
    publish(2);
  });
  worker.submit(0);
  gate.wait_until_reached();
  EXPECT_EQ(*worker.latest(), 1);
  const std::shared_ptr<const int> held = worker.latest();
  gate.open();
  worker.wait_until_idle();
  EXPECT_EQ(*worker.latest(), 2);
  EXPECT_EQ(*held, 1);
}

TEST(LatestWorker, EndsWhileItWorks) {
  std::atomic<bool> stopped{false};
  {
    Gate started;
    started.open();
    Worker worker([&](int, const Worker::Stale& stale, const Worker::Publish&) {
      started.pass();
      while (!stale()) std::this_thread::yield();
      stopped = true;
    });
    worker.submit(1);
    started.wait_until_reached();
  }
  EXPECT_TRUE(stopped);
}

TEST(ExploreCache, KeepsTheMostRecentlyUsed) {
  ExploreCache<int> cache(2);
  int made = 0;
  const auto get = [&](const char* key) { return cache.get(key, [&made] { return ++made; }); };
  EXPECT_EQ(get("a"), 1);
  EXPECT_EQ(get("b"), 2);
  EXPECT_EQ(get("a"), 1);
  EXPECT_EQ(cache.hits(), 1U);
  EXPECT_EQ(get("c"), 3);  // drops b
  EXPECT_EQ(get("a"), 1);
  EXPECT_EQ(get("b"), 4);
  EXPECT_EQ(cache.size(), 2U);
}

}  // namespace
}  // namespace dscope::view_data
