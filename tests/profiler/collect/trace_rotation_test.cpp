// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/trace_rotation.h"

#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <map>

namespace dscope::collect {
namespace {

using enum TraceDetail;

TEST(TraceRotation, OneDetailIsForAllSteps) {
  const TraceRotation rotation(kNode);
  for (const std::int64_t step : {0, 1, 1000}) {
    EXPECT_EQ(rotation.at(step).detail, kNode);
    EXPECT_TRUE(rotation.at(step).counts);
  }
}

TEST(TraceRotation, BlocksTakeTurnsAndSettle) {
  const TraceRotation rotation({kNone, kGraph, kNode}, 4, 1);
  std::map<TraceDetail, int> counted;
  for (std::int64_t step = 0; step < 24; ++step) {
    const TraceRotation::Step how = rotation.at(step);
    EXPECT_EQ(how.detail, (std::vector{kNone, kGraph, kNode}[step / 4 % 3])) << step;
    EXPECT_EQ(how.counts, step % 4 != 0) << step;
    counted[how.detail] += how.counts;
  }
  EXPECT_EQ(counted, (std::map<TraceDetail, int>{{kNone, 6}, {kGraph, 6}, {kNode, 6}}));
}

TEST(TraceRotation, ABlockMustLeaveSomethingToCount) {
  EXPECT_THROW(TraceRotation({kNone, kNode}, 2, 2), Error);
  EXPECT_THROW(TraceRotation({}, 2, 1), Error);
}

}  // namespace
}  // namespace dscope::collect
