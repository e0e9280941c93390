// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/indexer_query/indexer_query.h"
#include "tests/support/cuda_test.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace dscope {
namespace {

using test::random_bf16;
using ::testing::HasSubstr;

struct Shape {
  std::int64_t tokens;
  std::int64_t heads;
  std::int64_t dim;
  std::int64_t rope_dim;
  CacheFormat format;
};

void PrintTo(const Shape& s, std::ostream* out) {
  *out << "T" << s.tokens << "_heads" << s.heads << "_dim" << s.dim << "_rope" << s.rope_dim
       << (s.format == CacheFormat::kFp8 ? "_fp8" : "_bf16");
}

struct Result {
  std::vector<std::byte> codes;
  std::vector<float> head_weights;
};

// Inputs in host memory, and the result of either side.
class Problem {
 public:
  explicit Problem(const Shape& shape)
      : shape_(shape),
        q_(random_bf16(shape.tokens * shape.heads * shape.dim, 1)),
        w_(random_bf16(shape.tokens * shape.heads, 2)) {
    if (shape.tokens > 1) {  // a head of nothing takes the floor of the scale
      std::fill_n(q_.begin() + shape.heads * shape.dim, shape.dim, bf16_t{});
    }
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      positions_.push_back(t == 0 ? 0 : static_cast<std::int64_t>(hash64(3, t) % 1'000'000));
    }
    for (std::int64_t i = 0; i < shape.rope_dim / 2; ++i) {
      frequencies_.push_back(
          std::pow(160'000.0, -2.0 * static_cast<double>(i) / static_cast<double>(shape.rope_dim)));
    }
  }

  [[nodiscard]] std::int64_t values() const { return std::ssize(q_); }
  [[nodiscard]] std::int64_t heads() const { return std::ssize(w_); }
  [[nodiscard]] std::int64_t bytes() const { return values() * element_bytes(shape_.format); }

  [[nodiscard]] Result reference() const {
    Result result;
    result.codes.resize(static_cast<std::size_t>(bytes()));
    result.head_weights.resize(w_.size());
    IndexerQueryParams<bf16_t> p = sizes();
    p.q = q_.data();
    p.w = w_.data();
    p.positions = positions_.data();
    p.rope.frequencies = frequencies_.data();
    p.out.data = result.codes.data();
    p.head_weights = result.head_weights.data();
    reference_indexer_query(p);
    return result;
  }

  [[nodiscard]] Result on_gpu() const {
    const DeviceArray<bf16_t> q(q_);
    const DeviceArray<bf16_t> w(w_);
    const DeviceArray<std::int64_t> positions(positions_);
    const DeviceArray<double> frequencies(frequencies_);
    const DeviceArray<std::byte> codes(bytes());
    const DeviceArray<float> head_weights(heads());
    test::poison(codes);
    test::poison(head_weights);
    IndexerQueryParams<bf16_t> p = sizes();
    p.q = q.data();
    p.w = w.data();
    p.positions = positions.data();
    p.rope.frequencies = frequencies.data();
    p.out.data = codes.data();
    p.head_weights = head_weights.data();
    launch_indexer_query(p, nullptr);
    return {codes.to_host(), head_weights.to_host()};
  }

 private:
  [[nodiscard]] IndexerQueryParams<bf16_t> sizes() const {
    return {.tokens = shape_.tokens,
            .heads = shape_.heads,
            .dim = shape_.dim,
            .rope_dim = shape_.rope_dim,
            .rope = {.pairs = shape_.rope_dim / 2},
            .out = {.format = shape_.format}};
  }

  Shape shape_;
  std::vector<bf16_t> q_;
  std::vector<bf16_t> w_;
  std::vector<std::int64_t> positions_;
  std::vector<double> frequencies_;
};

std::vector<float> decoded(const Result& result, CacheFormat format, std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  std::vector<std::byte> codes = result.codes;
  load_index_query({codes.data(), format}, 0, values.data(), n);
  return values;
}

class IndexerQueryCuda : public test::CudaTestWithParam<Shape> {};

// The rotation is single precision on the GPU, so now and then a value rounds to its neighbour.
TEST_P(IndexerQueryCuda, MatchesTheReference) {
  const Problem problem(GetParam());
  const Result want = problem.reference();
  const Result got = problem.on_gpu();
  const CacheFormat format = GetParam().format;
  EXPECT_LE(test::relative_error(got.head_weights, want.head_weights), 1e-5);
  const std::vector<float> got_values = decoded(got, format, problem.values());
  const std::vector<float> want_values = decoded(want, format, problem.values());
  std::int64_t different = 0;
  for (std::size_t i = 0; i < want_values.size(); ++i) {
    if (got_values[i] == want_values[i]) continue;
    ++different;
    // One step: 1/8 of the magnitude in FP8 and 2^-9 below 2^-6, 1/128 in BF16.
    const float step = format == CacheFormat::kFp8
                           ? std::max(std::fabs(want_values[i]) / 7.9f, 0.002f)
                           : std::max(std::fabs(want_values[i]) / 127.0f, 1e-6f);
    ASSERT_LE(std::fabs(got_values[i] - want_values[i]), step) << "value " << i;
  }
  EXPECT_LE(static_cast<double>(different), 1 + 2e-3 * static_cast<double>(problem.values()));
}

TEST_P(IndexerQueryCuda, RepeatsToTheBit) {
  const Problem problem(GetParam());
  const Result first = problem.on_gpu();
  const Result second = problem.on_gpu();
  EXPECT_EQ(first.codes, second.codes);
  EXPECT_EQ(first.head_weights, second.head_weights);
}

INSTANTIATE_TEST_SUITE_P(Shapes, IndexerQueryCuda,
                         ::testing::Values(Shape{1, 64, 128, 64, CacheFormat::kFp8},
                                           Shape{2, 64, 128, 64, CacheFormat::kBf16},
                                           Shape{17, 64, 128, 64, CacheFormat::kFp8},
                                           Shape{64, 64, 128, 64, CacheFormat::kFp8},
                                           Shape{3, 4, 128, 32, CacheFormat::kFp8},
                                           Shape{8, 3, 128, 128, CacheFormat::kBf16},
                                           Shape{3, 9, 64, 32, CacheFormat::kBf16},
                                           Shape{2, 4, 64, 62, CacheFormat::kBf16},
                                           Shape{5, 4, 32, 32, CacheFormat::kBf16},
                                           Shape{5, 1, 32, 10, CacheFormat::kBf16}),
                         ::testing::PrintToStringParamName());

struct InvalidField {
  const char* field;
  std::function<void(IndexerQueryParams<bf16_t>&)> spoil;
};

TEST(IndexerQuerySupport, InvalidFieldsAreRefusedByName) {
  const bf16_t some_bf16{};
  const std::int64_t some_long = 0;
  const double some_double = 0;
  float some_float = 0;
  std::byte some_byte{};
  using Params = IndexerQueryParams<bf16_t>;
  const Params valid{.tokens = 1,
                     .heads = 64,
                     .dim = 128,
                     .rope_dim = 64,
                     .q = &some_bf16,
                     .w = &some_bf16,
                     .positions = &some_long,
                     .rope = {&some_double, 32},
                     .out = {&some_byte, CacheFormat::kFp8},
                     .head_weights = &some_float};
  ASSERT_TRUE(supports(valid).ok()) << supports(valid).reason;
  const InvalidField cases[] = {
      {"tokens", [](Params& p) { p.tokens = 0; }},
      {"tokens", [](Params& p) { p.tokens = 65'536; }},
      {"heads", [](Params& p) { p.heads = 0; }},
      {"dim", [](Params& p) { p.dim = 96; }},
      {"dim", [](Params& p) { p.dim = 64; }},  // FP8 needs 128
      {"rope_dim", [](Params& p) { p.rope_dim = 130; }},
      {"rope_dim", [](Params& p) { p.rope_dim = 63; }},
      {"rope.pairs", [](Params& p) { p.rope.pairs = 31; }},
      {"rope.frequencies", [](Params& p) { p.rope.frequencies = nullptr; }},
      {"q must", [](Params& p) { p.q = nullptr; }},
      {"w must", [](Params& p) { p.w = nullptr; }},
      {"positions", [](Params& p) { p.positions = nullptr; }},
      {"out.data", [](Params& p) { p.out.data = nullptr; }},
      {"out.format", [](Params& p) { p.out.format = CacheFormat::kF32; }},
      {"head_weights", [](Params& p) { p.head_weights = nullptr; }},
  };
  for (const InvalidField& invalid : cases) {
    Params p = valid;
    invalid.spoil(p);
    EXPECT_THAT(supports(p).reason, HasSubstr(invalid.field));
    EXPECT_THROW(launch_indexer_query(p, nullptr), Error);
  }
}

}  // namespace
}  // namespace dscope
