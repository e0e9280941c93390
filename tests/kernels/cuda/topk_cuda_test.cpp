// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/topk/topk.h"
#include "kernels/topk/topk_config.h"
#include "tests/support/cuda_test.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace dscope {
namespace {

using test::CudaTest;
using test::random_value;
using ::testing::HasSubstr;

constexpr std::int64_t kPageEntries = 64;

// What the logits of a case look like.
enum class Values {
  kRandom,
  kFewValues,
  kAllEqual,
  kZeros,
  kMostlyZeros,
  kClustered,
  kOutliers,
  kHugeAndInfinite
};

float value(Values kind, std::int64_t i) {
  switch (kind) {
    case Values::kRandom:
      return random_value(5, i);
    case Values::kFewValues:  // many ties at the threshold
      return std::floor(2 * random_value(5, i));
    case Values::kAllEqual:
      return 1.5f;
    case Values::kZeros:  // equal, though their bits are not
      return hash64(6, i) % 2 == 0 ? 0.0f : -0.0f;
    case Values::kMostlyZeros:  // as a ReLU leaves them
      return std::max(0.0f, random_value(5, i) - 0.5f);
    case Values::kClustered:  // neighbours differ in their last bits
      return 1000.0f + 1e-3f * random_value(5, i);
    case Values::kOutliers:  // a few span all floats, the rest crowds
      return hash64(7, i) % 100 == 0 ? 1e30f * random_value(5, i)
                                     : 1.0f + 1e-4f * random_value(6, i);
    case Values::kHugeAndInfinite: {
      const float x = random_value(5, i);
      constexpr float kInfinity = std::numeric_limits<float>::infinity();
      if (hash64(7, i) % 5 == 0) return x < 0 ? -kInfinity : kInfinity;
      return x * (hash64(8, i) % 2 == 0 ? 1e38f : 1e-42f);  // the latter are subnormal
    }
  }
  return 0;
}

struct Result {
  std::vector<std::int32_t> selected;
  std::vector<std::int32_t> slots;
};

// One problem in host memory, solved by either side.
struct Problem {
  std::int64_t k = 0;
  std::int64_t stride = 0;
  std::vector<std::int64_t> entries;
  std::vector<float> logits;
  std::vector<std::int32_t> pages;
  std::vector<std::int32_t> forced;  // empty: none

