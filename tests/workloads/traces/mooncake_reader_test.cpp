// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/mooncake_reader.h"

#include "tests/workloads/traces/trace_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace dscope::traces {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kGood =
    R"({"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]})";

TEST(MooncakeReader, ReadsRowsAndIgnoresOtherKeys) {
  const TextFile file(std::string(kGood) +
                      "\r\n\r\n"
                      R"({"output_length":1,"x":{"input_length":9,"y":[1,{"timestamp":3}]},)"
                      R"("input_length":2,"timestamp":30000.5})");
  MooncakeReader reader{LineReader(file.path())};
  const auto requests = read_all(reader);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_DOUBLE_EQ(requests[0].arrival_s, 27.482);
  EXPECT_EQ(requests[0].input_tokens, 6955);
  EXPECT_EQ(requests[0].output_tokens, 52);
  EXPECT_EQ(requests[0].line, 1);
  EXPECT_DOUBLE_EQ(requests[1].arrival_s, 30.0005);
  EXPECT_EQ(requests[1].input_tokens, 2);
  EXPECT_EQ(requests[1].output_tokens, 1);
  EXPECT_EQ(requests[1].line, 3);
  EXPECT_EQ(reader.bad_rows().count, 0);
}

TEST(MooncakeReader, NamesWhatIsWrongWithARow) {
  const std::string tokens = "expected an integer from 0 to 1000000000, found ";
  const std::string time = "timestamp: expected milliseconds from 0 to 10000000000000, found ";
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"([1, 2, 3])", "expected a JSON object, found another value"},
      {R"(17)", "expected a JSON object, found another value"},
      {R"([{"timestamp": 0, "input_length": 1, "output_length": 1}])",
       "expected a JSON object, found another value"},
      {R"({"input_length": 1, "output_length": 1})", time + "nothing"},
      {R"({"timestamp": -1, "input_length": 1, "output_length": 1})", time + "-1"},
      {R"({"timestamp": 1e300, "input_length": 1, "output_length": 1})", time + "1e+300"},
      {R"({"timestamp": "0", "input_length": 1, "output_length": 1})", time + "a string"},
      {R"({"timestamp": 0, "output_length": 1})", "input_length: " + tokens + "nothing"},
      {R"({"timestamp": 0, "input_length": null, "output_length": 1})",
       "input_length: " + tokens + "null"},
      {R"({"timestamp": 0, "input_length": [5], "output_length": 1})",
       "input_length: " + tokens + "an array"},
      {R"({"timestamp": 0, "input_length": {"output_length": 5}, "output_length": 1})",
       "input_length: " + tokens + "an object"},
      {R"({"timestamp": 0, "input_length": 1.5, "output_length": 1})",
       "input_length: " + tokens + "1.5"},
      {R"({"timestamp": 0, "input_length": 1, "output_length": true})",
       "output_length: " + tokens + "a boolean"},
      {R"({"timestamp": 0, "input_length": 1, "output_length": -7})",
       "output_length: " + tokens + "-7"},
      {R"({"timestamp": 0, "input_length": 1, "output_length": 1000000001})",
       "output_length: " + tokens + "1000000001"},
      {R"({"timestamp": 0, "input_length": 1, "output_length": 99999999999999999999})",
       "output_length: " + tokens + "1e+20"},
      {R"({"timestamp": 0, "input_length": 1, "output_length": 1e999})", "byte 58: not valid JSON"},
      {R"({"timestamp": 0, "input_length": 1, "out)", "byte 41: not valid JSON"},
      {R"({"timestamp": 0, "input_length": 1, "output_length": 1} x)", "byte 57: not valid JSON"},
      {"{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1, \"x\": \"\xff\"}",
       "byte 63: not valid JSON"},
  };
  std::string text(kGood);
  for (const auto& [row, reason] : cases) text += "\n" + row;
  const TextFile file(text);
  MooncakeReader reader{LineReader(file.path())};
  EXPECT_EQ(read_all(reader).size(), 1u);
  EXPECT_EQ(reader.bad_rows().count, static_cast<std::int64_t>(cases.size()));
  ASSERT_EQ(reader.bad_rows().first.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(reader.bad_rows().first[i].line, static_cast<std::int64_t>(i + 2));
    EXPECT_EQ(reader.bad_rows().first[i].reason, cases[i].second) << cases[i].first;
  }
}

TEST(MooncakeReader, SurvivesDeepNestingAndLongLines) {
  const std::string deep = R"({"x": )" + std::string(2'000'000, '[');
  const TextFile file(deep + "\n" + std::string(kGood) + "\n{" + std::string(3'000'000, ' ') + "}");
  MooncakeReader reader{LineReader(file.path(), 2'500'000)};
  EXPECT_EQ(read_all(reader).size(), 1u);
  ASSERT_EQ(reader.bad_rows().count, 2);
  EXPECT_THAT(reader.bad_rows().first[0].reason, HasSubstr("not valid JSON"));
  EXPECT_EQ(reader.bad_rows().first[1].reason,
            "expected a line of at most 2500000 bytes, found more");
}

TEST(MooncakeReader, KeepsTheFirstBadRowsAndCountsAll) {
  std::string text(kGood);
  for (int i = 0; i < 1000; ++i) text += "\nbad";
  const TextFile file(text);
  MooncakeReader reader{LineReader(file.path())};
  EXPECT_EQ(read_all(reader).size(), 1u);
  EXPECT_EQ(reader.bad_rows().count, 1000);
  EXPECT_EQ(reader.bad_rows().first.size(), BadRows::kKept);
  EXPECT_EQ(reader.bad_rows().first.back().line, 21);
}

TEST(MooncakeReader, AFileWithoutAGoodRowIsAnError) {
  const TextFile file("{\"timestamp\": 0}\n[]\n\nx\ny\n");
  MooncakeReader reader{LineReader(file.path())};
  const std::string message = input_error_of([&] { read_all(reader); });
  EXPECT_THAT(message, StartsWith(file.path().string() + ": expected requests, found only bad "
                                                         "rows (4), among them:"));
  EXPECT_THAT(message, HasSubstr("\n  line 1: input_length: expected"));
  EXPECT_THAT(message, HasSubstr("\n  line 2: expected a JSON object"));
  EXPECT_THAT(message, HasSubstr("\n  line 4: byte 1: not valid JSON"));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("line 5")));
}

}  // namespace
}  // namespace dscope::traces
