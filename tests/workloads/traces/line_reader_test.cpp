// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/line_reader.h"

#include "tests/workloads/traces/trace_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace dscope::traces {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Lines = std::vector<std::pair<std::int64_t, std::string>>;

Lines lines_of(std::string_view text, std::size_t limit = LineReader::kMaxLineBytes) {
  const TextFile file(text);
  LineReader reader(file.path(), limit);
  Lines lines;
  while (reader.next()) {
    lines.emplace_back(reader.number(),
                       std::string(reader.text()) + (reader.overlong() ? "+" : ""));
  }
  EXPECT_FALSE(reader.next());  // and the end stays the end
  return lines;
}

TEST(LineReader, NumbersLinesAndIgnoresBlankOnes) {
  EXPECT_THAT(lines_of("a\n\n \t \nb\n"), ElementsAre(Pair(1, "a"), Pair(4, "b")));
  EXPECT_THAT(lines_of("a\nb"), ElementsAre(Pair(1, "a"), Pair(2, "b")));
  EXPECT_THAT(lines_of(""), IsEmpty());
  EXPECT_THAT(lines_of("\n\r\n  "), IsEmpty());
}

TEST(LineReader, DropsCarriageReturnsAndTheByteOrderMark) {
  EXPECT_THAT(lines_of("\xEF\xBB\xBFx\r\ny\r\n"), ElementsAre(Pair(1, "x"), Pair(2, "y")));
  EXPECT_THAT(lines_of("\xEF\xBB\xBF\n\xEF\xBB\xBFy"), ElementsAre(Pair(2, "\xEF\xBB\xBFy")));
  EXPECT_THAT(lines_of("a\rb\n"), ElementsAre(Pair(1, "a\rb")));
}

TEST(LineReader, CutsLinesAtTheLimitAndGoesOnAfterThem) {
  EXPECT_THAT(lines_of("abcd\nabcde\nx\n", 4),
              ElementsAre(Pair(1, "abcd"), Pair(2, "abcd+"), Pair(3, "x")));
  EXPECT_THAT(lines_of("abcdefgh", 4), ElementsAre(Pair(1, "abcd+")));
}

TEST(LineReader, KeepsLinesWholeAcrossBlocks) {
  // Longer than the block that is read at once, and lines that straddle its end.
  std::string text;
  for (int i = 0; i < 5; ++i) text += std::string(100'000, static_cast<char>('a' + i)) + "\n";
  text += std::string(700'000, 'z');
  const Lines lines = lines_of(text);
  ASSERT_EQ(lines.size(), 6u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(lines[i].second, std::string(100'000, static_cast<char>('a' + i)));
  }
  EXPECT_EQ(lines[5].second.size(), 700'000u);
}

TEST(LineReader, UnreadSurvivesAMove) {
  const TextFile file("a\nb\n");
  LineReader first(file.path());
  ASSERT_TRUE(first.next());
  first.unread();
  LineReader second(std::move(first));
  ASSERT_TRUE(second.next());
  EXPECT_EQ(second.text(), "a");
  EXPECT_EQ(second.number(), 1);
  ASSERT_TRUE(second.next());
  EXPECT_EQ(second.text(), "b");
}

TEST(LineReader, SaysWhyAFileCannotBeOpened) {
  EXPECT_THAT(input_error_of([] { const LineReader reader("/nonexistent/trace"); }),
              HasSubstr("/nonexistent/trace: cannot open: No such file"));
  EXPECT_THAT(input_error_of([] { const LineReader reader(DSCOPE_TEST_DATA); }),
              HasSubstr("found a directory"));
}

TEST(Excerpt, IsShortAndPrintable) {
  EXPECT_EQ(excerpt("abc"), "abc");
  EXPECT_EQ(excerpt("a\x1b[1m\xff"), "a?[1m?");
  EXPECT_EQ(excerpt(std::string(41, 'x')), std::string(40, 'x') + "...");
}

}  // namespace
}  // namespace dscope::traces
