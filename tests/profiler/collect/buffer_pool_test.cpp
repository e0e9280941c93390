// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/buffer_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace dscope::collect {
namespace {

constexpr std::size_t kBytes = 4096;

bool all_zero(const std::uint8_t* buffer) {
  return std::all_of(buffer, buffer + kBytes, [](std::uint8_t byte) { return byte == 0; });
}

TEST(BufferPool, HandsOutWhatWasReadAgainAndClean) {
  BufferPool pool(kBytes, 2, 8);
  std::set<const std::uint8_t*> seen;
  for (int round = 0; round < 1000; ++round) {
    std::uint8_t* const buffer = pool.take();
    ASSERT_NE(buffer, nullptr);
    ASSERT_TRUE(all_zero(buffer)) << "round " << round;
    std::memset(buffer, 0xab, kBytes);
    seen.insert(buffer);
    pool.give(buffer, 100);
    int reads = 0;
    pool.drain([&](std::uint8_t* full, std::size_t valid) {
      EXPECT_EQ(full, buffer);
      EXPECT_EQ(valid, 100u);
      ++reads;
    });
    ASSERT_EQ(reads, 1);
  }
  EXPECT_LE(seen.size(), 2u);
  EXPECT_EQ(pool.buffers(), 2u);
  EXPECT_EQ(pool.high_water(), 1);
  EXPECT_EQ(pool.refused(), 0);
}

TEST(BufferPool, GrowsToItsLimitAndCountsRefusals) {
  BufferPool pool(kBytes, 1, 3);
  for (int i = 0; i < 3; ++i) EXPECT_NE(pool.take(), nullptr);
  EXPECT_EQ(pool.take(), nullptr);
  EXPECT_EQ(pool.take(), nullptr);
  EXPECT_EQ(pool.refused(), 2);
  EXPECT_EQ(pool.high_water(), 3);
}

TEST(BufferPool, GivesFullBuffersInTheirOrder) {
  BufferPool pool(kBytes, 3, 3);
  std::vector<std::uint8_t*> taken{pool.take(), pool.take(), pool.take()};
  for (std::uint8_t* buffer : {taken[2], taken[0], taken[1]}) pool.give(buffer, 8);
  std::vector<std::uint8_t*> read;
  pool.drain([&](std::uint8_t* buffer, std::size_t) { read.push_back(buffer); });
  EXPECT_EQ(read, (std::vector<std::uint8_t*>{taken[2], taken[0], taken[1]}));
}

TEST(BufferPool, DistrustsWhatComesBack) {
  BufferPool pool(kBytes, 1, 1);
  std::uint8_t* const buffer = pool.take();
  std::uint8_t foreign[16] = {};
  pool.give(foreign, 16);
  pool.give(buffer, kBytes * 100);
  std::vector<std::size_t> sizes;
  pool.drain([&](std::uint8_t*, std::size_t valid) { sizes.push_back(valid); });
  EXPECT_EQ(sizes, (std::vector<std::size_t>{kBytes}));
}

TEST(BufferPool, ThreadsNeverShareABuffer) {
  BufferPool pool(kBytes, 4, 64);
  std::atomic<int> mixed{0};
  std::atomic<std::int64_t> read{0};
  std::vector<std::thread> writers;
  constexpr int kWriters = 4;
  constexpr int kRounds = 500;
  for (int id = 1; id <= kWriters; ++id) {
    writers.emplace_back([&, id] {
      for (int round = 0; round < kRounds; ++round) {
        std::uint8_t* buffer = pool.take();
        while (buffer == nullptr) {
          std::this_thread::yield();
          buffer = pool.take();
        }
        std::memset(buffer, id, kBytes);
        mixed += std::any_of(buffer, buffer + kBytes, [&](std::uint8_t b) { return b != id; });
        pool.give(buffer, kBytes);
      }
    });
  }
  while (read < kWriters * kRounds) {
    pool.drain([&](std::uint8_t* buffer, std::size_t) {
      mixed += std::any_of(buffer, buffer + kBytes, [&](std::uint8_t b) { return b != *buffer; });
      ++read;
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(mixed, 0);
  EXPECT_LE(pool.buffers(), 64u);
}

}  // namespace
}  // namespace dscope::collect