  Problem(std::int64_t k_, std::int64_t stride_, std::vector<std::int64_t> entries_, Values kind)
      : k(k_), stride(stride_), entries(std::move(entries_)) {
    for (std::int64_t i = 0; i < tokens() * stride; ++i) {
      // Dead logits are larger than any live one: taking one would show.
      const bool live = i % stride < entries[static_cast<std::size_t>(i / stride)];
      logits.push_back(live ? value(kind, i) : std::numeric_limits<float>::infinity());
    }
    for (std::int64_t i = 0; i < tokens() * page_stride(); ++i) {
      pages.push_back(static_cast<std::int32_t>(hash64(9, i) % 10'000));
    }
  }

  [[nodiscard]] std::int64_t tokens() const { return std::ssize(entries); }
  [[nodiscard]] std::int64_t page_stride() const { return ceil_div(stride, kPageEntries); }
  [[nodiscard]] TopKParams sizes() const {
    return {.tokens = tokens(),
            .k = k,
            .logits_stride = stride,
            .page_table_stride = page_stride(),
            .page_entries = kPageEntries};
  }

  [[nodiscard]] Result reference() const {
    Result result;
    result.selected.resize(static_cast<std::size_t>(tokens() * k));
    result.slots = result.selected;
    TopKParams p = sizes();
    p.logits = logits.data();
    p.entries = entries.data();
    p.selected = result.selected.data();
    p.forced = forced.empty() ? nullptr : forced.data();
    p.slots = result.slots.data();
    p.page_table = pages.data();
    reference_topk(p);
    return result;
  }
};

// The same problem on the GPU, launched as often as asked with one workspace.
class OnGpu {
 public:
  explicit OnGpu(const Problem& problem)
      : problem_(problem),
        logits_(problem.logits),
        entries_(problem.entries),
        pages_(problem.pages),
        selected_(problem.tokens() * problem.k),
        slots_(problem.tokens() * problem.k) {
    if (!problem.forced.empty()) forced_ = DeviceArray<std::int32_t>(problem.forced);
    const std::int64_t bytes = topk_workspace_bytes(problem.tokens(), problem.k, problem.stride);
    if (bytes > 0) {
      workspace_ = DeviceBuffer(bytes, "a workspace");
      fill_device(workspace_.data(), 0, bytes);
    }
  }

  [[nodiscard]] TopKParams params() const {
    TopKParams p = problem_.sizes();
    p.logits = logits_.data();
    p.entries = entries_.data();
    p.selected = selected_.data();
    p.forced = forced_.data();
    p.slots = slots_.data();
    p.page_table = pages_.data();
    p.workspace = workspace_.data();
    return p;
  }

  [[nodiscard]] Result launch() const {
    test::poison(selected_);
    test::poison(slots_);
    launch_topk(params(), nullptr);
    return {selected_.to_host(), slots_.to_host()};
  }

 private:
  const Problem& problem_;
  DeviceArray<float> logits_;
  DeviceArray<std::int64_t> entries_;
  DeviceArray<std::int32_t> pages_;
  DeviceArray<std::int32_t> selected_;
  DeviceArray<std::int32_t> slots_;
  DeviceArray<std::int32_t> forced_;
  DeviceBuffer workspace_;
};

void expect_reference(const Problem& problem) {
  const Result want = problem.reference();
  const OnGpu gpu(problem);
  for (int run = 0; run < 2; ++run) {  // the second finds the workspace as the first left it
    const Result got = gpu.launch();
    ASSERT_EQ(got.selected, want.selected) << "run " << run;
    ASSERT_EQ(got.slots, want.slots) << "run " << run;
  }
}

class TopKValues : public test::CudaTestWithParam<Values> {};

// Short rows, rows of about k, of a block's capacity, and of several chunks, side by side.
TEST_P(TopKValues, SmallBlocksMatchTheReference) {
  expect_reference(
      Problem(32, 4096, {0, 1, 31, 32, 33, 64, 255, 256, 257, 1000, 4095, 4096}, GetParam()));
}

TEST_P(TopKValues, LargeBlocksMatchTheReference) {
  expect_reference(Problem(512, 16'384, {511, 512, 513, 1024, 5000, 16'383, 16'384}, GetParam()));
}

TEST_P(TopKValues, RowsOfSeveralChunksMatchTheReference) {
  expect_reference(
      Problem(1024, 70'000, {70'000, 16'385, 32'768, 100, 16'384, 32'769, 65'537}, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Kinds, TopKValues,
                         ::testing::Values(Values::kRandom, Values::kFewValues, Values::kAllEqual,
                                           Values::kZeros, Values::kMostlyZeros, Values::kClustered,
                                           Values::kOutliers, Values::kHugeAndInfinite),
                         [](const auto& kind) {
                           return std::to_string(static_cast<int>(kind.param));
                         });

class TopKCuda : public CudaTest {};

TEST_F(TopKCuda, LongestContextMatchesTheReference) {
  expect_reference(
      Problem(1024, kMaxTopKLogits, {kMaxTopKLogits, kMaxTopKLogits - 1}, Values::kRandom));
}

TEST_F(TopKCuda, ManyTokensMatchTheReference) {
  std::vector<std::int64_t> entries;
  for (std::int64_t t = 0; t < 600; ++t) {
    entries.push_back(static_cast<std::int64_t>(hash64(1, t) % 3000));
  }
  // More than there are SMs, so that several rows share one; and fewer.
  expect_reference(Problem(512, 3000, entries, Values::kRandom));
  entries.resize(128);
  expect_reference(Problem(512, 3000, entries, Values::kRandom));
}

TEST_F(TopKCuda, OddWidthsMatchTheReference) {
  expect_reference(Problem(1, 77, {77, 1, 0, 50}, Values::kFewValues));
  expect_reference(Problem(37, 20'001, {20'001, 38, 17'000}, Values::kFewValues));
}

TEST_F(TopKCuda, ForcedRowsAreCopiedAndOthersFree) {
  for (const std::int64_t stride : {100, 40'000}) {
    Problem problem(8, stride, {stride, stride, stride}, Values::kRandom);
    problem.forced.assign(24, kNotForced);
    const std::vector<std::int32_t> row{5, 0, 99, 7, -1, -1, -1, -1};
    std::copy(row.begin(), row.end(), problem.forced.begin() + 8);
    std::fill(problem.forced.begin() + 16, problem.forced.end(), -1);
    expect_reference(problem);
  }
}

TEST_F(TopKCuda, OneWorkspaceServesLaunchesOfOtherSizes) {
  const Problem large(64, 50'000, {50'000, 50'000, 40'000}, Values::kRandom);
  const Problem small(16, 20'000, {20'000}, Values::kRandom);
  const OnGpu on_large(large);
  const OnGpu on_small(small);
  TopKParams p = on_small.params();
  p.workspace = on_large.params().workspace;
  const DeviceArray<std::int32_t> selected(16);
  p.selected = selected.data();
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(on_large.launch().selected, large.reference().selected) << "run " << run;
    test::poison(selected);
    launch_topk(p, nullptr);
    EXPECT_EQ(selected.to_host(), small.reference().selected) << "run " << run;
  }
}

struct InvalidField {
  const char* field;
  std::function<void(TopKParams&)> spoil;
};

TEST(TopKSupport, InvalidFieldsAreRefusedByName) {
  float some_float = 0;
  std::int64_t some_long = 0;
  std::int32_t some_int = 0;
  std::byte some_byte{};
  const TopKParams valid{.tokens = 1,
                         .k = 512,
                         .logits = &some_float,
                         .logits_stride = 20'000,
                         .entries = &some_long,
                         .selected = &some_int,
                         .slots = &some_int,
                         .page_table = &some_int,
                         .page_table_stride = 313,
                         .page_entries = 64,
                         .workspace = &some_byte};
  ASSERT_TRUE(supports(valid).ok()) << supports(valid).reason;
  const InvalidField cases[] = {
      {"tokens", [](TopKParams& p) { p.tokens = 0; }},
      {"tokens", [](TopKParams& p) { p.tokens = kMaxTopKTokens + 1; }},
      {"k must", [](TopKParams& p) { p.k = 0; }},
      {"k must", [](TopKParams& p) { p.k = 1025; }},
      {"logits_stride", [](TopKParams& p) { p.logits_stride = 0; }},
      {"logits_stride", [](TopKParams& p) { p.logits_stride = kMaxTopKLogits + 1; }},
      {"logits must", [](TopKParams& p) { p.logits = nullptr; }},
      {"entries", [](TopKParams& p) { p.entries = nullptr; }},
      {"selected", [](TopKParams& p) { p.selected = nullptr; }},
      {"page_table ", [](TopKParams& p) { p.page_table = nullptr; }},
      {"page_table_stride", [](TopKParams& p) { p.page_table_stride = 312; }},
      {"page_entries", [](TopKParams& p) { p.page_entries = 0; }},
      {"workspace", [](TopKParams& p) { p.workspace = nullptr; }},
  };
  for (const InvalidField& invalid : cases) {
    TopKParams p = valid;
    invalid.spoil(p);
    EXPECT_THAT(supports(p).reason, HasSubstr(invalid.field));
    EXPECT_THROW(launch_topk(p, nullptr), Error);
  }
}

}  // namespace
}  // namespace dscope
