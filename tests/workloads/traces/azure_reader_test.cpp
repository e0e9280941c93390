// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/azure_reader.h"

#include "tests/workloads/traces/trace_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace dscope::traces {
namespace {

using ::testing::HasSubstr;

constexpr const char* kHeader = "TIMESTAMP,ContextTokens,GeneratedTokens\n";

TEST(AzureReader, CountsArrivalsFromTheFirstGoodRow) {
  const TextFile file(std::string(kHeader) +
                      "broken\n"
                      "2023-11-16 18:17:03.9799600,4808,10\n"
                      "2023-11-16 18:17:04.0000001,110,27\n"
                      "2023-11-16 20:17:05.9799600+02:00,0,0\n"
                      "2023-11-16 18:17:03.4799600,7,3");
  AzureReader reader{LineReader(file.path())};
  const auto requests = read_all(reader);
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_EQ(requests[0].arrival_s, 0);
  EXPECT_EQ(requests[0].input_tokens, 4808);
  EXPECT_EQ(requests[0].output_tokens, 10);
  EXPECT_EQ(requests[0].line, 3);
  EXPECT_NEAR(requests[1].arrival_s, 0.0200401, 1e-12);
  EXPECT_DOUBLE_EQ(requests[2].arrival_s, 2);
  EXPECT_EQ(requests[2].output_tokens, 0);
  EXPECT_DOUBLE_EQ(requests[3].arrival_s, -0.5);  // as written: earlier than the first
  EXPECT_EQ(reader.bad_rows().count, 1);
}

TEST(AzureReader, TakesColumnsInAnyOrderWithByteOrderMarkAndCrLf) {
  const TextFile file(
      "\xEF\xBB\xBFModel, GeneratedTokens ,TIMESTAMP,ContextTokens\r\n"
      "a, 5 ,2024-05-10 00:00:00.009930+00:00,6,extra\r\n");
  AzureReader reader{LineReader(file.path())};
  const auto requests = read_all(reader);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].input_tokens, 6);
  EXPECT_EQ(requests[0].output_tokens, 5);
}

TEST(AzureReader, NamesWhatIsWrongWithARow) {
  const std::string time = "TIMESTAMP: expected a time like 2023-11-16 18:17:03.9799600, found ";
  const std::string tokens = "expected an integer from 0 to 1000000000, found ";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"2023-11-16 18:17:03.97", "ContextTokens: expected a value, found the end of the line"},
      {"2023-11-16 18:17:03.97,12", "GeneratedTokens: expected a value, found the end of the line"},
      {"2023-11-16 18:17:03.97,12,", "GeneratedTokens: " + tokens + "\"\""},
      {",12,3", time + "\"\""},
      {"2023-02-30 18:17:03,12,3", time + "\"2023-02-30 18:17:03\""},
      {"2023-11-16 18:17:03,-1,3", "ContextTokens: " + tokens + "\"-1\""},
      {"2023-11-16 18:17:03,1.5,3", "ContextTokens: " + tokens + "\"1.5\""},
      {"2023-11-16 18:17:03,1,1000000001", "GeneratedTokens: " + tokens + "\"1000000001\""},
      {"2023-11-16 18:17:03,1,99999999999999999999",
       "GeneratedTokens: " + tokens + "\"99999999999999999999\""},
      {"2023-11-16 18:17:03,1,\"3\"", "GeneratedTokens: " + tokens + "\"\"3\"\""},
      {"2023-11-16 18:17:03,1,\x1b[2J", "GeneratedTokens: " + tokens + "\"?[2J\""},
      {std::string(100, 'x') + ",1,2", time + "\"" + std::string(40, 'x') + "...\""},
  };
  std::string text = std::string(kHeader) + "2023-11-16 18:17:03,1,2";
  for (const auto& [row, reason] : cases) text += "\n" + row;
  const TextFile file(text);
  AzureReader reader{LineReader(file.path())};
  EXPECT_EQ(read_all(reader).size(), 1u);
  ASSERT_EQ(reader.bad_rows().first.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(reader.bad_rows().first[i].line, static_cast<std::int64_t>(i + 3));
    EXPECT_EQ(reader.bad_rows().first[i].reason, cases[i].second) << cases[i].first;
  }
}

TEST(AzureReader, NamesMissingColumns) {
  const auto message = [](std::string_view text) {
    const TextFile file(text);
    return input_error_of([&] { const AzureReader reader{LineReader(file.path())}; });
  };
  EXPECT_THAT(message("\nTIMESTAMP,ContextTokens\n"),
              HasSubstr("line 2: expected the columns TIMESTAMP, ContextTokens, GeneratedTokens, "
                        "found none called GeneratedTokens in \"TIMESTAMP,ContextTokens\""));
  EXPECT_THAT(message("a,b"),
              HasSubstr("found none called TIMESTAMP, ContextTokens, GeneratedTokens in \"a,b\""));
  EXPECT_THAT(message(""), HasSubstr("found none called TIMESTAMP"));
}

TEST(AzureReader, AHeaderAloneHoldsNoRequest) {
  const TextFile file(kHeader);
  AzureReader reader{LineReader(file.path())};
  EXPECT_EQ(input_error_of([&] { read_all(reader); }),
            file.path().string() + ": expected at least one request, found none");
}

}  // namespace
}  // namespace dscope::traces
