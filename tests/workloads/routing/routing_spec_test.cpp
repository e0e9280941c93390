// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/routing/routing_spec.h"

#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace dscope::routing {
namespace {

using ::testing::HasSubstr;

std::string message_of(const auto& action, ErrorKind kind) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind);
    return e.what();
  }
  ADD_FAILURE() << "expected an error";
  return {};
}

TEST(RoutingSpec, ParsesEveryForm) {
  EXPECT_EQ(parse_routing_spec("model"), RoutingSpec{});
  EXPECT_EQ(parse_routing_spec("uniform"), (RoutingSpec{RoutingKind::kUniform, 0, 0, 0, ""}));
  EXPECT_EQ(parse_routing_spec("zipf:1.25"), (RoutingSpec{RoutingKind::kZipf, 1.25, 0, 0, ""}));
  EXPECT_EQ(parse_routing_spec("zipf:0"), (RoutingSpec{RoutingKind::kZipf, 0, 0, 0, ""}));
  EXPECT_EQ(parse_routing_spec("hot:16:0.5"), (RoutingSpec{RoutingKind::kHotSet, 0, 16, 0.5, ""}));
  // A file name keeps its colons.
  EXPECT_EQ(parse_routing_spec("recorded:a:b.safetensors"),
            (RoutingSpec{RoutingKind::kRecorded, 0, 0, 0, "a:b.safetensors"}));
}

TEST(RoutingSpec, PrintsWhatItParses) {
  for (const char* text : {"model", "uniform", "zipf:0", "zipf:1", "zipf:0.1", "zipf:1.0000001",
                           "hot:1:0", "hot:16:0.3", "recorded:x", "recorded:a b:c"}) {
    EXPECT_EQ(to_string(parse_routing_spec(text)), text);
  }
}

TEST(RoutingSpec, RefusesWithTextReasonAndForms) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"", "unknown kind"},
      {"Uniform", "unknown kind"},
      {"zip", "unknown kind"},
      {"uniform:", "uniform takes no argument"},
      {"model:x", "model takes no argument"},
      {"zipf", "ALPHA: expected a number from 0 to 4, found \"\""},
      {"zipf:", "ALPHA: expected a number from 0 to 4, found \"\""},
      {"zipf:x", "ALPHA: expected a number from 0 to 4, found \"x\""},
      {"zipf:1x", "ALPHA: expected a number from 0 to 4, found \"1x\""},
      {"zipf:-1", "ALPHA: expected a number from 0 to 4, found \"-1\""},
      {"zipf:4.1", "ALPHA: expected a number from 0 to 4, found \"4.1\""},
      {"zipf:nan", "ALPHA: expected a number from 0 to 4, found \"nan\""},
      {"zipf:inf", "ALPHA: expected a number from 0 to 4, found \"inf\""},
      {"zipf:1e999", "ALPHA: expected a number from 0 to 4, found \"1e999\""},
      {"hot:16", "expected N and SHARE"},
      {"hot:0:0.5", "N: expected a positive integer, found \"0\""},
      {"hot:1.5:0.5", "N: expected a positive integer, found \"1.5\""},
      {"hot:99999999999999999999:0.5", "N: expected a positive integer"},
      {"hot:16:50", "SHARE: expected a number from 0 to 1, found \"50\""},
      {"hot:16:0.5:1", "SHARE: expected a number from 0 to 1, found \"0.5:1\""},
      {"recorded", "expected a file name"},
      {"recorded:", "expected a file name"},
  };
  for (const auto& [text, reason] : cases) {
    const std::string message =
        message_of([&] { (void)parse_routing_spec(text); }, ErrorKind::kUsage);
    EXPECT_THAT(message, HasSubstr("routing \"" + std::string(text) + "\": "));
    EXPECT_THAT(message, HasSubstr(reason));
    EXPECT_THAT(message, HasSubstr("hot:N:SHARE"));
  }
}

TEST(RoutingSpec, HelpHasOneLinePerForm) {
  const std::string help = routing_spec_help();
  EXPECT_EQ(std::count(help.begin(), help.end(), '\n'), 4);
  for (const char* form : {"model", "uniform", "zipf:ALPHA", "hot:N:SHARE", "recorded:FILE"}) {
    EXPECT_THAT(help, HasSubstr(form));
  }
}

TEST(RoutingSpec, DocumentFormHoldsOnlyTheFieldsOfTheKind) {
  const auto json = [](const char* text) {
    return nlohmann::json(parse_routing_spec(text)).dump();
  };
  EXPECT_EQ(json("model"), R"({"kind":"model"})");
  EXPECT_EQ(json("uniform"), R"({"kind":"uniform"})");
  EXPECT_EQ(json("zipf:1.5"), R"({"alpha":1.5,"kind":"zipf"})");
  EXPECT_EQ(json("hot:16:0.5"), R"({"experts":16,"kind":"hot","share":0.5})");
  EXPECT_EQ(json("recorded:f"), R"({"file":"f","kind":"recorded"})");
  for (const char* text : {"model", "uniform", "zipf:1.5", "hot:16:0.5", "recorded:f"}) {
    const RoutingSpec spec = parse_routing_spec(text);
    EXPECT_EQ(nlohmann::json(spec).get<RoutingSpec>(), spec);
  }
}

TEST(RoutingSpec, ReadingADocumentNamesThePointer) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {R"({})", "/kind: expected this field"},
      {R"({"kind": "lru"})", "/kind: expected model, uniform, zipf, hot or recorded, found"},
      {R"({"kind": "zipf"})", "/alpha: expected this field"},
      {R"({"kind": "zipf", "alpha": 9})", "/alpha: expected a number from 0 to 4, found 9"},
      {R"({"kind": "hot", "experts": 0, "share": 0})", "/experts: expected an integer"},
      {R"({"kind": "hot", "experts": 1, "share": -1})", "/share: expected a number from 0 to 1"},
      {R"({"kind": "recorded", "file": ""})", "/file: expected a file name"},
  };
  for (const auto& [text, reason] : cases) {
    const nlohmann::json json = nlohmann::json::parse(text);
    EXPECT_THAT(message_of([&] { (void)json.get<RoutingSpec>(); }, ErrorKind::kInput),
                HasSubstr(reason));
  }
}

}  // namespace
}  // namespace dscope::routing
