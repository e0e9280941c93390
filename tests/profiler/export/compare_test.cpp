// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/compare.h"

#include "tests/profiler/support/sample_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace dscope::exporter {
namespace {

using profile::Profile;
using profile::testing::sample_kernel;
using profile::testing::sample_profile;
using profile::testing::sample_step;
using ::testing::Contains;
using ::testing::HasSubstr;

// `steps` steps of 100 us: MoE takes 60 us times `factor`, NCCL 20 us, noise of the given share.
Profile noisy(double factor, double noise, unsigned seed, int steps = 30) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(1, noise);
  Profile profile = sample_profile();
  profile.measurement->steps.clear();
  std::vector<std::int64_t> moe_ns;
  std::vector<std::int64_t> nccl_ns;
  for (int i = 0; i < steps; ++i) {
    moe_ns.push_back(static_cast<std::int64_t>(60'000 * factor * normal(random)));
    nccl_ns.push_back(static_cast<std::int64_t>(20'000 * normal(random)));
    profile.measurement->steps.push_back(
        sample_step(i, moe_ns.back(), nccl_ns.back(), moe_ns.back() + nccl_ns.back() + 20'000));
  }
  profile.measurement->kernels = {sample_kernel("moe.routed", Stage::kMoe, moe_ns),
                                  sample_kernel("moe.all_reduce", Stage::kNccl, nccl_ns)};
  return profile;
}

const Delta& stage(const Comparison& c, Stage s) {
  return c.stages.at(static_cast<std::size_t>(s));
}

TEST(Compare, ADocumentIsTheSameAsItself) {
  const Comparison c = compare(sample_profile(), sample_profile());
  EXPECT_EQ(c.step.verdict, Verdict::kSame);
  for (const Delta& d : c.stages) EXPECT_EQ(d.verdict, Verdict::kSame) << d.id;
  for (const Delta& d : c.ops) EXPECT_EQ(d.verdict, Verdict::kSame) << d.id;
  EXPECT_DOUBLE_EQ(c.step.delta_ns().value(), 0);
}

TEST(Compare, TwoQuietRunsOfTheSameThingAreTheSame) {
  EXPECT_EQ(compare(noisy(1, 0.002, 1), noisy(1, 0.002, 2)).step.verdict, Verdict::kSame);
}

TEST(Compare, ASlowerStageIsFound) {
  const Comparison c = compare(noisy(1, 0.01, 1), noisy(1.3, 0.01, 2));
  EXPECT_EQ(stage(c, Stage::kMoe).verdict, Verdict::kSlower);
  EXPECT_NEAR(stage(c, Stage::kMoe).relative().value(), 0.3, 0.02);
  EXPECT_EQ(c.step.verdict, Verdict::kSlower);
  EXPECT_EQ(stage(c, Stage::kIndexer).verdict, Verdict::kSame) << "absent from both";
  EXPECT_EQ(c.ops.at(0).id, "moe.routed") << "largest difference first";
  EXPECT_EQ(c.ops.at(0).verdict, Verdict::kSlower);
}

TEST(Compare, SwappingTheDocumentsTurnsTheVerdict) {
  const Comparison c = compare(noisy(1.3, 0.01, 2), noisy(1, 0.01, 1));
  EXPECT_EQ(stage(c, Stage::kMoe).verdict, Verdict::kFaster);
  EXPECT_EQ(c.step.verdict, Verdict::kFaster);
}

TEST(Compare, NoiseLargerThanTheDifferenceIsAmbiguous) {
  const Comparison c = compare(noisy(1, 0.3, 1, 10), noisy(1.05, 0.3, 2, 10));
  EXPECT_EQ(c.step.verdict, Verdict::kAmbiguous);
  EXPECT_THAT(c.step.reason, HasSubstr("measure more steps"));
}

TEST(Compare, OneSampleEachIsAmbiguous) {
  const Comparison c = compare(noisy(1, 0.01, 1, 1), noisy(2, 0.01, 2, 1));
  EXPECT_EQ(c.step.verdict, Verdict::kAmbiguous);
  EXPECT_THAT(c.step.reason, HasSubstr("single sample"));
}

TEST(Compare, AFewQuietSamplesCanDecide) {
  EXPECT_EQ(compare(noisy(1, 0.001, 1, 3), noisy(1.5, 0.001, 2, 3)).step.verdict, Verdict::kSlower);
}

TEST(Compare, TheThresholdDecidesWhatMatters) {
  const Profile a = noisy(1, 0.0005, 1);
  const Profile b = noisy(1.01, 0.0005, 2);  // MoE 1 % slower
  EXPECT_EQ(stage(compare(a, b), Stage::kMoe).verdict, Verdict::kSame);
  EXPECT_EQ(stage(compare(a, b, {0.001}), Stage::kMoe).verdict, Verdict::kSlower);
}

TEST(Compare, UntracedStepsDecideTheStepWhereBothHaveThem) {
  Profile a = noisy(1, 0.001, 1);
  Profile b = noisy(1, 0.001, 2);
  a.measurement->perturbation.emplace().untraced_wall_ns = {100, 101, 102, 100, 101, 102};
  b.measurement->perturbation.emplace().untraced_wall_ns = {50, 51, 52, 50, 51, 52};
  const Comparison c = compare(a, b);
  EXPECT_DOUBLE_EQ(c.step.a_ns.value(), 101);
  EXPECT_EQ(c.step.verdict, Verdict::kFaster);
}

struct Change {
  const char* name;
  void (*apply)(Profile&);
  const char* reason;
};

TEST(Compare, DifferentWorkIsNotComparable) {
  const std::vector<Change> changes{
      {"batch", [](Profile& p) { p.workload->batch = 4; }, "batch differs: 2 against 4"},
      {"numerics", [](Profile& p) { p.workload->numerics = Numerics::kExact; },
       "numerics differs: serving against exact"},
      {"model", [](Profile& p) { p.workload->model = preset("dsv4-flash"); },
       "model differs: dsv4-tiny against dsv4-flash"},
      {"layers", [](Profile& p) { p.workload->model->layers = 3; }, "model differs: 0 layers"},
      {"kind", [](Profile& p) { p.provenance->kind = profile::Kind::kPredicted; },
       "kind differs: measured against predicted"},
      {"no steps", [](Profile& p) { p.measurement->steps.clear(); }, "B holds no measured step"},
      {"no marks", [](Profile& p) { p.measurement->has_steps = false; },
       "B is a whole trace without step marks"},
      {"layout",
       [](Profile& p) {
         p.workload->layout = ParallelLayout{4, 1, 0};
       },
       "layout differs: tp 1 ep 1 against tp 4 ep 1"},
  };
  for (const Change& change : changes) {
    Profile a = sample_profile();
    a.workload->layout = ParallelLayout{1, 1, 0};
    Profile b = a;
    change.apply(b);
    const Comparison c = compare(a, b);
    EXPECT_EQ(c.step.verdict, Verdict::kNotComparable) << change.name;
    EXPECT_THAT(c.step.reason, HasSubstr(change.reason)) << change.name;
    EXPECT_EQ(stage(c, Stage::kMoe).verdict, Verdict::kNotComparable) << change.name;
  }
}

// A longer context changes attention and leaves the experts alone.
TEST(Compare, StagesWithEqualWorkStayComparable) {
  Profile a = noisy(1, 0.001, 1);
  a.workload->ops.push_back(profile::testing::sample_op("sparse", Stage::kFlashMla, 1000, 0));
  Profile b = noisy(1.5, 0.001, 2);
  b.workload->ops.push_back(profile::testing::sample_op("sparse", Stage::kFlashMla, 2000, 0));
  b.workload->context_mean = 130;
  const Comparison c = compare(a, b);
  EXPECT_EQ(stage(c, Stage::kMoe).verdict, Verdict::kSlower);
  EXPECT_EQ(stage(c, Stage::kFlashMla).verdict, Verdict::kNotComparable);
  EXPECT_EQ(stage(c, Stage::kFlashMla).reason, "work differs: 1.00 kB against 2.00 kB");
  EXPECT_EQ(stage(c, Stage::kGap).verdict, Verdict::kNotComparable);
  EXPECT_EQ(c.step.verdict, Verdict::kNotComparable);
  EXPECT_EQ(c.step.reason, "FlashMLA: work differs: 1.00 kB against 2.00 kB");
}

TEST(Compare, WithoutCostsTheContextDecides) {
  Profile a = sample_profile();
  Profile b = sample_profile();
  a.workload->ops.clear();
  b.workload->context_mean = 130;
  EXPECT_EQ(compare(a, b).step.reason, "context differs: 65 against 130");
}

TEST(Compare, DevicesMayDiffer) {
  Profile b = sample_profile();
  b.device->host->name = "Another CPU";
  b.measurement->losses.dropped_records = 4;
  const Comparison c = compare(sample_profile(), b);
  EXPECT_EQ(c.step.verdict, Verdict::kSame);
  EXPECT_THAT(c.notes, Contains(HasSubstr("device differs: Some CPU, 0 threads against Another")));
  EXPECT_THAT(c.notes, Contains("B lost 4 records"));
}

TEST(Compare, OpsOfOneDocumentOnlyAreListed) {
  Profile b = sample_profile();
  b.measurement->kernels[0].name = "moe.fused";
  const Comparison c = compare(sample_profile(), b);
  ASSERT_EQ(c.ops.size(), 3u);
  EXPECT_EQ(c.ops[0].verdict, Verdict::kNotComparable);
  EXPECT_THAT(c.ops[0].reason, ::testing::AnyOf("only in A", "only in B"));
}

TEST(Gate, FailsOnASlowerStage) {
  const Comparison c = compare(noisy(1, 0.005, 1), noisy(1.3, 0.005, 2));
  const GateResult strict = gate(c, 5);
  EXPECT_FALSE(strict.passed);
  EXPECT_THAT(strict.reasons, Contains(HasSubstr("MoE is 30.")));
  EXPECT_TRUE(gate(c, 50).passed);
}

TEST(Gate, FasterPasses) {
  EXPECT_TRUE(gate(compare(noisy(1.3, 0.005, 1), noisy(1, 0.005, 2)), 1).passed);
}

TEST(Gate, AmbiguousPassesWithAWord) {
  const GateResult result = gate(compare(noisy(1, 0.3, 1, 10), noisy(1.05, 0.3, 2, 10)), 1);
  EXPECT_TRUE(result.passed);
  EXPECT_THAT(result.reasons, Contains(HasSubstr("undecided: ")));
}

TEST(Gate, NotComparableFails) {
  Profile b = sample_profile();
  b.workload->batch = 8;
  const GateResult result = gate(compare(sample_profile(), b), 100);
  EXPECT_FALSE(result.passed);
  EXPECT_THAT(result.reasons, Contains(HasSubstr("not comparable: batch differs")));
}

TEST(CompareOutput, Json) {
  Profile b = sample_profile();
  b.measurement->kernels[0].name = "bad \xff name";
  const Comparison c = compare(sample_profile(), b);
  const GateResult result = gate(c, 5);
  const auto json = nlohmann::json::parse(render(c, &result, Format::kJson));
  EXPECT_EQ(json["verdict"], "SAME");
  ASSERT_EQ(json["stages"].size(), kStageCount);
  EXPECT_EQ(json["stages"][0]["id"], "moe");
  EXPECT_EQ(json["stages"][0]["a_ns"], 650);
  EXPECT_EQ(json["stages"][0]["b_ns"], 650);
  EXPECT_EQ(json["stages"][0]["delta_ns"], 0);
  EXPECT_EQ(json["stages"][0]["verdict"], "SAME");
  EXPECT_EQ(json["gate"]["passed"], true);
  EXPECT_FALSE(nlohmann::json(to_json(c, nullptr)).contains("gate"));
}

TEST(CompareOutput, Table) {
  const Comparison c = compare(noisy(1, 0.005, 1), noisy(1.3, 0.005, 2));
  const GateResult result = gate(c, 5);
  const std::string table = render(c, &result, Format::kTable);
  EXPECT_THAT(table, HasSubstr("A: measured: dsv4-tiny"));
  EXPECT_THAT(table, HasSubstr("Verdict  SLOWER\n"));
  EXPECT_THAT(table, HasSubstr("Gate     FAILED\n"));
  EXPECT_THAT(table, ::testing::Not(HasSubstr("Indexer"))) << "took no time in either";
  EXPECT_THAT(render(c, nullptr, Format::kMarkdown), HasSubstr("| MoE |"));
  EXPECT_THAT(render(c, nullptr, Format::kCsv), HasSubstr("\nstage,moe,MoE,"));
}

// Kernels of another library: paired by stage, calls and position.
TEST(Compare, OpsWithOtherNamesAreMatchedByPosition) {
  Profile a = sample_profile();
  Profile b = sample_profile();
  const auto op = [](const char* name, Stage stage, std::int64_t position, std::int64_t ns) {
    profile::KernelSummary kernel =
        profile::testing::sample_kernel(name, stage, {ns, ns + 1, ns - 1});
    kernel.position = position;
    return kernel;
  };
  a.measurement->kernels = {op("triton gate_up", Stage::kMoe, 4, 400),
                            op("triton down", Stage::kMoe, 6, 200),
                            op("gate", Stage::kRouter, 1, 20)};
  b.measurement->kernels = {
      op("cutlass second", Stage::kMoe, 8, 100), op("cutlass first", Stage::kMoe, 3, 300),
      op("gate a", Stage::kRouter, 1, 10), op("gate b", Stage::kRouter, 2, 10)};
  const Comparison comparison = compare(a, b);
  const auto find = [&](const std::string& id) {
    const auto found = std::find_if(comparison.ops.begin(), comparison.ops.end(),
                                    [&](const Delta& delta) { return delta.id == id; });
    return found == comparison.ops.end() ? Delta{} : *found;
  };
  EXPECT_EQ(find("triton gate_up").b_id, "cutlass first");
  EXPECT_EQ(find("triton gate_up").label, "triton gate_up -> cutlass first");
  EXPECT_EQ(find("triton gate_up").delta_ns(), -100);
  EXPECT_EQ(find("triton down").b_id, "cutlass second");
  EXPECT_EQ(find("gate").reason, "only in A") << "one kernel became two: no pair";
  EXPECT_EQ(find("gate a").reason, "only in B");
  EXPECT_EQ(comparison.ops.size(), 5u);
  EXPECT_EQ(to_json(comparison, nullptr)["ops"][0]["b_id"], "cutlass second");
}

}  // namespace
}  // namespace dscope::exporter
