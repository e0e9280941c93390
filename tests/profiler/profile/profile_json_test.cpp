// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/profile/profile_json.h"

#include "tests/profiler/support/filled_profile.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <limits>

namespace dscope::profile {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string error_of(const json& document) {
  try {
    (void)from_json(document, "run.json");
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    return e.what();
  }
  return "no error";
}

json empty_document() {
  return {{"schema", "dscope.profile"}, {"schema_version", 1}};
}

json measured() {
  return to_json(testing::filled_profile());
}

TEST(ProfileJson, EmptyProfileHasOnlySchemaAndVersion) {
  EXPECT_EQ(to_json(Profile{}), empty_document());
  const Profile profile = from_json(empty_document(), "empty.json");
  EXPECT_FALSE(profile.provenance || profile.workload || profile.device || profile.measurement ||
               profile.prediction || profile.calibration);
  EXPECT_EQ(profile.unknown, nullptr);
}

TEST(ProfileJson, EveryFieldSurvivesARoundTrip) {
  const json document = measured();
  EXPECT_EQ(to_json(from_json(document, "full.json")), document);
}

TEST(ProfileJson, ValuesArriveInTheirFields) {
  const Profile p = from_json(json::parse(R"({
    "schema": "dscope.profile", "schema_version": 1,
    "provenance": {"kind": "imported", "seed": 7, "command_line": ["dscope", "import"]},
    "workload": {"layout": {"tp": 4, "ep": 2, "rank": 3}, "numerics": "bf16", "batch": 2,
                 "ops": [{"op": "moe.routed", "stage": "moe", "weight_bytes": 10,
                          "read_bytes": 2.5, "write_bytes": 1}]},
    "measurement": {"losses": {"dropped_records": 5},
      "steps": [{"index": 3, "wall_ns": 100, "busy_ns": 90, "gap_ns": 10, "closure_error": 0.25,
                 "stage_time_ns": {"moe": 60, "nccl": 30}, "stage_launches": {"moe": 2}}]}})"),
                              "values.json");
  EXPECT_EQ(p.provenance->kind, Kind::kImported);
  EXPECT_EQ(p.provenance->seed, 7);
  EXPECT_EQ(p.provenance->command_line, (std::vector<std::string>{"dscope", "import"}));
  EXPECT_EQ(p.workload->layout, (ParallelLayout{4, 2, 3}));
  EXPECT_EQ(p.workload->numerics, Numerics::kBf16);
  EXPECT_EQ(p.workload->ops.at(0).stage, Stage::kMoe);
  EXPECT_DOUBLE_EQ(p.workload->ops.at(0).dram_bytes(), 13.5);
  const StepSample& step = p.measurement->steps.at(0);
  EXPECT_EQ(step.time_ns(Stage::kMoe), 60);
  EXPECT_EQ(step.time_ns(Stage::kNccl), 30);
  EXPECT_EQ(step.time_ns(Stage::kGap), 10);
  EXPECT_EQ(step.stage_launches[static_cast<std::size_t>(Stage::kMoe)], 2);
  EXPECT_FALSE(step.batch.has_value());
  EXPECT_EQ(p.measurement->losses.dropped_records, 5);
  EXPECT_TRUE(p.measurement->has_steps);
}

TEST(ProfileJson, UnknownFieldsSurviveAtEveryLevel) {
  json document = to_json(testing::filled_profile(true));
  document["workload"]["model"]["new_dimension"] = 12;
  document["workload"]["layout"]["pp"] = 2;
  const Profile profile = from_json(document, "future.json");
  EXPECT_EQ(to_json(profile), document);
  EXPECT_TRUE(document["measurement"]["steps"][1].contains("from_the_future"));
  EXPECT_TRUE(document["device"]["gpus"][0].contains("from_the_future"));
}

TEST(ProfileJson, ChecksTheVersion) {
  json document = empty_document();
  document["schema_version"] = 3;
  EXPECT_EQ(error_of(document), "run.json: /schema_version: file is v3, this build reads 1");
}

TEST(ProfileJson, ChecksTheSchema) {
  json document = empty_document();
  document["schema"] = "something.else";
  EXPECT_EQ(error_of(document),
            "run.json: /schema: expected \"dscope.profile\", found \"something.else\"");
  EXPECT_EQ(
      error_of(json::object()),
      "run.json: expected a profile document (\"schema\": \"dscope.profile\"), found other JSON");
  EXPECT_EQ(error_of(json::array()), "run.json: top level: expected an object, found []");
}

struct BadValue {
  const char* pointer;
  json value;
  const char* message;
};

