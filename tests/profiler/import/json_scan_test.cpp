// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/json_scan.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>
#include <vector>

namespace dscope::importer {
namespace {

constexpr std::size_t kNone = JsonScanner::kNone;

TEST(JsonScanner, FindsTheEndsOfElementsAndOfTheArray) {
  JsonScanner scanner;
  const auto found = scanner.scan(R"({"a": 1}, {"b": [2, {}]}] , "tail": {})");
  EXPECT_EQ(found.last_end, 24u);
  EXPECT_EQ(found.array_end, 24u);
}

TEST(JsonScanner, BracketsInStringsDoNotCount) {
  JsonScanner scanner;
  const std::string text = R"({"name": "k<{lambda()#1}>]} \" ]} \\"}, {"open": "...)";
  const auto found = scanner.scan(text);
  EXPECT_EQ(found.last_end, text.find("}, {\"open") + 1);
  EXPECT_EQ(found.array_end, kNone);
}

// Random events with awkward strings, cut into random pieces: the last element's end is always the
// one that a slow reading of the whole text finds.
TEST(JsonScanner, PiecesOfAnySizeFindTheSame) {
  std::mt19937 random(11);
  const std::string characters = "ab{}[]\"\\,: \n";
  std::string text;
  std::vector<std::size_t> ends;
  for (int i = 0; i < 500; ++i) {
    std::string name;
    for (unsigned n = random() % 90; n > 0; --n) name += characters[random() % characters.size()];
    nlohmann::json event{{"name", name}, {"args", {{"list", {1, {{"x", name}}}}}}};
    if (i > 0) text += ", ";
    text += event.dump();
    ends.push_back(text.size());
  }
  text += "]";
  for (int round = 0; round < 50; ++round) {
    JsonScanner scanner;
    std::size_t at = 0;
    std::size_t last = 0;
    std::size_t array_end = kNone;
    while (at < text.size()) {
      const std::size_t size = std::min<std::size_t>(text.size() - at, 1 + random() % 400);
      const auto found = scanner.scan(std::string_view(text).substr(at, size));
      if (found.last_end != kNone) last = at + found.last_end;
      if (found.array_end != kNone) array_end = at + found.array_end;
      at += size;
      const auto next = std::upper_bound(ends.begin(), ends.end(), at);
      ASSERT_EQ(last, next == ends.begin() ? 0 : *std::prev(next));
    }
    ASSERT_EQ(array_end, text.size() - 1);
  }
}

}  // namespace
}  // namespace dscope::importer
