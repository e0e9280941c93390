// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/decoder.h"

#include "kernels/decode_step/page_table.h"
#include "kernels/decode_step/step_metadata.h"
#include "workloads/base/error.h"
#include "workloads/checkpoint/synthetic_weights.h"
#include "workloads/op.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace dscope {
namespace {

using ::testing::HasSubstr;

SyntheticWeights tiny_weights() {
  return {preset("dsv4-tiny"), 1, 1 << 30};
}

TEST(PageTable, SequencesShareNoSlot) {
  const ModelConfig m = preset("dsv4-tiny");
  const PageTable pages(m, 3, 1000);
  EXPECT_EQ(pages.pages_per_sequence(), 4);
  std::set<std::int64_t> seen;
  for (std::int64_t slot = 0; slot < 3; ++slot) {
    for (std::int64_t e = 0; e < 250; ++e) {
      const std::int64_t at = pages.entry_slot(slot, e, 4);
      EXPECT_LT(at, pages.page_count() * 64);
      EXPECT_TRUE(seen.insert(at).second);
    }
  }
  EXPECT_NE(pages.window_slot(0, 5), pages.window_slot(1, 5));
  EXPECT_EQ(pages.window_slot(1, 5), pages.window_slot(1, 5 + pages.ring_tokens()));
}

TEST(StepMetadata, ListsWhatEachTokenAttendsTo) {
  const ModelConfig m = preset("dsv4-tiny");  // window 128
  const PageTable pages(m, 2, 512);
  const std::vector<StepToken> tokens{{7, 0, 2}, {8, 1, 300}};
  const StepMetadata meta(m, pages, tokens);
  EXPECT_EQ(meta.window.width, 128);
  EXPECT_EQ(meta.window.length, (std::vector<std::int32_t>{3, 128}));
  EXPECT_EQ(meta.window.indices[0], pages.window_slot(0, 2));
  EXPECT_EQ(meta.window.indices[2], pages.window_slot(0, 0));
  EXPECT_EQ(meta.window.indices[3], -1);
  EXPECT_EQ(meta.window.indices[128 + 127], pages.window_slot(1, 300 - 127));
  EXPECT_EQ(meta.ratio4.entries, (std::vector<std::int64_t>{0, 75}));
  EXPECT_EQ(meta.ratio128.attended.length, (std::vector<std::int32_t>{0, 2}));
  EXPECT_EQ(meta.ratio128.attended.width, 64);
  EXPECT_EQ(meta.ratio128.entry_slots[1], pages.entry_slot(1, 2, 128));
}

// Sequences of a batch do not see each other: alone or together, early or late, the same logits.
TEST(CpuDecoder, BatchedSequencesAreIndependent) {
  SyntheticWeights weights = tiny_weights();
  const auto comm = make_single_communicator();
  const DecoderOptions options{.numerics = Numerics::kServing, .max_batch = 3, .max_context = 300};
  const auto vocab = static_cast<std::size_t>(weights.config().vocab);
  const auto together = make_cpu_decoder(weights, *comm, options);
  const auto alone = make_cpu_decoder(weights, *comm, options);
  together->start_sequence(0, 200);
  together->start_sequence(2, 130);
  alone->start_sequence(2, 130);
  std::vector<float> both(2 * vocab);
  std::vector<float> one(vocab);
  for (std::int64_t step = 0; step < 10; ++step) {
    const auto id = static_cast<std::int32_t>(17 * step + 3);
    const std::vector<StepToken> tokens{{5, 0, 200 + step}, {id, 2, 130 + step}};
    together->step(tokens, {}, nullptr, {.logits = both});
    alone->step(std::vector{tokens[1]}, {}, nullptr, {.logits = one});
    ASSERT_TRUE(std::equal(one.begin(), one.end(), both.begin() + static_cast<long>(vocab)))
        << "step " << step;
  }
  for (const float logit : both) ASSERT_TRUE(std::isfinite(logit));
}

// A slot that is used again must not remember its former sequence.
TEST(CpuDecoder, SlotsStartAnew) {
  SyntheticWeights weights = tiny_weights();
  const auto comm = make_single_communicator();
  const auto decoder = make_cpu_decoder(
      weights, *comm, {.numerics = Numerics::kBf16, .max_batch = 1, .max_context = 400});
  std::vector<float> logits(static_cast<std::size_t>(weights.config().vocab));
  const auto decode = [&](std::int64_t steps, std::int32_t stride) {
    decoder->start_sequence(0, 0);
    for (std::int64_t p = 0; p < steps; ++p) {
      const auto id = static_cast<std::int32_t>(p * stride % 500);
      decoder->step(std::vector<StepToken>{{id, 0, p}}, {}, nullptr, {.logits = logits});
    }
    return logits;
  };
  const std::vector<float> fresh = decode(140, 7);
  decode(390, 13);
  EXPECT_EQ(decode(140, 7), fresh);
}

TEST(CpuDecoder, SyntheticHistoryIsReproducible) {
  SyntheticWeights weights = tiny_weights();
  const auto comm = make_single_communicator();
  const auto logits_of = [&](std::uint64_t seed) {
    const auto decoder =
        make_cpu_decoder(weights, *comm, {.max_batch = 1, .max_context = 600, .seed = seed});
    decoder->start_sequence(0, 555);
    std::vector<float> logits(static_cast<std::size_t>(weights.config().vocab));
    decoder->step(std::vector<StepToken>{{1, 0, 555}}, {}, nullptr, {.logits = logits});
    return logits;
  };
  EXPECT_EQ(logits_of(1), logits_of(1));
  EXPECT_NE(logits_of(1), logits_of(2));
}

class CountingSink final : public RangeSink {
 public:
  void begin(Stage stage, const char* name) noexcept override {
    EXPECT_EQ(op_from_name(name).has_value() ? info(*op_from_name(name)).stage : Stage::kGap,
              stage);
    ++counts[name];
    ++open_;
    EXPECT_EQ(open_, 1) << "ops of the step do not nest";
  }
  void end() noexcept override { --open_; }
  void add(Stage, const char* name, std::int64_t, std::int64_t) noexcept override {
    ADD_FAILURE() << name << " on a GPU";
  }
  std::map<std::string, int> counts;

