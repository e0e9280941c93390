// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/paged_mqa_logits/paged_mqa_logits.h"
#include "kernels/paged_mqa_logits/paged_mqa_logits_config.h"
#include "tests/support/cuda_test.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace dscope {
namespace {

using test::random_floats;
using ::testing::HasSubstr;

struct Shape {
  std::vector<std::int64_t> entries;
  std::int64_t heads;
  std::int64_t dim;
  CacheFormat format;
  std::int64_t page_entries = 64;
};

void PrintTo(const Shape& s, std::ostream* out) {
  *out << "T" << s.entries.size() << "_of" << *std::max_element(s.entries.begin(), s.entries.end())
       << "_heads" << s.heads << "_dim" << s.dim
       << (s.format == CacheFormat::kFp8 ? "_fp8" : "_bf16") << "_pages" << s.page_entries;
}

// One problem in host memory. Pages lie in any order; keys that are not live are NaN.
class Problem {
 public:
  explicit Problem(const Shape& shape) : shape_(shape) {
    const std::int64_t longest = *std::max_element(shape.entries.begin(), shape.entries.end());
    stride_ = longest + 3;
    pages_per_token_ = ceil_div(stride_, shape.page_entries);
    make_queries();
    make_cache();
  }

  [[nodiscard]] std::int64_t tokens() const { return std::ssize(shape_.entries); }
  [[nodiscard]] std::int64_t stride() const { return stride_; }

  [[nodiscard]] std::vector<float> reference() const {
    std::vector<float> logits(static_cast<std::size_t>(tokens() * stride_), untouched());
    std::vector<std::byte> query = query_;
    std::vector<std::byte> cache = cache_;
    PagedMqaLogitsParams p = sizes(query.data(), cache.data());
    p.head_weights = head_weights_.data();
    p.page_table = page_table_.data();
    p.entries = shape_.entries.data();
    p.logits = logits.data();
    reference_paged_mqa_logits(p);
    return logits;
  }

  [[nodiscard]] std::vector<float> on_gpu() const {
    const DeviceArray<std::byte> query(query_);
    const DeviceArray<std::byte> cache(cache_);
    const DeviceArray<float> head_weights(head_weights_);
    const DeviceArray<std::int32_t> page_table(page_table_);
    const DeviceArray<std::int64_t> entries(shape_.entries);
    const DeviceArray<float> logits(
        std::vector<float>(static_cast<std::size_t>(tokens() * stride_), untouched()));
    PagedMqaLogitsParams p = sizes(query.data(), cache.data());
    p.head_weights = head_weights.data();
    p.page_table = page_table.data();
    p.entries = entries.data();
    p.logits = logits.data();
    launch_paged_mqa_logits(p, nullptr);
    return logits.to_host();
  }

  // What a logit that nobody writes keeps: no sum gives it.
  [[nodiscard]] static float untouched() { return std::numeric_limits<float>::max(); }

 private:
  void make_queries() {
    const std::int64_t heads = tokens() * shape_.heads;
    const std::vector<float> values = random_floats(heads * shape_.dim, 1);
    query_.resize(static_cast<std::size_t>(heads * shape_.dim * element_bytes(shape_.format)));
    for (std::int64_t h = 0; h < heads; ++h) {
      store_index_query({query_.data(), shape_.format}, h * shape_.dim,
                        values.data() + h * shape_.dim, shape_.dim);
    }
    head_weights_ = random_floats(heads, 2);
  }

  void make_cache() {
    const std::int64_t pages = tokens() * pages_per_token_;
    const std::int64_t stride = index_page_stride(shape_.format, shape_.page_entries, shape_.dim);
    cache_.assign(static_cast<std::size_t>(pages * stride), std::byte{0xff});  // NaN in all formats
    for (std::int64_t i = 0; i < pages; ++i) {
      page_table_.push_back(static_cast<std::int32_t>(pages - 1 - i));
    }
    for (std::int64_t i = pages - 1; i > 0; --i) {
      const auto other = static_cast<std::int64_t>(hash64(4, i) % static_cast<std::uint64_t>(i));
      std::swap(page_table_[static_cast<std::size_t>(i)],
                page_table_[static_cast<std::size_t>(other)]);
    }
    const IndexCacheView view = sizes(nullptr, cache_.data()).cache;
    std::vector<float> key(static_cast<std::size_t>(shape_.dim));
    for (std::int64_t t = 0; t < tokens(); ++t) {
      for (std::int64_t j = 0; j < shape_.entries[static_cast<std::size_t>(t)]; ++j) {
        for (std::int64_t c = 0; c < shape_.dim; ++c) {
          key[static_cast<std::size_t>(c)] =
              test::random_value(5, (t * stride_ + j) * shape_.dim + c);
        }
        const std::int64_t page =
            page_table_[static_cast<std::size_t>(t * pages_per_token_ + j / shape_.page_entries)];
        store_index_key(view, page * shape_.page_entries + j % shape_.page_entries, key.data());
      }
    }
  }

