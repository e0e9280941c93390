// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// Tensor and expert parallel decoding gives the logits of one rank.
#include "tests/support/golden.h"
#include "tests/support/thread_communicator.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dscope {
namespace {

using test::Decoded;
using test::Golden;

// Covers the window, both kinds of compression and a few selections, at a quarter of the cost.
constexpr std::int64_t kSteps = 150;

struct Split {
  int tp;
  int ep;
};

class ParallelDecode : public ::testing::TestWithParam<Split> {
 protected:
  static Decoded run(const ParallelLayout& layout, Communicator& comm, const Decoded* forced,
                     Numerics numerics) {
    Checkpoint weights(test::golden_directory());
    return test::decode(
        weights, test::read_golden(test::golden_directory()), comm,
        {.numerics = numerics, .layout = layout, .forced = forced, .steps = kSteps});
  }
  static Decoded run_single(Numerics numerics, const Decoded* forced) {
    const auto comm = make_single_communicator();
    return run({}, *comm, forced, numerics);
  }
  static double worst_error(const Decoded& a, const Decoded& b) {
    const std::vector<double> e =
        test::relative_errors(a.logits, b.logits, preset("dsv4-tiny").vocab);
    return *std::max_element(e.begin(), e.end());
  }
};

TEST_P(ParallelDecode, ExactLogitsAreThoseOfOneRank) {
  const Decoded single = run_single(Numerics::kExact, nullptr);
  const Split split = GetParam();
  test::ThreadGroup group(split.tp);
  std::vector<Decoded> ranks(static_cast<std::size_t>(split.tp));
  group.run([&](Communicator& comm) {
    ranks[static_cast<std::size_t>(comm.rank())] =
        run({split.tp, split.ep, comm.rank()}, comm, nullptr, Numerics::kExact);
  });
  for (const Decoded& rank : ranks) {
    EXPECT_LE(worst_error(rank, single), 1e-4);
    EXPECT_EQ(rank.experts, single.experts);
    EXPECT_EQ(rank.logits, ranks[0].logits) << "all ranks see the same logits";
  }
}
INSTANTIATE_TEST_SUITE_P(Splits, ParallelDecode,
                         ::testing::Values(Split{2, 1}, Split{4, 1}, Split{2, 2}, Split{4, 2},
                                           Split{4, 4}),
                         [](const auto& test) {
                           return "Tp" + std::to_string(test.param.tp) + "Ep" +
                                  std::to_string(test.param.ep);
                         });

// In BF16 the partial sums of the ranks are rounded before they are added, so results differ by
// rounding only.
TEST_F(ParallelDecode, Bf16DiffersByRoundingOnly) {
  const Decoded exact = run_single(Numerics::kExact, nullptr);
  const Decoded single = run_single(Numerics::kBf16, &exact);
  test::ThreadGroup group(2);
  Decoded rank0;
  group.run([&](Communicator& comm) {
    Decoded decoded = run({2, 1, comm.rank()}, comm, &exact, Numerics::kBf16);
    if (comm.rank() == 0) rank0 = std::move(decoded);
  });
  EXPECT_LE(worst_error(rank0, single), 0.03);
}

}  // namespace
}  // namespace dscope
