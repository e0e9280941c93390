// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/routing/recorded.h"

#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace dscope::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Shape = std::array<std::int64_t, 4>;

constexpr RecordedBounds kBounds{.layers = 3, .per_token = 2, .limit = 48};

// 2 x 4 x 3 x 2 ids: 0, 1, 2, ... 47.
std::vector<std::int32_t> counting_ids() {
  std::vector<std::int32_t> ids(48);
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}
constexpr Shape kShape{2, 4, 3, 2};

std::string refusal(const auto& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    return e.what();
  }
  return "accepted";
}

std::string refusal_of(const std::vector<std::int32_t>& ids, const Shape& shape,
                       RecordedAxes axes = RecordedAxes::kSequenceToken) {
  return refusal([&] {
    const RecordedIds routing(ids, shape, axes, PastEnd::kError, kBounds, "r.bin: routing ids");
  });
}

TEST(RecordedIds, FindsIdsByTheirIndices) {
  const auto ids = counting_ids();
  const RecordedIds routing(ids, kShape, RecordedAxes::kSequenceToken, PastEnd::kError, kBounds,
                            "r.bin: routing ids");
  EXPECT_THAT(routing.ids(0, 0, 0), ElementsAre(0, 1));
  EXPECT_THAT(routing.ids(0, 0, 2), ElementsAre(4, 5));
  EXPECT_THAT(routing.ids(0, 3, 1), ElementsAre(20, 21));  // (3 * 3 + 1) * 2
  EXPECT_THAT(routing.ids(1, 0, 0), ElementsAre(24, 25));
  EXPECT_THAT(routing.ids(1, 3, 2), ElementsAre(46, 47));
  EXPECT_EQ(routing.axes(), RecordedAxes::kSequenceToken);
  EXPECT_EQ(routing.shape(), kShape);
}

TEST(RecordedIds, PastTheEndIsAnErrorOrWraps) {
  const auto ids = counting_ids();
  const RecordedIds strict(ids, kShape, RecordedAxes::kSequenceToken, PastEnd::kError, kBounds,
                           "r.bin: routing ids");
  EXPECT_EQ(refusal([&] { (void)strict.ids(2, 0, 0); }),
            "r.bin: routing ids [2, 4, 3, 2]: the recording holds 2 sequences, but sequence 2 is "
            "needed");
  EXPECT_THAT(refusal([&] { (void)strict.ids(0, 4, 0); }),
              HasSubstr("holds 4 positions, but position 4 is needed"));
  const RecordedIds steps(ids, kShape, RecordedAxes::kStepToken, PastEnd::kError, kBounds,
                          "r.bin: routing ids");
  EXPECT_THAT(refusal([&] { (void)steps.ids(9, 0, 0); }),
              HasSubstr("holds 2 steps, but step 9 is needed"));

  const RecordedIds wrapping(ids, kShape, RecordedAxes::kStepToken, PastEnd::kWrap, kBounds,
                             "r.bin: routing ids");
  EXPECT_THAT(wrapping.ids(2, 0, 0), ElementsAre(0, 1));
  EXPECT_THAT(wrapping.ids(7, 4 + 3, 2), ElementsAre(46, 47));
}

TEST(RecordedIds, TreatsWrongLayersAndNegativeIndicesAsCallersMistakes) {
  const auto ids = counting_ids();
  const RecordedIds routing(ids, kShape, RecordedAxes::kSequenceToken, PastEnd::kWrap, kBounds,
                            "r.bin: routing ids");
  EXPECT_THROW((void)routing.ids(0, 0, 3), Error);
  EXPECT_THROW((void)routing.ids(0, 0, -1), Error);
  EXPECT_THROW((void)routing.ids(-1, 0, 0), Error);
  EXPECT_THROW((void)routing.ids(0, -1, 0), Error);
}

TEST(RecordedIds, ChecksEveryIdAndNamesItsIndex) {
  auto ids = counting_ids();
  ids[21] = -1;  // absent is allowed
  EXPECT_EQ(refusal_of(ids, kShape), "accepted");
  ids[45] = 48;
  EXPECT_EQ(refusal_of(ids, kShape),
            "r.bin: routing ids[1, 3, 1, 1] (sequence, position, layer, pick): expected -1 to 47, "
            "found 48");
  ids[2] = -2;
  EXPECT_EQ(refusal_of(ids, kShape, RecordedAxes::kStepToken),
            "r.bin: routing ids[0, 0, 1, 0] (step, token, layer, pick): expected -1 to 47, found "
            "-2");
}

TEST(RecordedIds, ChecksTheShape) {
  const auto ids = counting_ids();
  EXPECT_EQ(refusal_of(ids, {2, 3, 4, 2}),
            "r.bin: routing ids [2, 3, 4, 2]: expected 3 layers, found 4");
  EXPECT_EQ(refusal_of(ids, {2, 2, 3, 4}),
            "r.bin: routing ids [2, 2, 3, 4]: expected 2 per token, found 4");
  EXPECT_EQ(refusal_of(ids, {2, 5, 3, 2}),
            "r.bin: routing ids [2, 5, 3, 2]: expected 60 elements, found 48");
  EXPECT_EQ(refusal_of({}, {0, 4, 3, 2}),
            "r.bin: routing ids [0, 4, 3, 2]: expected at least one sequence, found 0");
  EXPECT_THAT(refusal_of(ids, {2, -4, 3, 2}), HasSubstr("at least one position, found -4"));
  EXPECT_THAT(refusal_of(ids, {std::int64_t{1} << 62, 1024, 3, 2}), HasSubstr("too large"));
}

}  // namespace
}  // namespace dscope::routing
