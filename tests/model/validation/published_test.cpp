// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/validation/published.h"

#include "model/device_catalog.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace dscope::model {
namespace {

using testing::HasSubstr;

const PublishedRow& row(std::string_view id) {
  const auto found = std::find_if(published_rows().begin(), published_rows().end(),
                                  [&](const PublishedRow& r) { return r.id == id; });
  EXPECT_NE(found, published_rows().end()) << id;
  return *found;
}

nlohmann::json minimal() {
  return {{"id", "a"},
          {"source", "https://example.org"},
          {"date", "2026-05-01"},
          {"kernel_set", "k"},
          {"model", "dsv4-flash"},
          {"device", "rtx-5090"},
          {"tp", 4},
          {"batch", 2},
          {"context", 1024},
          {"graph", true},
          {"metric", "tok_s"},
          {"value", 50.0}};
}

std::vector<PublishedRow> rows_of(std::vector<nlohmann::json> rows) {
  return published_rows_from_json(nlohmann::json(std::move(rows)), "rows.json");
}

std::string refusal(std::vector<nlohmann::json> rows) {
  try {
    (void)rows_of(std::move(rows));
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    return e.what();
  }
  return "not refused";
}

TEST(PublishedRows, HoldEveryRowAndAReasonForEachExcludedOne) {
  EXPECT_EQ(published_rows().size(), 207u);
  const auto usable = std::count_if(published_rows().begin(), published_rows().end(),
                                    [](const PublishedRow& r) { return r.usable(); });
  EXPECT_EQ(usable, 69);
  for (const PublishedRow& r : published_rows()) {
    EXPECT_THAT(r.source, testing::StartsWith("http")) << r.id;
    if (!r.usable()) {
      EXPECT_GE(r.excluded.size(), 8u) << r.id;
    }
  }
}

TEST(PublishedRows, OfTheSeedAreWhatItsThreadsSay) {
  const PublishedRow& graph = row("sgl24047-tp8-graph");
  EXPECT_DOUBLE_EQ(graph.tpot_ns(), 97.5e6);
  EXPECT_EQ(graph.tp, 8);
  EXPECT_EQ(graph.kernel_set, "sglang-24692");
  EXPECT_DOUBLE_EQ(graph.stages.at(Stage::kMoe).low_ns, 35e6);
  EXPECT_DOUBLE_EQ(graph.stages.at(Stage::kFlashMla).high_ns, 12e6);
  EXPECT_EQ(row("sgl24047-tp8-nograph").graph, false);
  EXPECT_NEAR(row("ambient-fp4-triton-triton").tpot_ns(), 1e9 / 21, 1);
}

TEST(PublishedRows, WithoutContextAreNeverCalledStated) {
  EXPECT_FALSE(row("sgl24047-tp8-graph").stated());
  EXPECT_EQ(row("sgl24047-tp8-graph").assumed.count("context"), 1u);
  EXPECT_TRUE(row("ambient-hc-scalar-4096").stated());
}

TEST(PublishedRows, SpeculativeOnesWithoutAcceptanceAreExcluded) {
  EXPECT_FALSE(row("lil-r7-tp2-01").usable());
  const PublishedRow& verifier = row("lil-r29-text-k5");
  EXPECT_TRUE(verifier.usable());
  EXPECT_NEAR(verifier.speculation->tokens_per_step, 212.3 / 75.59, 1e-3);
}

TEST(PublishedRows, TimeOfATokenFromEveryMetric) {
  nlohmann::json json = minimal();
  EXPECT_DOUBLE_EQ(rows_of({json})[0].tpot_ns(), 2e9 / 50);
  json["metric"] = "tok_s_per_user";
  EXPECT_DOUBLE_EQ(rows_of({json})[0].tpot_ns(), 1e9 / 50);
  json["metric"] = "tpot_ms";
  EXPECT_DOUBLE_EQ(rows_of({json})[0].tpot_ns(), 50e6);
}

TEST(PublishedRows, RefuseWhatIsMissingUnknownOrTwice) {
  for (const char* field : {"model", "device", "tp", "batch", "context", "graph", "metric"}) {
    nlohmann::json json = minimal();
    json.erase(field);
    EXPECT_THAT(refusal({json}), HasSubstr(field));
  }
  nlohmann::json json = minimal();
  json["tpp"] = 4;
  EXPECT_THAT(refusal({json}), HasSubstr("/0/tpp: unknown field"));
  EXPECT_THAT(refusal({minimal(), minimal()}), HasSubstr("/1/id"));
  json = minimal();
  json["stages_ms"] = {{"moe", {5, 4}}};
  EXPECT_THAT(refusal({json}), HasSubstr("rows.json: /0/stages_ms/moe"));
  json = minimal();
  json["value"] = -1;
  EXPECT_THAT(refusal({json}), HasSubstr("positive"));
  EXPECT_THROW((void)published_rows_from_json(nlohmann::json::object(), "x"), Error);
}

TEST(PublishedRows, BecomeConfigurations) {
  for (const PublishedRow& r : published_rows()) {
    if (!r.usable()) continue;
    const Configuration c = configuration_of(r, {});
    EXPECT_EQ(c.device.name, r.device);
    EXPECT_GE(c.context, 1);
  }
  const Configuration c = configuration_of(row("lil-r29-text-k5"), {});
  double tokens = 1;
  for (int k = 1; k <= 5; ++k) tokens += std::pow(c.speculation.acceptance, k);
  EXPECT_NEAR(tokens, 212.3 / 75.59, 1e-3);
}

TEST(Microbenchmarks, HoldEveryRow) {
  EXPECT_EQ(microbenchmarks().size(), 140u);
  for (const Microbench& m : microbenchmarks()) EXPECT_NE(m.use.empty(), m.excluded.empty());
  const Microbench& first = microbenchmarks().front();
  EXPECT_EQ(first.ranks, 4);
  EXPECT_DOUBLE_EQ(first.payload_bytes.value(), 1024);
  EXPECT_DOUBLE_EQ(first.nccl_ns.value(), 13500);
  EXPECT_DOUBLE_EQ(first.oneshot_ns.value(), 6100);
}

}  // namespace
}  // namespace dscope::model
