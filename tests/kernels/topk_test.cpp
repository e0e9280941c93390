// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/topk/topk.h"

#include "kernels/topk/topk_config.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace dscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two tokens with k = 3; the second has two live entries.
class ForcedTopK : public ::testing::Test {
 protected:
  void SetUp() override {
    params_ = {.tokens = 2,
               .k = 3,
               .logits = logits_.data(),
               .logits_stride = 5,
               .entries = entries_.data(),
               .selected = selected_.data()};
  }

  std::vector<float> logits_{1, 5, -0.0f, 0, 4, 2, 1, 9, 9, 9};
  std::vector<std::int64_t> entries_{5, 2};
  std::vector<std::int32_t> selected_ = std::vector<std::int32_t>(6, 77);
  TopKParams params_;
};

TEST_F(ForcedTopK, TakesTheLargestAndAllOfAShortRow) {
  reference_topk(params_);
  EXPECT_THAT(selected_, ElementsAre(0, 1, 4, 0, 1, -1));
}

TEST_F(ForcedTopK, ForcedRowsReplaceTheChoiceAndOthersAreFree) {
  const std::vector<std::int32_t> forced{2, 3, -1, kNotForced, 0, 0};
  params_.forced = forced.data();
  reference_topk(params_);
  EXPECT_THAT(selected_, ElementsAre(2, 3, -1, 0, 1, -1));
}

TEST_F(ForcedTopK, ForcedEntriesMustBeLive) {
  for (const std::int32_t dead : {2, -3}) {
    const std::vector<std::int32_t> forced{kNotForced, 0, 0, 0, dead, -1};
    params_.forced = forced.data();
    try {
      reference_topk(params_);
      FAIL() << "forced entry " << dead << " was taken";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("forced"));
    }
  }
}

TEST_F(ForcedTopK, SlotsFollowThePageTable) {
  const std::vector<std::int32_t> pages{7, 3, 5, 0, 1, 2};
  std::vector<std::int32_t> slots(6, 77);
  params_.slots = slots.data();
  params_.page_table = pages.data();
  params_.page_table_stride = 3;
  params_.page_entries = 2;
  reference_topk(params_);
  EXPECT_THAT(selected_, ElementsAre(0, 1, 4, 0, 1, -1));
  EXPECT_THAT(slots, ElementsAre(14, 15, 10, 0, 1, -1));
}

TEST(TopKConfig, ChunksCoverEveryRowAndTheirSurvivorsFitOne) {
  for (std::int64_t logits = 1; logits <= kMaxTopKLogits; logits += 997) {
    const TopKConfig config = pick_config(TopKProblem{.logits = logits}, kRtxPro6000);
    const std::int64_t chunks = topk_chunks(config, logits);
    ASSERT_GE(chunks * config.chunk(), logits);
    ASSERT_LT((chunks - 1) * config.chunk(), logits);
    ASSERT_TRUE(chunks == 1 || chunks * kMaxTopK <= config.chunk()) << logits;
    // A shorter live row is cut into equal parts of whole warps: none may be shorter than k.
    for (std::int64_t live = config.chunk() + 1; live <= logits; live += 4999) {
      const std::int64_t parts = ceil_div(live, config.chunk());
      const std::int64_t length = round_up(ceil_div(live, parts), 32);
      ASSERT_LE(length, config.chunk());
      ASSERT_GE(live - (parts - 1) * length, kMaxTopK) << live;
    }
  }
}

}  // namespace
}  // namespace dscope