TEST(ProfileJson, EveryComplaintNamesThePlaceAndWhatWasExpected) {
  const std::vector<BadValue> cases{
      {"/measurement/steps/1/wall_ns", "long",
       "run.json: /measurement/steps/1/wall_ns: expected an integer of at least 0, found \"long\""},
      {"/measurement/steps/0/gap_ns", -1,
       "run.json: /measurement/steps/0/gap_ns: expected an integer of at least 0, found -1"},
      {"/measurement/steps/0/wall_ns", nullptr,
       "run.json: /measurement/steps/0/wall_ns: expected an integer of at least 0, found null"},
      {"/measurement/steps", 5, "run.json: /measurement/steps: expected an array, found 5"},
      {"/measurement/steps/0/stage_time_ns",
       {{"gap", 1}},
       "run.json: /measurement/steps/0/stage_time_ns/gap: expected the id of a stage of work as "
       "the key, found 1"},
      {"/measurement/steps/0/stage_time_ns",
       {{"moo", 1}},
       "run.json: /measurement/steps/0/stage_time_ns/moo: expected the id of a stage of work as "
       "the key, found 1"},
      {"/provenance/kind", "guessed",
       "run.json: /provenance/kind: expected one of measured, emulated, predicted, imported, found "
       "\"guessed\""},
      {"/workload/numerics", "fp8",
       "run.json: /workload/numerics: expected one of exact, bf16, serving, serving-a8, found "
       "\"fp8\""},
      {"/workload/routing", 1, "run.json: /workload/routing: expected an object, found 1"},
      {"/workload/layout/tp", 0,
       "run.json: /workload/layout/tp: expected an integer of at least 1, found 0"},
      {"/workload/layout/rank", 1,
       "run.json: /workload/layout/rank: expected an integer from 0 to 0, found 1"},
      {"/device/read_bandwidth_gbps", "fast",
       "run.json: /device/read_bandwidth_gbps: expected a finite number, found \"fast\""},
      {"/provenance/git_dirty", 1,
       "run.json: /provenance/git_dirty: expected true or false, found 1"},
  };
  for (const BadValue& bad : cases) {
    json document = measured();
    document[json::json_pointer(bad.pointer)] = bad.value;
    EXPECT_EQ(error_of(document), bad.message);
  }
}

TEST(ProfileJson, ErrorsInsideTheModelNameTheDocument) {
  json document = measured();
  document["workload"]["model"]["heads"] = "many";
  EXPECT_THAT(error_of(document), HasSubstr("run.json: /workload/model: "));
  EXPECT_THAT(error_of(document), HasSubstr("/heads: expected an integer, found \"many\""));
}

TEST(ProfileJson, LayoutMustFitTheModel) {
  json document = measured();
  document["workload"]["layout"] = {{"tp", 7}, {"ep", 1}, {"rank", 0}};
  EXPECT_THAT(error_of(document), HasSubstr("run.json: /workload/layout: "));
}

TEST(ProfileJson, MissingRequiredFieldIsNamed) {
  json document = measured();
  document["measurement"]["steps"][0].erase("busy_ns");
  EXPECT_EQ(error_of(document),
            "run.json: /measurement/steps/0/busy_ns: expected this field, found none");
}

TEST(ProfileJson, NumbersMustBeFinite) {
  Profile profile;
  profile.device.emplace().read_bandwidth_gbps = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)to_json(profile), Error);
}

class ProfileFile : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::filesystem::path path_ =
      std::filesystem::path(::testing::TempDir()) /
      ("profile_json_test_" +
       std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".json");
};

TEST_F(ProfileFile, WritesAndReads) {
  write_profile(path_, testing::filled_profile(true));
  EXPECT_EQ(to_json(read_profile(path_)), to_json(testing::filled_profile(true)));
}

TEST_F(ProfileFile, KernelNamesOfAnyBytesCanBeWritten) {
  Profile profile = testing::filled_profile();
  profile.measurement->kernels[0].name = "gemm<\"a\\b\", 'ü'>\n\x01";
  profile.measurement->kernels[1].name = "bad \xff\xfe bytes";
  write_profile(path_, profile);
  const Profile back = read_profile(path_);
  EXPECT_EQ(back.measurement->kernels[0].name, profile.measurement->kernels[0].name);
  EXPECT_EQ(back.measurement->kernels[1].name, "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes");
}

TEST_F(ProfileFile, MissingFileIsNamed) {
  try {
    (void)read_profile(path_);
    FAIL() << "expected an error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr(path_.string() + ": cannot open: "));
  }
}

TEST(Losses, SumAndLostRecords) {
  Losses a;
  a.dropped_records = 2;
  a.zero_durations = 3;
  a.outside_steps = 100;       // set aside, not lost
  a.clipped_activities = 100;  // likewise
  Losses b;
  b.dropped_records = 5;
  b.outside_steps_ns = 7;
  a += b;
  EXPECT_EQ(a.dropped_records, 7);
  EXPECT_EQ(a.outside_steps_ns, 7);
  EXPECT_EQ(a.lost_records(), 10);
}

}  // namespace
}  // namespace dscope::profile
