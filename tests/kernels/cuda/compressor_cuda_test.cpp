// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/compressor/compressor.h"
#include "tests/support/cuda_test.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

namespace dscope {
namespace {

using test::random_floats;
using test::RandomMatrix;
using test::RandomVector;
using ::testing::HasSubstr;

enum class Into { kKv, kIndex };

struct Shape {
  std::int64_t tokens;
  std::int64_t ratio;
  std::int64_t dim;
  std::int64_t rope_dim;
  Into into;
  CacheFormat format;
  WeightFormat ape;
};

void PrintTo(const Shape& s, std::ostream* out) {
  *out << "T" << s.tokens << "_ratio" << s.ratio << "_dim" << s.dim
       << (s.into == Into::kKv ? "_kv" : "_index")
       << (s.format == CacheFormat::kFp8 ? "_fp8" : "_bf16")
       << (s.ape == WeightFormat::kF32 ? "" : "_bf16ape");
}

struct Result {
  std::vector<float> state;
  std::vector<std::byte> cache;
};

// One step in host memory: T tokens of as many sequences at positions of every kind, whose earlier
// rows are already in the state.
class Problem {
 public:
  explicit Problem(const Shape& shape)
      : shape_(shape),
        channels_(compressor_channels(shape.ratio, shape.dim)),
        kv_(random_floats(shape.tokens * channels_, 1)),
        score_(random_floats(shape.tokens * channels_, 2)),
        ape_(shape.ape, shape.ratio, channels_, 3),
        norm_(WeightFormat::kBf16, shape.dim, 4) {
    const std::int64_t sequences = shape.tokens + 2;  // two that nobody touches
    state_ = random_floats(sequences * compressor_ring(shape.ratio) * 2 * channels_, 5);
    for (float& x : state_) x *= 3;  // scores that tell rows apart
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      positions_.push_back(position(t));
      state_slots_.push_back(shape.tokens - t);  // any order
      entry_slots_.push_back((7 * t + 3) % entries());
    }
    for (std::int64_t i = 0; i < shape.rope_dim / 2; ++i) {
      frequencies_.push_back(
          std::pow(160'000.0, -2.0 * static_cast<double>(i) / static_cast<double>(shape.rope_dim)));
    }
  }

  [[nodiscard]] const std::vector<std::int64_t>& positions() const { return positions_; }
  [[nodiscard]] const std::vector<std::int64_t>& entry_slots() const { return entry_slots_; }

  // The cache begins as poison() leaves it, or otherwise filled.
  [[nodiscard]] Result reference(std::byte fill = std::byte{0xff}) const {
    Result result{state_, std::vector<std::byte>(static_cast<std::size_t>(cache_bytes()), fill)};
    CompressorParams<bf16_t> p = sizes(result.cache.data());
    p.kv = kv_.data();
    p.score = score_.data();
    p.ape = ape_.view();
    p.norm = norm_.view();
    p.rope.frequencies = frequencies_.data();
    p.positions = positions_.data();
    p.state_slots = state_slots_.data();
    p.state = result.state.data();
    p.entry_slots = entry_slots_.data();
    reference_compressor(p);
    return result;
  }

  [[nodiscard]] Result on_gpu() const {
    const DeviceArray<float> kv(kv_);
    const DeviceArray<float> score(score_);
    const DeviceMatrix ape(ape_.view());
    const DeviceVector norm(norm_.view());
    const DeviceArray<double> frequencies(frequencies_);
    const DeviceArray<std::int64_t> positions(positions_);
    const DeviceArray<std::int64_t> state_slots(state_slots_);
    const DeviceArray<std::int64_t> entry_slots(entry_slots_);
    const DeviceArray<float> state(state_);
    const DeviceArray<std::byte> cache(cache_bytes());
    test::poison(cache);
    CompressorParams<bf16_t> p = sizes(cache.data());
    p.kv = kv.data();
    p.score = score.data();
    p.ape = ape.view();
    p.norm = norm.view();
    p.rope.frequencies = frequencies.data();
    p.positions = positions.data();
    p.state_slots = state_slots.data();
    p.state = state.data();
    p.entry_slots = entry_slots.data();
    launch_compressor(p, nullptr);
    return {state.to_host(), cache.to_host()};
  }

  // An entry of a result's cache as numbers.
  [[nodiscard]] std::vector<float> entry(const Result& result, std::int64_t slot) const {
    std::vector<std::byte> cache = result.cache;
    std::vector<float> values(static_cast<std::size_t>(shape_.dim));
    const CompressorParams<bf16_t> p = sizes(cache.data());
    if (shape_.into == Into::kKv) {
      load_kv(p.kv_cache, slot, values.data());
      return values;
    }
    const float scale = load_index_key(p.index_cache, slot, values.data());
    for (float& v : values) v *= scale;
    return values;
  }

 private:
  // Completing tokens, among them the first block's and the second's, and others.
  [[nodiscard]] std::int64_t position(std::int64_t t) const {
    const std::int64_t ratio = shape_.ratio;
    switch (t % 5) {
      case 0:
        return ratio - 1;
      case 1:
        return 2 * ratio - 1;
      case 2:
        return 40'000 * ratio + ratio * t - 1;
      case 3:
        return 0;
      default:
        return 5 * ratio + t % (ratio - 1);
    }
  }
  [[nodiscard]] std::int64_t page_entries() const { return 256 / shape_.ratio; }
  [[nodiscard]] std::int64_t pages() const { return shape_.tokens + 1; }
  [[nodiscard]] std::int64_t entries() const { return pages() * page_entries(); }
  [[nodiscard]] std::int64_t page_stride() const {
    return shape_.into == Into::kKv ? kv_page_stride(shape_.format, page_entries(), shape_.dim)
                                    : index_page_stride(shape_.format, page_entries(), shape_.dim);
  }
  [[nodiscard]] std::int64_t cache_bytes() const { return pages() * page_stride(); }

  [[nodiscard]] CompressorParams<bf16_t> sizes(std::byte* cache) const {
    CompressorParams<bf16_t> p{.tokens = shape_.tokens,
                               .ratio = shape_.ratio,
                               .dim = shape_.dim,
                               .rope_dim = shape_.rope_dim,
                               .eps = 1e-6,
                               .rope = {.pairs = shape_.rope_dim / 2}};
    if (shape_.into == Into::kKv) {
      p.kv_cache = {cache,           shape_.format,  shape_.dim,
                    shape_.rope_dim, page_entries(), page_stride()};
    } else {
      p.index_cache = {cache, shape_.format, shape_.dim, page_entries(), page_stride()};
    }
    return p;
  }

  Shape shape_;
  std::int64_t channels_;
  std::vector<float> kv_;
  std::vector<float> score_;
  RandomMatrix ape_;
  RandomVector norm_;
  std::vector<float> state_;
  std::vector<std::int64_t> positions_;
  std::vector<std::int64_t> state_slots_;
  std::vector<std::int64_t> entry_slots_;
  std::vector<double> frequencies_;
};

class CompressorCuda : public test::CudaTestWithParam<Shape> {};

TEST_P(CompressorCuda, StateMatchesTheReferenceToTheBit) {
  const Problem problem(GetParam());
  EXPECT_EQ(problem.on_gpu().state, problem.reference().state);
}

TEST_P(CompressorCuda, EntriesMatchTheReference) {
  const Problem problem(GetParam());
  const Result want = problem.reference();
  const Result got = problem.on_gpu();
  std::int64_t emitted = 0;
  for (std::size_t t = 0; t < problem.positions().size(); ++t) {
    if ((problem.positions()[t] + 1) % GetParam().ratio != 0) continue;
    ++emitted;
    const std::int64_t slot = problem.entry_slots()[t];
    // Rarely a pooled value rounds to its neighbour, or a code, and one such is 1/8 of a value.
    const double bound = GetParam().format == CacheFormat::kFp8 ? 2e-2 : 4e-3;
    EXPECT_LE(test::relative_error(problem.entry(got, slot), problem.entry(want, slot)), bound)
        << "token " << t << " at position " << problem.positions()[t];
  }
  EXPECT_GT(emitted, 0);
}

// Bytes that the reference does not write stay as they were; those of values that round to their
// neighbour differ, as do the last ones of float32 scales.
TEST_P(CompressorCuda, BytesMatchTheReferenceAlmostEverywhere) {
  const Problem problem(GetParam());
  const Result want = problem.reference();
  const Result on_zeros = problem.reference(std::byte{0});
  const Result got = problem.on_gpu();
  std::int64_t different = 0;
  std::int64_t written = 0;
  for (std::size_t i = 0; i < want.cache.size(); ++i) {
    if (want.cache[i] != on_zeros.cache[i]) {
      ASSERT_EQ(got.cache[i], want.cache[i]) << "byte " << i << " should not have been written";
    } else {
      ++written;
      different += got.cache[i] != want.cache[i] ? 1 : 0;
    }
  }
  EXPECT_LE(static_cast<double>(different), 4 + 0.03 * static_cast<double>(written));
}

TEST_P(CompressorCuda, RepeatsToTheBit) {
  const Problem problem(GetParam());
  const Result first = problem.on_gpu();
  const Result second = problem.on_gpu();
  EXPECT_EQ(first.state, second.state);
  EXPECT_EQ(first.cache, second.cache);
}

constexpr auto kFp8 = CacheFormat::kFp8;
constexpr auto kBf16 = CacheFormat::kBf16;
constexpr auto kF32Ape = WeightFormat::kF32;
constexpr auto kBf16Ape = WeightFormat::kBf16;

INSTANTIATE_TEST_SUITE_P(Shapes, CompressorCuda,
                         ::testing::Values(Shape{1, 4, 512, 64, Into::kKv, kFp8, kF32Ape},
                                           Shape{17, 4, 512, 64, Into::kKv, kFp8, kF32Ape},
                                           Shape{64, 4, 512, 64, Into::kKv, kBf16, kF32Ape},
                                           Shape{8, 128, 512, 64, Into::kKv, kFp8, kF32Ape},
                                           Shape{3, 128, 512, 64, Into::kKv, kBf16, kBf16Ape},
                                           Shape{17, 4, 128, 64, Into::kIndex, kFp8, kF32Ape},
                                           Shape{2, 4, 128, 32, Into::kIndex, kBf16, kF32Ape},
                                           Shape{3, 4, 64, 32, Into::kIndex, kBf16, kBf16Ape},
                                           Shape{3, 4, 32, 32, Into::kIndex, kBf16, kF32Ape},
                                           Shape{8, 4, 128, 32, Into::kKv, kBf16, kF32Ape},
                                           Shape{8, 128, 256, 64, Into::kKv, kBf16, kF32Ape},
                                           Shape{3, 128, 12, 4, Into::kKv, kBf16, kF32Ape}),
                         ::testing::PrintToStringParamName());

struct InvalidField {
  const char* field;
  std::function<void(CompressorParams<bf16_t>&)> spoil;
};

TEST(CompressorSupport, InvalidFieldsAreRefusedByName) {
  using Params = CompressorParams<bf16_t>;
  float some_float = 0;
  const double some_double = 0;
  const std::int64_t some_long = 0;
  std::byte some_byte{};
  const RandomMatrix ape(WeightFormat::kF32, 4, 1024, 1);
  const RandomMatrix narrow_ape(WeightFormat::kF32, 4, 512, 1);
  const RandomMatrix fp8_ape(WeightFormat::kFp8, 4, 1024, 1);
  const RandomVector norm(WeightFormat::kBf16, 512, 2);
  const Params valid{.tokens = 1,
                     .ratio = 4,
                     .dim = 512,
                     .rope_dim = 64,
                     .kv = &some_float,
                     .score = &some_float,
                     .ape = ape.view(),
                     .norm = norm.view(),
                     .rope = {&some_double, 32},
                     .positions = &some_long,
                     .state_slots = &some_long,
                     .state = &some_float,
                     .entry_slots = &some_long,
                     .kv_cache = {&some_byte, CacheFormat::kFp8, 512, 64, 64, 37'440}};
  ASSERT_TRUE(supports(valid).ok()) << supports(valid).reason;
  const IndexCacheView index{&some_byte, CacheFormat::kFp8, 512, 64, 8448};
  const InvalidField cases[] = {
      {"tokens", [](Params& p) { p.tokens = 0; }},
      {"ratio", [](Params& p) { p.ratio = 8; }},
      {"dim", [](Params& p) { p.dim = 514; }},
      {"dim", [](Params& p) { p.dim = 1024; }},
      {"rope_dim", [](Params& p) { p.rope_dim = 62; }},
      {"kv must", [](Params& p) { p.kv = nullptr; }},
      {"score", [](Params& p) { p.score = nullptr; }},
      {"ape", [](Params& p) { p.ape = {}; }},
      {"ape", [&](Params& p) { p.ape = narrow_ape.view(); }},
      {"ape", [&](Params& p) { p.ape = fp8_ape.view(); }},
      {"norm", [](Params& p) { p.norm = {}; }},
      {"norm", [](Params& p) { p.norm.size = 511; }},
      {"rope.frequencies", [](Params& p) { p.rope.frequencies = nullptr; }},
      {"positions", [](Params& p) { p.positions = nullptr; }},
      {"state_slots", [](Params& p) { p.state_slots = nullptr; }},
      {"state must", [](Params& p) { p.state = nullptr; }},
      {"entry_slots", [](Params& p) { p.entry_slots = nullptr; }},
      {"exactly one", [](Params& p) { p.kv_cache.data = nullptr; }},
      {"exactly one", [&](Params& p) { p.index_cache = index; }},
      {"kv_cache.format", [](Params& p) { p.kv_cache.format = CacheFormat::kF32; }},
      {"kv_cache.dim", [](Params& p) { p.kv_cache.dim = 128; }},
      {"kv_cache.page_entries", [](Params& p) { p.kv_cache.page_entries = 0; }},
      {"index keys",
       [&](Params& p) {
         p.kv_cache = {};
         p.index_cache = index;
       }},
  };
  for (const InvalidField& invalid : cases) {
    Params p = valid;
    invalid.spoil(p);
    EXPECT_THAT(supports(p).reason, HasSubstr(invalid.field));
    EXPECT_THROW(launch_compressor(p, nullptr), Error);
  }
}

}  // namespace
}  // namespace dscope