 private:
  int open_ = 0;
};

TEST(CpuDecoder, ReportsEveryOp) {
  SyntheticWeights weights = tiny_weights();  // ratios 0, 4, 128, 4
  const auto comm = make_single_communicator();
  const auto decoder = make_cpu_decoder(weights, *comm, {.max_batch = 1, .max_context = 10});
  decoder->start_sequence(0, 0);
  std::vector<float> logits(static_cast<std::size_t>(weights.config().vocab));
  std::vector<std::int32_t> next(1);
  CountingSink sink;
  decoder->step(std::vector<StepToken>{{1, 0, 0}}, {}, &sink, {logits, next});
  for (const OpInfo& op : kOps) EXPECT_GE(sink.counts[op.name], 1) << op.name;
  EXPECT_EQ(sink.counts["attn.sparse_mla"], 4);
  EXPECT_EQ(sink.counts["attn.compressor"], 3);
  EXPECT_EQ(sink.counts["indexer.topk"], 2);
  EXPECT_EQ(sink.counts["attn.all_reduce"] + sink.counts["moe.all_reduce"], 8);
}

void expect_error(ErrorKind kind, const char* message, const std::function<void()>& call) {
  try {
    call();
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind);
    EXPECT_THAT(e.what(), HasSubstr(message));
  }
}

TEST(CpuDecoder, RefusesWhatItCannotRun) {
  SyntheticWeights weights = tiny_weights();
  const auto comm = make_single_communicator();
  const auto make = [&](const DecoderOptions& options) {
    return [&, options] { static_cast<void>(make_cpu_decoder(weights, *comm, options)); };
  };
  expect_error(ErrorKind::kUsage, "layers: expected 0 (all) to 4, got 5", make({.layers = 5}));
  expect_error(ErrorKind::kUsage, "context: expected 1 to 1048576", make({.max_context = 1 << 21}));
  expect_error(ErrorKind::kInternal, "communicator is rank 0 of 1", make({.layout = {2, 1, 0}}));
  ModelConfig narrow = preset("dsv4-tiny");
  narrow.head_dim = 256;
  SyntheticWeights narrow_weights(narrow, 1, 1 << 30);
  expect_error(ErrorKind::kUsage, "use exact or bf16", [&] {
    static_cast<void>(make_cpu_decoder(narrow_weights, *comm, {.numerics = Numerics::kServing}));
  });
}

TEST(CpuDecoder, RefusesTokensOutOfOrder) {
  SyntheticWeights weights = tiny_weights();
  const auto comm = make_single_communicator();
  const auto decoder = make_cpu_decoder(weights, *comm, {.max_batch = 2, .max_context = 8});
  std::vector<float> logits(static_cast<std::size_t>(weights.config().vocab));
  const auto step = [&](StepToken token) {
    return [&, token] { decoder->step(std::vector{token}, {}, nullptr, {.logits = logits}); };
  };
  expect_error(ErrorKind::kInternal, "slot 0 is at position -1", step({1, 0, 0}));
  decoder->start_sequence(0, 0);
  expect_error(ErrorKind::kInternal, "slot 0 is at position 0, got a token for 1", step({1, 0, 1}));
  expect_error(ErrorKind::kInternal, "token id 512 of 512", step({512, 0, 0}));
  expect_error(ErrorKind::kInternal, "slot 2 is out of range", step({1, 2, 0}));
  expect_error(ErrorKind::kInternal, "logits must hold", [&] {
    logits.resize(3);
    decoder->step(std::vector<StepToken>{{1, 0, 0}}, {}, nullptr, {.logits = logits});
  });
}

}  // namespace
}  // namespace dscope
