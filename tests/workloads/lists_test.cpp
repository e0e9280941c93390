// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/bulk_vector.h"
#include "workloads/nearly_sorted.h"
#include "workloads/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

namespace dscope {
namespace {

struct Record {
  int value = 7;
  int more = 8;
};

TEST(BulkVector, KeepsWhatIsWrittenAndMakesDefaultsWhereAsked) {
  constexpr std::size_t kMany = 1'000'000;  // beyond what makes it ask for large pages
  BulkVector<Record> list = unwritten<Record>(kMany);
  ASSERT_EQ(list.size(), kMany);
  for (std::size_t i = 0; i < kMany; ++i) list[i] = {static_cast<int>(i), -1};
  list.emplace_back();
  list.resize(kMany + 2);
  EXPECT_EQ(list[kMany - 1].value, static_cast<int>(kMany) - 1);
  EXPECT_EQ(list[kMany].value, 7);
  EXPECT_EQ(list[kMany + 1].more, 8);
}

TEST(ParallelFor, DoesEachOnceAndPassesOnWhatWasThrown) {
  std::vector<std::atomic<int>> calls(1000);
  parallel_for(calls.size(), [&](std::size_t i) { ++calls[i]; });
  for (const auto& count : calls) EXPECT_EQ(count, 1);
  parallel_for(0, [](std::size_t) { FAIL(); });
  EXPECT_THROW(parallel_for(100,
                            [](std::size_t i) {
                              if (i == 50) throw std::runtime_error("50");
                            }),
               std::runtime_error);
}

// Pairs of a key and a number; the number tells equal keys apart.
using Keyed = std::pair<int, int>;

std::vector<Keyed> runs(std::size_t count, std::size_t length, std::mt19937& random) {
  std::vector<Keyed> list;
  for (std::size_t r = 0; r < count; ++r) {
    int key = static_cast<int>(random() % 50);
    for (std::size_t i = 0; i < length; ++i) {
      key += static_cast<int>(random() % 3);
      list.emplace_back(key, static_cast<int>(list.size()));
    }
  }
  return list;
}

TEST(SortNearlySorted, IsAStableSortOfAFewSequencesAndOfMany) {
  std::mt19937 random(3);
  const auto before = [](const Keyed& a, const Keyed& b) { return a.first < b.first; };
  for (const std::size_t count : {0, 1, 2, 3, 5, 64, 65, 300}) {
    for (const std::size_t length : {1, 2, 40}) {
      std::vector<Keyed> list = runs(count, length, random);
      std::vector<Keyed> expected = list;
      std::stable_sort(expected.begin(), expected.end(), before);
      sort_nearly_sorted(list, before);
      EXPECT_EQ(list, expected) << count << " sequences of " << length;
    }
  }
}

TEST(SortNearlySorted, PutsWhatIsLateAndWhatIsEarlyInItsPlace) {
  const auto before = [](const Keyed& a, const Keyed& b) { return a.first < b.first; };
  std::vector<Keyed> list;
  for (int i = 0; i < 1000; ++i) list.emplace_back(i / 3, i);
  list.insert(list.begin() + 100, {900, 1000});  // everything behind it is late
  for (int i = 0; i < 20; ++i) list.insert(list.begin() + 200 + i * 30, {i, 2000 + i});
  std::vector<Keyed> expected = list;
  std::stable_sort(expected.begin(), expected.end(), before);
  sort_nearly_sorted(list, before);
  EXPECT_EQ(list, expected);
  std::vector<Keyed> reversed(list.rbegin(), list.rend());
  std::vector<Keyed> sorted = reversed;
  std::stable_sort(sorted.begin(), sorted.end(), before);
  sort_nearly_sorted(reversed, before);
  EXPECT_EQ(reversed, sorted);
}

}  // namespace
}  // namespace dscope
