// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/parallel_layout.h"

#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dscope {
namespace {

using ::testing::HasSubstr;

// The slices of all ranks must tile what they divide.
template <class SliceOf>
void expect_tiles(const ModelConfig& m, int tp, int ep, std::int64_t total, SliceOf slice_of) {
  std::int64_t next = 0;
  for (int rank = 0; rank < tp; ++rank) {
    const Slice slice = slice_of(ParallelLayout{tp, ep, rank}, m);
    EXPECT_EQ(slice.begin, next);
    next = slice.end;
  }
  EXPECT_EQ(next, total);
}

TEST(ParallelLayout, SlicesTile) {
  for (const std::string& name : preset_names()) {
    const ModelConfig m = preset(name);
    for (const int tp : {1, 2, 4}) {
      expect_tiles(m, tp, 1, m.heads, [](auto l, auto& c) { return l.heads(c); });
      expect_tiles(m, tp, 1, m.vocab, [](auto l, auto& c) { return l.vocab(c); });
      expect_tiles(m, tp, 1, m.moe_intermediate,
                   [](auto l, auto& c) { return l.routed_intermediate(c); });
      expect_tiles(m, tp, tp, m.experts, [](auto l, auto& c) { return l.experts(c); });
    }
  }
}

TEST(ParallelLayout, EpDividesExpertsAndTheRestOfTheRanksDivideThem) {
  const ModelConfig m = preset("dsv4-flash");
  const ParallelLayout rank5{8, 2, 5};  // second half of the experts, second of four slices
  EXPECT_EQ(rank5.experts(m), (Slice{128, 256}));
  EXPECT_EQ(rank5.routed_intermediate(m), (Slice{512, 1024}));
  EXPECT_EQ(rank5.shared_intermediate(m), (Slice{1280, 1536}));
}

TEST(ParallelLayout, RanksShareAnOGroupWhenThereAreMoreRanksThanGroups) {
  const ModelConfig m = preset("dsv4-tiny");  // 4 heads in 2 groups
  const ParallelLayout rank3{4, 1, 3};
  EXPECT_EQ(rank3.heads(m), (Slice{3, 4}));
  EXPECT_EQ(rank3.o_groups(m), (Slice{1, 2}));
  EXPECT_EQ(rank3.o_group_inputs(m), (Slice{512, 1024}));
  const ParallelLayout rank1{2, 1, 1};
  EXPECT_EQ(rank1.o_groups(m), (Slice{1, 2}));
  EXPECT_EQ(rank1.o_group_inputs(m), (Slice{0, 1024}));
}

TEST(ParallelLayout, UnevenVocabulary) {
  ModelConfig m = preset("dsv4-tiny");
  m.vocab = 511;
  EXPECT_EQ((ParallelLayout{4, 1, 0}.vocab_chunk(m)), 128);
  EXPECT_EQ((ParallelLayout{4, 1, 3}.vocab(m)), (Slice{384, 511}));
}

void expect_refused(const ParallelLayout& layout, const char* message) {
  try {
    validate(layout, preset("dsv4-tiny"));
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kUsage);
    EXPECT_THAT(e.what(), HasSubstr(message));
  }
}

TEST(ParallelLayout, RefusalsSayWhatWouldWork) {
  expect_refused({3, 1, 0}, "tp: 3 ranks do not divide dsv4-tiny");
  expect_refused({3, 1, 0}, "these do: 1, 2, 4");
  expect_refused({0, 1, 0}, "tp: 0 ranks");
  expect_refused({4, 3, 0}, "ep: 3 groups");
  expect_refused({2, 1, 2}, "rank: expected 0 to 1, got 2");
  expect_refused({2, 1, -1}, "rank: expected 0 to 1, got -1");
}

}  // namespace
}  // namespace dscope
