// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/stream.h"

#include "model/device_catalog.h"
#include "model/occupancy.h"

#include <gtest/gtest.h>

namespace dscope::model {
namespace {

Machine pro_6000() {
  return machine(find_device("rtx-pro-6000"), std::nullopt);
}

// 99 KiB of a block, 100 KiB of an SM, 1 KiB of it reserved a block: CUDA programming guide.
TEST(Occupancy, ByEachResource) {
  const Machine m = pro_6000();
  EXPECT_EQ(occupancy({.warps = 8, .shared_bytes = 40 * 1024}, m).blocks_per_sm, 2);
  EXPECT_TRUE(occupancy({.warps = 8, .shared_bytes = 40 * 1024}, m).by_shared);
  EXPECT_EQ(occupancy({.warps = 16}, m).blocks_per_sm, 3);  // 48 warps
  EXPECT_FALSE(occupancy({.warps = 16}, m).by_shared);
  // 65536 registers: 128 of each of 256 threads are half of them.
  EXPECT_EQ(occupancy({.warps = 8, .registers = 128}, m).blocks_per_sm, 2);
  EXPECT_EQ(occupancy({.warps = 4, .most_per_sm = 1}, m).blocks_per_sm, 1);
}

TEST(Occupancy, SaysWhatDoesNotLaunch) {
  const Machine small = pro_6000();
  const Machine large = machine(find_device("h200"), std::nullopt);
  const BlockShape block{.warps = 8, .shared_bytes = 128 * 1024};
  EXPECT_FALSE(occupancy(block, small).launches);
  EXPECT_TRUE(occupancy(block, large).launches);
  EXPECT_TRUE(occupancy({.warps = 8, .shared_bytes = 101'376}, small).launches);
  EXPECT_FALSE(occupancy({.warps = 8, .shared_bytes = 101'377}, small).launches);
}

TEST(Waves, CountTheTail) {
  Machine m = pro_6000();
  m.sms = 100;
  EXPECT_EQ(waves(100, 1, m).waves, 1);
  EXPECT_EQ(waves(100, 1, m).efficiency, 1);
  EXPECT_EQ(waves(101, 1, m).busiest, 2);
  EXPECT_NEAR(waves(101, 1, m).efficiency, 0.505, 1e-9);
  EXPECT_EQ(waves(50, 4, m).resident, 1);
}

TEST(AchievedBandwidth, IsLittlesLawUnderTheCeiling) {
  // 100 kB in flight at 1000 ns are 100 GB/s, far below the ceiling.
  EXPECT_NEAR(achieved_gbps(100e3, 1000, 4000), 100, 0.1);
  EXPECT_NEAR(achieved_gbps(100e6, 1000, 4000), 4000, 1);
  EXPECT_EQ(achieved_gbps(0, 1000, 4000), 4000);
  EXPECT_EQ(achieved_gbps(100e3, 0, 4000), 4000);
  double before = 0;
  for (double bytes = 1e3; bytes < 1e9; bytes *= 1.5) {
    const double reached = achieved_gbps(bytes, 700, 1600);
    EXPECT_GT(reached, before);
    EXPECT_LE(reached, 1600);
    before = reached;
  }
}

TEST(StreamTime, IsTheLongestPartAndSaysWhich) {
  const Machine m = pro_6000();
  const StreamEfficiency ideal;
  const auto limit = [&](const StreamWork& work) { return stream_time(work, ideal, m).limit(); };
  EXPECT_EQ(limit({.bytes = 1e9}), Limit::kDram);
  EXPECT_NEAR(stream_time({.bytes = 1e9}, ideal, m).total(), 1e9 / m.dram_gbps, 1);
  EXPECT_EQ(limit({.bytes = 1e6, .l2_bytes = 1e9}), Limit::kL2);
  EXPECT_EQ(limit({.bytes = 1e6, .tensor_flops = 1e12}), Limit::kTensor);
  EXPECT_EQ(limit({.bytes = 1e6, .instructions = 1e12}), Limit::kIssue);
  EXPECT_EQ(limit({.bytes = 1e6, .cuda_core_flops = 1e12}), Limit::kIssue);
}

// One warp alone takes its chain, many warps the issue rate; in between the squares add up.
TEST(StreamTime, WaitingForOwnResultsAddsToIssue) {
  const Machine m = pro_6000();
  StreamWork work{.bytes = 1e3, .instructions = 1e10};
  const double issue = stream_time(work, {}, m).total();
  work.chain_ns = issue;
  EXPECT_NEAR(stream_time(work, {}, m).total(), std::sqrt(2) * issue, 1e-6 * issue);
  work.chain_ns = 100 * issue;
  EXPECT_NEAR(stream_time(work, {}, m).total(), 100 * issue, 0.01 * issue);
  EXPECT_EQ(stream_time(work, {}, m).limit(), Limit::kIssue);
}

TEST(StreamTime, MemoryAndInstructionsNeverWhollyHideBehindEachOther) {
  const Machine m = pro_6000();
  StreamWork work{.bytes = 1e9};
  const double memory = stream_time(work, {}, m).total();
  work.serial_ns = memory;
  EXPECT_NEAR(stream_time(work, {}, m).total(), std::sqrt(2) * memory, 1e-6 * memory);
  work.serial_ns = 3 * memory;
  EXPECT_EQ(stream_time(work, {}, m).limit(), Limit::kIssue);
  work.serial_ns = memory / 3;
  EXPECT_EQ(stream_time(work, {}, m).limit(), Limit::kDram);
}

TEST(KeptShare, IsAllUpToHalfOfL2AndNothingFromAllOfItOn) {
  const Machine m = pro_6000();
  EXPECT_EQ(kept_share(m.l2_bytes / 2, m), 1);
  EXPECT_NEAR(kept_share(0.75 * m.l2_bytes, m), 0.5, 1e-9);
  EXPECT_EQ(kept_share(m.l2_bytes, m), 0);
}

TEST(L1, IsWhatTheStepsOfSharedMemoryLeave) {
  constexpr double kKib = 1024;
  const Machine large = machine(find_device("h200"), {});
  EXPECT_EQ(l1_bytes(0, large), 256 * kKib);
  EXPECT_EQ(l1_bytes(101 * kKib, large), (256 - 132) * kKib);
  EXPECT_EQ(l1_bytes(228 * kKib, large), 28 * kKib);
  EXPECT_EQ(l1_bytes(33 * kKib, pro_6000()), 64 * kKib);
  EXPECT_EQ(l1_bytes(65 * kKib, pro_6000()), 28 * kKib);
}

TEST(StreamTime, StarvesWithFewLoadsInFlight) {
  const Machine m = pro_6000();
  const StreamEfficiency loaded{.latency_factor = 1};
  StreamWork work{.bytes = 1e9, .in_flight_bytes = 1024, .by_shared = true};
  EXPECT_EQ(stream_time(work, loaded, m).limit(), Limit::kSmem);
  work.by_shared = false;
  EXPECT_EQ(stream_time(work, loaded, m).limit(), Limit::kConcurrency);
  const double starved = stream_time(work, loaded, m).total();
  EXPECT_NEAR(starved, 1e9 * m.dram_latency_ns / (1024 * m.sms), 0.01 * starved);
  work.in_flight_bytes = 1e6;
  EXPECT_EQ(stream_time(work, loaded, m).limit(), Limit::kDram);
}

TEST(StreamTime, NeverShrinksWithWorkNorGrowsWithHardware) {
  const StreamEfficiency loaded{.dram = 0.9, .latency_factor = 1.2, .l2 = 0.8};
  for (const double in_flight : {512.0, 8e3, 64e3}) {
    for (const double balance : {0.3, 0.8, 1.0}) {
      StreamWork work{.bytes = 1e7,
                      .in_flight_bytes = in_flight,
                      .active_sms = 90,
                      .balance = balance,
                      .instructions = 1e8};
      double before = 0;
      for (work.bytes = 1e5; work.bytes < 1e10; work.bytes *= 1.7) {
        const double ns = stream_time(work, loaded, pro_6000()).total();
        EXPECT_GE(ns, before);
        before = ns;
      }
      Machine m = pro_6000();
      before = 1e30;
      for (m.dram_gbps = 100; m.dram_gbps < 8000; m.dram_gbps *= 1.2) {
        const double ns = stream_time(work, loaded, m).total();
        EXPECT_LE(ns, before * (1 + 1e-12));
        before = ns;
      }
    }
  }
}

// Clocks under power limits: the published table, linear in between, boost at the card's own limit.
TEST(Power, FollowsTheTable) {
  const Device d = find_device("rtx-pro-6000");
  EXPECT_EQ(clock_mhz(d, 300), 1031);
  EXPECT_NEAR(clock_mhz(d, 350), (1031 + 1375) / 2.0, 1e-9);
  EXPECT_EQ(clock_mhz(d, 600), 2617);
  EXPECT_EQ(clock_mhz(d, std::nullopt), 2617);
  EXPECT_NEAR(clock_mhz(d, 75), 303, 1e-9);
  EXPECT_EQ(clock_mhz(find_device("h200"), 300), 1980);  // no table
  const Machine slow = machine(d, 300);
  const Machine fast = machine(d, std::nullopt);
  EXPECT_NEAR(slow.bf16_flops_per_ns / fast.bf16_flops_per_ns, 1031.0 / 2617, 1e-9);
  EXPECT_NEAR(slow.lanes_per_sm, 128, 1);
  EXPECT_NEAR(fast.lanes_per_sm, 128, 1);
}

}  // namespace
}  // namespace dscope::model
