// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/roofline.h"

#include "model/device_catalog.h"
#include "tests/profiler/support/filled_profile.h"
#include "tests/profiler/support/sample_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dscope::view_data {
namespace {

using profile::testing::sample_op;
using profile::testing::sample_profile;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(RooflineCeilings, KnowGpusByTheNamesThatDriversGiveThem) {
  const std::pair<const char*, const char*> names[] = {
      {"NVIDIA GeForce RTX 5090", "rtx-5090"},
      {"NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "rtx-pro-6000"},
      {"NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", "rtx-pro-6000-max-q"},
      {"NVIDIA RTX PRO 6000 Blackwell Server Edition", "rtx-pro-6000-server"},
      {"NVIDIA H200", "h200"},
      {"NVIDIA H100 80GB HBM3", "h100-sxm"},
      {"NVIDIA GB10", "dgx-spark-gb10"},
  };
  for (const auto& [driver, ours] : names) {
    const model::Device* device = device_called(driver);
    ASSERT_NE(device, nullptr) << driver;
    EXPECT_EQ(device->name, ours) << driver;
  }
  EXPECT_EQ(device_called("Some CPU"), nullptr);
  EXPECT_EQ(device_called(""), nullptr);
}

TEST(RooflineCeilings, TheFloorIsTheLargerOfBothTimes) {
  DeviceCeilings ceilings;
  ceilings.list.push_back({"DRAM", true, 100, "", true, ""});
  ceilings.list.push_back({"tensor", false, 1000, "", true, ""});
  EXPECT_EQ(ceilings.floor_ns(1000, 100), 10);
  EXPECT_EQ(ceilings.floor_ns(1000, 50'000), 50);
  EXPECT_EQ(DeviceCeilings().floor_ns(1000, 1000), 0);
}

TEST(RooflineCeilings, OfADocumentTheMeasuredBandwidthDecides) {
  profile::Profile profile = sample_profile();
  profile.workload->backend = "cuda";
  profile.device->gpus.emplace_back().name = "NVIDIA H200";
  const DeviceCeilings ceilings = ceilings_of(profile);
  EXPECT_EQ(ceilings.bandwidth_gbps(), 4);
  EXPECT_GT(ceilings.compute_gflops(), 1e5);
  EXPECT_EQ(ceilings.device, "NVIDIA H200");
  EXPECT_TRUE(ceilings_of(profile::Profile()).list.empty());
}

TEST(Roofline, ComputesRatesFromWorkAndMeanTime) {
  const profile::Profile profile = sample_profile();
  const RooflineSeries series = roofline_series({"a", &profile});
  ASSERT_EQ(series.points.size(), 1U);  // collectives have no place on a roofline of DRAM
  const RooflinePoint& point = series.points[0];
  EXPECT_EQ(point.name, "moe.routed");
  EXPECT_EQ(point.time_ns, 650);
  EXPECT_EQ(point.gbps, 2);
  EXPECT_EQ(point.gflops, 4);
  EXPECT_EQ(point.intensity, 2);
  EXPECT_EQ(point.floor_ns, 325);  // 1300 bytes at 4 GB/s
  EXPECT_EQ(point.of_floor, 0.5);
  EXPECT_EQ(point.limit, "dram");
  EXPECT_TRUE(point.on_chart);
}

TEST(Roofline, FallsBackToWholeStages) {
  profile::Profile profile = sample_profile();
  profile.measurement->kernels[0].name = "void moe_kernel<8, 2>()";
  profile.workload->ops.push_back(sample_op("moe.shared", Stage::kMoe, 700, 0));
  const RooflineSeries series = roofline_series({"a", &profile});
  ASSERT_EQ(series.points.size(), 1U);
  EXPECT_EQ(series.points[0].name, "MoE (all ops)");
  EXPECT_EQ(series.points[0].bytes, 2000);
  EXPECT_EQ(series.points[0].time_ns, 650);
}

TEST(Roofline, NeverGivesAStagesTimeToWhatIsLeftOfIt) {
  profile::Profile profile = sample_profile();
  profile.workload->ops.push_back(sample_op("moe.shared", Stage::kMoe, 700, 0));
  const RooflineSeries series = roofline_series({"a", &profile});
  EXPECT_EQ(series.points.size(), 1U);
  EXPECT_THAT(series.notes, Contains(HasSubstr("1 op without a kernel")));
}

TEST(Roofline, ReadsPredictions) {
  model::Outcome outcome;
  outcome.ops.push_back({.op = Op::kMoeRouted,
                         .launches = 86,
                         .time_ns = 1000,
                         .limit = "dram",
                         .bytes = 1e6,
                         .flops = 4e6});
  outcome.ops.push_back({.op = Op::kMoeAllReduce, .time_ns = 500});
  const model::Device device = model::find_device("rtx-5090");
  const RooflineSeries series = roofline_series("predicted", outcome, device, false);
  ASSERT_EQ(series.points.size(), 1U);
  EXPECT_EQ(series.kind, profile::Kind::kPredicted);
  EXPECT_EQ(series.points[0].intensity, 4);
  EXPECT_EQ(series.points[0].limit, "dram");
  EXPECT_NEAR(*series.points[0].floor_ns, 1e6 / 1792, 1e-9);
}

TEST(Roofline, ChartHoldsAllPointsAndTheRidge) {
  profile::Profile profile = sample_profile();
  profile.workload->backend = "cuda";
  profile.device->gpus.emplace_back().name = "NVIDIA H200";
  const std::vector<RooflineSeries> series{roofline_series({"a", &profile})};
  const RooflineChart chart = roofline_chart(series, 0);
  EXPECT_EQ(chart.problem, "");
  for (const RooflinePoint& point : series[0].points) {
    EXPECT_GE(*point.intensity, chart.x_low);
    EXPECT_LE(*point.intensity, chart.x_high);
    EXPECT_GE(point.gflops, chart.y_low);
    EXPECT_LE(point.gflops, chart.y_high);
  }
  EXPECT_GE(chart.lines.size(), 3U);
  for (const CeilingLine& line : chart.lines) {
    EXPECT_LT(line.x0, line.x1);
    EXPECT_GE(line.x0, chart.x_low * 0.999);
    EXPECT_LE(line.x1, chart.x_high * 1.001);
    EXPECT_LE(line.y1, chart.y_high * 1.001);
    if (line.ceiling->is_bandwidth) {
      EXPECT_NEAR(line.y0 / line.x0, line.ceiling->value, line.ceiling->value * 1e-9);
    } else {
      EXPECT_EQ(line.y0, line.y1);
    }
  }
}

TEST(Roofline, EmptyAndHostileDocuments) {
  const profile::Profile empty;
  const RooflineSeries nothing = roofline_series({"e", &empty});
  EXPECT_TRUE(nothing.points.empty());
  EXPECT_FALSE(nothing.notes.empty());
  EXPECT_NE(roofline_chart({}, 0).problem, "");

  profile::Profile hostile = profile::testing::filled_profile();
  hostile.measurement->kernels[0].name = "moe.routed";
  hostile.measurement->kernels[0].total_ns = std::numeric_limits<std::int64_t>::max();
  hostile.measurement->kernels[1].name = "moe.shared";
  hostile.measurement->kernels[1].total_ns = 0;
  hostile.device->read_bandwidth_gbps = 1e-300;
  hostile.workload->ops = {sample_op("moe.routed", Stage::kMoe, 1e308, 0),
                           sample_op("moe.shared", Stage::kMoe, 1e-300, 0),
                           sample_op("embed", Stage::kEmbed, std::nan(""), 0)};
  hostile.workload->ops[0].weight_bytes = 1e308;
  const std::vector<RooflineSeries> series{nothing, roofline_series({"h", &hostile})};
  const RooflineChart chart = roofline_chart(series, 1);
  EXPECT_TRUE(std::isfinite(chart.x_low) && std::isfinite(chart.x_high));
  EXPECT_LT(chart.y_low, chart.y_high);
  EXPECT_NO_THROW((void)to_csv(roofline_table(series)));
}

}  // namespace
}  // namespace dscope::view_data
