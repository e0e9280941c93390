// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/open_requests.h"

#include "tests/workloads/traces/trace_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dscope::traces {
namespace {

using ::testing::HasSubstr;

std::vector<Request> requests_of(std::string_view text) {
  const TextFile file(text);
  return read_all(*open_requests(file.path()));
}

TEST(OpenRequests, RecognisesFormatsByTheirFirstLine) {
  EXPECT_EQ(requests_of("\n {\"timestamp\":1,\"input_length\":2,\"output_length\":3}").size(), 1u);
  EXPECT_EQ(requests_of("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,2").size(),
            1u);
  // A first row with a fault does not hide what the file is.
  EXPECT_EQ(requests_of("{\"timestamp\":\"x\",\"input_length\":2}\n"
                        "{\"timestamp\":1,\"input_length\":2,\"output_length\":3}")
                .size(),
            1u);
}

TEST(OpenRequests, NamesTheMissingColumnOfAnAlmostAzureFile) {
  const TextFile file("TIMESTAMP,ContextTokens\n");
  EXPECT_THAT(input_error_of([&] { (void)open_requests(file.path()); }),
              HasSubstr("none called GeneratedTokens"));
}

TEST(OpenRequests, ListsTheFormatsWhenItKnowsNone) {
  for (const char* text : {"hello", "[1, 2]", "{}", "\x1f\x8b\x08", "Timestamp,Request tokens"}) {
    const TextFile file(text);
    const std::string message = input_error_of([&] { (void)open_requests(file.path()); });
    EXPECT_THAT(message, HasSubstr(file.path().string() + ": line 1: expected a request trace"));
    EXPECT_THAT(message, HasSubstr("mooncake   JSON lines"));
    EXPECT_THAT(message, HasSubstr("azure      CSV"));
  }
  const TextFile empty(" \n\n");
  EXPECT_THAT(input_error_of([&] { (void)open_requests(empty.path()); }),
              HasSubstr("found an empty file. Supported formats:\n  mooncake"));
  EXPECT_THAT(input_error_of([] { (void)open_requests("/nonexistent/x"); }),
              HasSubstr("/nonexistent/x: cannot open"));
}

struct Sums {
  std::size_t requests = 0;
  std::int64_t input = 0;
  std::int64_t output = 0;
};

Sums sums_of(const char* name) {
  const auto reader = open_requests(std::filesystem::path(DSCOPE_TEST_DATA) / "traces" / name);
  Sums sums;
  for (const Request& request : read_all(*reader)) {
    ++sums.requests;
    sums.input += request.input_tokens;
    sums.output += request.output_tokens;
  }
  EXPECT_EQ(reader->bad_rows().count, 0);
  return sums;
}

// The sums were taken with another program.
TEST(OpenRequests, ReadsTheBundledSamples) {
  const Sums mooncake = sums_of("mooncake_sample.jsonl");
  EXPECT_EQ(mooncake.requests, 50u);
  EXPECT_EQ(mooncake.input, 532459);
  EXPECT_EQ(mooncake.output, 14343);
  const Sums azure = sums_of("azure_sample.csv");
  EXPECT_EQ(azure.requests, 50u);
  EXPECT_EQ(azure.input, 69263);
  EXPECT_EQ(azure.output, 10800);
}

// Whatever happens to a file, the reader ends with requests, bad rows or an Error.
TEST(OpenRequests, SurvivesDamagedFiles) {
  for (const char* name : {"mooncake_sample.jsonl", "azure_sample.csv"}) {
    std::ifstream in(std::filesystem::path(DSCOPE_TEST_DATA) / "traces" / name, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    ASSERT_GT(whole.size(), 1000u);
    std::uint64_t random = 1;
    for (int round = 0; round < 300; ++round) {
      std::string text = whole.substr(0, whole.size() * static_cast<std::size_t>(round) / 300);
      for (int i = 0; i < round % 40 && !text.empty(); ++i) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        text[(random >> 16) % text.size()] = static_cast<char>(random >> 56);
      }
      const TextFile file(text);
      try {
        const auto reader = open_requests(file.path());
        for (const Request& request : read_all(*reader)) {
          EXPECT_GE(request.input_tokens, 0);
          EXPECT_LE(request.input_tokens, kMaxRequestTokens);
          EXPECT_GE(request.output_tokens, 0);
        }
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::kInput);
      }
    }
  }
}

}  // namespace
}  // namespace dscope::traces