  [[nodiscard]] PagedMqaLogitsParams sizes(std::byte* query, std::byte* cache) const {
    return {.tokens = tokens(),
            .heads = shape_.heads,
            .q = {query, shape_.format},
            .cache = {cache, shape_.format, shape_.dim, shape_.page_entries,
                      index_page_stride(shape_.format, shape_.page_entries, shape_.dim)},
            .page_table_stride = pages_per_token_,
            .logits_stride = stride_};
  }

  Shape shape_;
  std::int64_t stride_ = 0;
  std::int64_t pages_per_token_ = 0;
  std::vector<std::byte> query_;
  std::vector<std::byte> cache_;
  std::vector<float> head_weights_;
  std::vector<std::int32_t> page_table_;
};

class PagedMqaLogitsCuda : public test::CudaTestWithParam<Shape> {};

// Products of codes are exact in float32: only the order of the sums differs.
TEST_P(PagedMqaLogitsCuda, MatchesTheReference) {
  const Problem problem(GetParam());
  const std::vector<float> want = problem.reference();
  const std::vector<float> got = problem.on_gpu();
  for (std::int64_t t = 0; t < problem.tokens(); ++t) {
    const auto live = static_cast<std::size_t>(GetParam().entries[static_cast<std::size_t>(t)]);
    const auto first = static_cast<std::size_t>(t * problem.stride());
    const std::span<const float> got_row(got.data() + first, live);
    const std::span<const float> want_row(want.data() + first, live);
    EXPECT_LE(test::relative_error(got_row, want_row), 2e-5) << "token " << t;
    for (std::size_t j = live; j < static_cast<std::size_t>(problem.stride()); ++j) {
      ASSERT_EQ(got[first + j], Problem::untouched()) << "token " << t << ", entry " << j;
    }
  }
}

TEST_P(PagedMqaLogitsCuda, RepeatsToTheBit) {
  const Problem problem(GetParam());
  EXPECT_EQ(problem.on_gpu(), problem.on_gpu());
}

constexpr auto kFp8 = CacheFormat::kFp8;
constexpr auto kBf16 = CacheFormat::kBf16;

// Lengths of all kinds for T tokens: none, parts of a group, whole groups, several pages.
std::vector<std::int64_t> mixed_lengths(std::int64_t tokens, std::int64_t longest) {
  std::vector<std::int64_t> lengths{longest, 0, 1, 16, 17, 63, 64, 65};
  while (std::ssize(lengths) < tokens) {
    lengths.push_back(static_cast<std::int64_t>(hash64(6, lengths.size()) %
                                                static_cast<std::uint64_t>(longest + 1)));
  }
  lengths.resize(static_cast<std::size_t>(tokens));
  return lengths;
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, PagedMqaLogitsCuda,
    ::testing::Values(
        Shape{{1}, 64, 128, kFp8}, Shape{{16'384}, 64, 128, kFp8}, Shape{{40'001}, 64, 128, kFp8},
        Shape{mixed_lengths(2, 100), 64, 128, kFp8}, Shape{mixed_lengths(8, 3000), 64, 128, kFp8},
        Shape{mixed_lengths(17, 1000), 64, 128, kFp8}, Shape{mixed_lengths(64, 400), 64, 128, kFp8},
        Shape{mixed_lengths(100, 90), 64, 128, kFp8}, Shape{mixed_lengths(3, 500), 4, 128, kFp8},
        Shape{mixed_lengths(8, 300), 3, 128, kFp8}, Shape{{16'385}, 64, 128, kBf16},
        Shape{mixed_lengths(8, 2000), 64, 128, kBf16},
        Shape{mixed_lengths(17, 300), 64, 64, kBf16, 32},
        Shape{mixed_lengths(9, 300), 9, 32, kBf16, 16},
        Shape{mixed_lengths(3, 300), 33, 64, kBf16, 48}),
    ::testing::PrintToStringParamName());

class PagedMqaLogitsEmpty : public test::CudaTest {};

TEST_F(PagedMqaLogitsEmpty, NothingIsWrittenWhereNothingIsLive) {
  const Problem problem({{0, 0, 0}, 64, 128, kFp8});
  for (const float logit : problem.on_gpu()) ASSERT_EQ(logit, Problem::untouched());
}

TEST(PagedMqaLogitsConfigTest, BlocksAreBoundedByTheDeviceAndByTheWork) {
  for (std::int64_t tokens = 1; tokens <= 128; tokens += 7) {
    std::int64_t last = 0;
    for (std::int64_t capacity = 1; capacity <= 262'144; capacity = capacity * 3 + 1) {
      const std::int64_t blocks =
          pick_config(PagedMqaLogitsProblem{tokens, capacity}, kRtxPro6000).blocks;
      EXPECT_GE(blocks, std::max<std::int64_t>(last, 1));
      EXPECT_LE(blocks, kRtxPro6000.sms * kMqaBlocksPerSm);
      EXPECT_LE((blocks - 1) * kMqaWarps, tokens * ceil_div(capacity, kMqaGroup));
      last = blocks;
    }
    EXPECT_EQ(last, kRtxPro6000.sms * kMqaBlocksPerSm);
  }
}

struct InvalidField {
  const char* field;
  std::function<void(PagedMqaLogitsParams&)> spoil;
};

TEST(PagedMqaLogitsSupport, InvalidFieldsAreRefusedByName) {
  std::byte some_byte{};
  float some_float = 0;
  const std::int32_t some_int = 0;
  const std::int64_t some_long = 0;
  using Params = PagedMqaLogitsParams;
  const Params valid{.tokens = 1,
                     .heads = 64,
                     .q = {&some_byte, CacheFormat::kFp8},
                     .head_weights = &some_float,
                     .cache = {&some_byte, CacheFormat::kFp8, 128, 64, 8448},
                     .page_table = &some_int,
                     .page_table_stride = 16,
                     .entries = &some_long,
                     .logits = &some_float,
                     .logits_stride = 1024};
  ASSERT_TRUE(supports(valid).ok()) << supports(valid).reason;
  const auto bf16 = [](Params& p) { p.q.format = p.cache.format = CacheFormat::kBf16; };
  const InvalidField cases[] = {
      {"tokens", [](Params& p) { p.tokens = 0; }},
      {"tokens", [](Params& p) { p.tokens = kMaxMqaTokens + 1; }},
      {"heads", [](Params& p) { p.heads = 0; }},
      {"heads", [](Params& p) { p.heads = 65; }},
      {"q.data", [](Params& p) { p.q.data = nullptr; }},
      {"q.format", [](Params& p) { p.q.format = CacheFormat::kBf16; }},
      {"head_weights", [](Params& p) { p.head_weights = nullptr; }},
      {"cache.data", [](Params& p) { p.cache.data = nullptr; }},
      {"cache.format", [](Params& p) { p.q.format = p.cache.format = CacheFormat::kF32; }},
      {"cache.page_stride", [](Params& p) { p.cache.page_stride = 8450; }},
      {"cache.dim", [](Params& p) { p.cache.dim = 64; }},
      {"page_entries", [](Params& p) { p.cache.page_entries = 128; }},
      {"cache.dim",
       [&](Params& p) {
         bf16(p);
         p.cache.dim = 96;
       }},
      {"cache.page_entries",
       [&](Params& p) {
         bf16(p);
         p.cache.page_entries = 24;
       }},
      {"page_table must", [](Params& p) { p.page_table = nullptr; }},
      {"page_table_stride", [](Params& p) { p.page_table_stride = 15; }},
      {"entries must", [](Params& p) { p.entries = nullptr; }},
      {"logits must", [](Params& p) { p.logits = nullptr; }},
      {"logits_stride", [](Params& p) { p.logits_stride = 0; }},
  };
  for (const InvalidField& invalid : cases) {
    Params p = valid;
    invalid.spoil(p);
    EXPECT_THAT(supports(p).reason, HasSubstr(invalid.field));
    EXPECT_THROW(launch_paged_mqa_logits(p, nullptr), Error);
  }
}

}  // namespace
}  // namespace dscope
