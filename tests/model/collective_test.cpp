// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/collective.h"

#include <gtest/gtest.h>

namespace dscope::model {
namespace {

double all_reduce_ns(const char* interconnect, std::int64_t ranks, double bytes, AllReduce choice,
                     const char* set = "dscope") {
  const KernelValues kernels(find_kernel_set(set));
  return all_reduce_time(bytes, fabric(find_interconnect(interconnect), ranks), kernels, choice)
      .time.total();
}

TEST(AllReduce, OneRankNeedsNone) {
  for (const AllReduce choice : {AllReduce::kKernelSet, AllReduce::kNccl, AllReduce::kOneShot}) {
    EXPECT_EQ(all_reduce_ns("pcie5-switch", 1, 8192, choice), 0);
  }
}

// Public all-reduce tables of boxes with RTX PRO 6000 cards: within a quarter.
TEST(AllReduce, IsNearPublishedTimes) {
  struct Row {
    const char* box;
    std::int64_t ranks;
    double bytes;
    AllReduce choice;
    double us;
  };
  for (const Row& row :
       std::initializer_list<Row>{{"pcie5-switch", 4, 8192, AllReduce::kNccl, 13.9},
                                  {"pcie5-switch", 8, 8192, AllReduce::kNccl, 24.2},
                                  {"pcie5-switch", 8, 32768, AllReduce::kNccl, 24.5},
                                  {"pcie5-dual-socket", 8, 32768, AllReduce::kNccl, 26.2},
                                  {"pcie5-switch", 4, 8192, AllReduce::kOneShot, 6.4},
                                  {"pcie5-switch", 4, 65536, AllReduce::kOneShot, 11.8},
                                  {"pcie5-switch", 8, 1024, AllReduce::kOneShot, 7.5},
                                  {"pcie5-switch", 4, 1048576, AllReduce::kOneShot, 95.6},
                                  {"pcie5-dual-socket", 4, 1048576, AllReduce::kNccl, 62.6}}) {
    const double us = all_reduce_ns(row.box, row.ranks, row.bytes, row.choice) / 1000;
    EXPECT_NEAR(us, row.us, 0.25 * row.us) << row.box << " " << row.ranks << " " << row.bytes;
  }
}

// Through host memory a long vector takes Simple, whose steps are slow there, and never LL128.
TEST(AllReduce, IsStagedByProtocol) {
  const KernelValues k(find_kernel_set("dscope"));
  const Fabric links = fabric(find_interconnect("pcie5-host-memory"), 4);
  EXPECT_TRUE(links.staged);
  EXPECT_EQ(all_reduce_time(8192, links, k, AllReduce::kNccl).protocol, Protocol::kLl);
  EXPECT_EQ(all_reduce_time(4 << 20, links, k, AllReduce::kNccl).protocol, Protocol::kSimple);
  EXPECT_NEAR(all_reduce_ns("pcie5-host-memory", 4, 8192, AllReduce::kNccl), 17.5e3, 2e3);
  EXPECT_FALSE(fabric(find_interconnect("pcie5-switch"), 4).staged);
}

TEST(AllReduce, OneShotWinsSmallAndLosesLarge) {
  const auto ns = [](double bytes, AllReduce choice) {
    return all_reduce_ns("pcie5-switch", 8, bytes, choice);
  };
  EXPECT_LT(ns(8192, AllReduce::kOneShot), ns(8192, AllReduce::kNccl));
  EXPECT_GT(ns(4 << 20, AllReduce::kOneShot), ns(4 << 20, AllReduce::kNccl));
  EXPECT_GT(ns(4 << 20, AllReduce::kOneShot), ns(4 << 20, AllReduce::kTwoShot));
}

// Half the hops of a ring, N / 2 times its bytes.
TEST(AllReduce, GatheringSavesHopsAndMovesMore) {
  const auto ns = [](double bytes, AllReduce choice) {
    return all_reduce_ns("pcie5-no-p2p", 8, bytes, choice);
  };
  EXPECT_LT(ns(8192, AllReduce::kGathered), 0.6 * ns(8192, AllReduce::kNccl));
  EXPECT_EQ(ns(8192, AllReduce::kKernelSet), ns(8192, AllReduce::kGathered));
  EXPECT_GT(ns(16 << 20, AllReduce::kGathered), ns(16 << 20, AllReduce::kNccl));
  EXPECT_EQ(ns(16 << 20, AllReduce::kKernelSet), ns(16 << 20, AllReduce::kNccl));
}

// kernels/comm/rank_sum.h: 64 KiB of all ranks' parts; in float32 while that fits.
TEST(AllReduce, GathersByTheBytesOfAllRanks) {
  const KernelValues k(find_kernel_set("dscope"));
  const auto ns = [&](std::int64_t ranks, double bytes, AllReduce choice) {
    return all_reduce_time(bytes, fabric(find_interconnect("nvlink4"), ranks), k, choice)
        .time.total();
  };
  constexpr double kKiB = 1024;
  EXPECT_EQ(ns(4, 16 * kKiB, AllReduce::kKernelSet), ns(4, 16 * kKiB, AllReduce::kGathered));
  EXPECT_EQ(ns(4, 17 * kKiB, AllReduce::kKernelSet), ns(4, 17 * kKiB, AllReduce::kNccl));
  EXPECT_EQ(ns(2, 17 * kKiB, AllReduce::kKernelSet), ns(2, 17 * kKiB, AllReduce::kGathered));
  // Float32 parts of 8 KiB are as long as BF16 parts of 16 KiB.
  EXPECT_EQ(ns(4, 8 * kKiB, AllReduce::kKernelSet), ns(4, 16 * kKiB, AllReduce::kKernelSet));
  EXPECT_LT(ns(4, 9 * kKiB, AllReduce::kKernelSet), ns(4, 8 * kKiB, AllReduce::kKernelSet));
}

TEST(AllReduce, IsSlowerWithoutP2pAndWithANarrowUplink) {
  EXPECT_GT(all_reduce_ns("pcie5-no-p2p", 8, 8192, AllReduce::kNccl),
            4 * all_reduce_ns("pcie5-dual-socket", 8, 8192, AllReduce::kNccl));
  EXPECT_GT(all_reduce_ns("pcie5-narrow-uplink", 8, 1 << 20, AllReduce::kOneShot),
            2 * all_reduce_ns("pcie5-switch", 8, 1 << 20, AllReduce::kOneShot));
}

TEST(AllReduce, NeverShrinksWithBytesOrRanks) {
  for (const Interconnect& i : interconnects()) {
    for (const AllReduce choice :
         {AllReduce::kNccl, AllReduce::kOneShot, AllReduce::kTwoShot, AllReduce::kGathered}) {
      double before = 0;
      for (double bytes = 64; bytes < 1e9; bytes *= 2) {
        const double ns = all_reduce_ns(i.name.c_str(), 8, bytes, choice);
        EXPECT_GE(ns, before) << i.name;
        before = ns;
      }
      before = 0;
      for (std::int64_t ranks = 1; ranks <= 8; ++ranks) {
        const double ns = all_reduce_ns(i.name.c_str(), ranks, 8192, choice);
        EXPECT_GE(ns, before) << i.name << " " << ranks;
        before = ns;
      }
    }
  }
}

TEST(AllReduce, IdealKernelsNeedTheLinksBandwidthAlone) {
  EXPECT_NEAR(all_reduce_ns("nvlink4", 8, 1e6, AllReduce::kKernelSet, "roofline"),
              2 * 7 / 8.0 * 1e6 / 450, 1e-6);
}

TEST(AllGather, MovesWhatOthersHave) {
  const KernelValues ideal(roofline_kernel_set());
  const Fabric f = fabric(find_interconnect("nvlink4"), 8);
  EXPECT_NEAR(all_gather_time(1e6, f, ideal, AllReduce::kKernelSet).time.total(),
              7 / 8.0 * 1e6 / 450, 1e-6);
  EXPECT_EQ(all_gather_time(1e6, fabric(find_interconnect("nvlink4"), 1), ideal, AllReduce::kNccl)
                .time.total(),
            0);
}

}  // namespace
}  // namespace dscope::model
