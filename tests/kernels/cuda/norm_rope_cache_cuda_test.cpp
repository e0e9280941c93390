// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm_rope_cache/norm_rope_cache.h"
#include "kernels/norm_rope_cache/rms_norm.h"
#include "tests/support/cuda_test.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

namespace dscope::test {
namespace {

// Float32 sums against double ones: a BF16 result differs where the exact value lies next to the
// middle between two codes, which is rare.
constexpr double kRareTies = 2e-4;
constexpr double kEps = 1e-6;

template <class T>
std::vector<T> random_values(std::int64_t n, std::uint64_t seed) {
  if constexpr (std::is_same_v<T, float>) {
    return random_floats(n, seed);
  } else {
    return random_bf16(n, seed);
  }
}

// Frequencies as of a real model, and positions up to the largest context.
class RandomRope {
 public:
  RandomRope(std::int64_t rope_dim, std::int64_t tokens) {
    for (std::int64_t i = 0; i < rope_dim / 2; ++i) {
      frequencies_.push_back(
          std::pow(160'000.0, -2.0 * static_cast<double>(i) / static_cast<double>(rope_dim)));
    }
    for (std::int64_t t = 0; t < tokens; ++t) {
      positions_.push_back(t == 0 ? 1'048'575 : static_cast<std::int64_t>(hash64(7, t) % 100'000));
    }
    if (rope_dim > 0) device_frequencies_ = DeviceArray<double>(frequencies_);
    device_positions_ = DeviceArray<std::int64_t>(positions_);
  }

  [[nodiscard]] RopeView host() const { return {frequencies_.data(), std::ssize(frequencies_)}; }
  [[nodiscard]] RopeView device() const {
    return {device_frequencies_.data(), std::ssize(frequencies_)};
  }
  [[nodiscard]] const std::int64_t* positions() const { return positions_.data(); }
  [[nodiscard]] const std::int64_t* device_positions() const { return device_positions_.data(); }

 private:
  std::vector<double> frequencies_;
  std::vector<std::int64_t> positions_;
  DeviceArray<double> device_frequencies_;
  DeviceArray<std::int64_t> device_positions_;
};

// --- RMS norm -----------------------------------------------------------------------------------

struct NormShape {
  std::int64_t tokens = 1;
  std::int64_t dim = 0;
  std::int64_t stride = 0;
  WeightFormat weight = WeightFormat::kBf16;
};

std::ostream& operator<<(std::ostream& out, const NormShape& s) {
  return out << "T" << s.tokens << " dim " << s.dim << " stride " << s.stride;
}

class RmsNormCuda : public CudaTestWithParam<NormShape> {};

template <class In>
void check_rms_norm(const NormShape& s) {
  const auto x = random_values<In>(s.tokens * s.stride, 1);
  const RandomVector weight(s.weight, s.dim, 2);
  std::vector<bf16_t> want(static_cast<std::size_t>(s.tokens * s.dim));
  reference_rms_norm<In, bf16_t>({.tokens = s.tokens,
                                  .x = x.data(),
                                  .x_stride = s.stride,
                                  .weight = weight.view(),
                                  .eps = kEps,
                                  .y = want.data()});
  const DeviceArray<In> device_x(x);
  const DeviceVector device_weight(weight.view());
  const DeviceArray<bf16_t> y(std::ssize(want));
  const auto run = [&] {
    poison(y);
    launch_rms_norm(RmsNormParams<In, bf16_t>{.tokens = s.tokens,
                                              .x = device_x.data(),
                                              .x_stride = s.stride,
                                              .weight = device_weight.view(),
                                              .eps = kEps,
                                              .y = y.data()},
                    nullptr);
    return y.to_host();
  };
  const std::vector<bf16_t> got = run();
  EXPECT_LE(relative_error(got, want), kRareTies);
  EXPECT_TRUE(run() == got) << "a second run differs";
}

TEST_P(RmsNormCuda, FromBf16) {
  check_rms_norm<bf16_t>(GetParam());
}
TEST_P(RmsNormCuda, FromFloat) {
  check_rms_norm<float>(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Shapes, RmsNormCuda,
                         ::testing::Values(NormShape{1, 4096, 4096}, NormShape{3, 7168, 7168},
                                           NormShape{64, 1024, 1536}, NormShape{17, 1536, 2048},
                                           NormShape{2, 8192, 8192, WeightFormat::kF32},
                                           NormShape{5, 8, 8}, NormShape{8, 1000, 1016},
                                           NormShape{2, 8200, 8200}, NormShape{3, 61, 63},
                                           NormShape{2, 1, 1}, NormShape{2, 96, 97},
                                           NormShape{2, 512, 512, WeightFormat::kF16}));

// --- Queries and attention output ---------------------------------------------------------------

struct RowShape {
  std::int64_t tokens = 1;
  std::int64_t heads = 1;
  std::int64_t head_dim = 512;
  std::int64_t rope_dim = 64;
};

std::ostream& operator<<(std::ostream& out, const RowShape& s) {
  return out << "T" << s.tokens << " H" << s.heads << " D" << s.head_dim << " rope " << s.rope_dim;
}

class HeadRowsCuda : public CudaTestWithParam<RowShape> {};

TEST_P(HeadRowsCuda, QueriesAreNormalisedAndRopedInPlace) {
  const RowShape s = GetParam();
  const RandomRope rope(s.rope_dim, s.tokens);
  const std::vector<bf16_t> q = random_bf16(s.tokens * s.heads * s.head_dim, 3);
  std::vector<bf16_t> want = q;
  QNormRopeParams<bf16_t> p{.tokens = s.tokens,
                            .heads = s.heads,
                            .head_dim = s.head_dim,
                            .rope_dim = s.rope_dim,
                            .q = want.data(),
                            .positions = rope.positions(),
                            .rope = rope.host(),
                            .eps = kEps};
  reference_q_norm_rope(p);
  const auto run = [&] {
    const DeviceArray<bf16_t> device_q(q);
    p.q = device_q.data();
    p.positions = rope.device_positions();
    p.rope = rope.device();
    launch_q_norm_rope(p, nullptr);
    return device_q.to_host();
  };
  const std::vector<bf16_t> got = run();
  EXPECT_LE(relative_error(got, want), kRareTies);
  EXPECT_TRUE(run() == got) << "a second run differs";
}

TEST_P(HeadRowsCuda, OutputIsTurnedBack) {
  const RowShape s = GetParam();
  const RandomRope rope(s.rope_dim, s.tokens);
  const std::vector<float> x = random_floats(s.tokens * s.heads * s.head_dim, 4);
  std::vector<bf16_t> want(x.size());
  InverseRopeParams<bf16_t> p{.tokens = s.tokens,
                              .heads = s.heads,
                              .head_dim = s.head_dim,
                              .rope_dim = s.rope_dim,
                              .x = x.data(),
                              .o = want.data(),
                              .positions = rope.positions(),
                              .rope = rope.host()};
  reference_inverse_rope(p);
  const DeviceArray<float> device_x(x);
  const DeviceArray<bf16_t> o(std::ssize(x));
  p.x = device_x.data();
  p.o = o.data();
  p.positions = rope.device_positions();
  p.rope = rope.device();
  const auto run = [&] {
    poison(o);
    launch_inverse_rope(p, nullptr);
    return o.to_host();
  };
  const std::vector<bf16_t> got = run();
  EXPECT_LE(relative_error(got, want), kRareTies);
  EXPECT_TRUE(run() == got) << "a second run differs";
}

INSTANTIATE_TEST_SUITE_P(Shapes, HeadRowsCuda,
                         ::testing::Values(RowShape{1, 64, 512, 64}, RowShape{2, 128, 512, 64},
                                           RowShape{3, 8, 512, 64}, RowShape{64, 16, 512, 64},
                                           RowShape{17, 3, 256, 32}, RowShape{8, 2, 128, 16},
                                           RowShape{2, 5, 64, 64}, RowShape{1, 1, 8, 8},
                                           RowShape{2, 3, 520, 64}, RowShape{2, 3, 256, 128},
                                           RowShape{3, 3, 50, 6}, RowShape{1, 7, 512, 0}));

// --- The key-value entry ------------------------------------------------------------------------

struct EntryShape {
  CacheFormat format = CacheFormat::kFp8;
  std::int64_t tokens = 1;
  std::int64_t dim = 512;
  std::int64_t rope_dim = 64;
  std::int64_t page_entries = 256;
  std::int64_t kv_stride = 512;
  float magnitude = 1;
};

std::ostream& operator<<(std::ostream& out, const EntryShape& s) {
  return out << (s.format == CacheFormat::kFp8 ? "fp8" : "bf16") << " T" << s.tokens << " D"
             << s.dim << " page " << s.page_entries << " magnitude " << s.magnitude;
}

class KvStoreCuda : public CudaTestWithParam<EntryShape> {};

TEST_P(KvStoreCuda, WritesTheBytesOfTheReference) {
  const EntryShape s = GetParam();
  const RandomRope rope(s.rope_dim, s.tokens);
  std::vector<bf16_t> kv = random_bf16(s.tokens * s.kv_stride, 5);
  for (bf16_t& v : kv) v = bf16_from_float(bf16_to_float(v) * s.magnitude);
  const RandomVector weight(WeightFormat::kBf16, s.dim, 6);
  std::vector<std::int64_t> slots;
  for (std::int64_t t = 0; t < s.tokens; ++t) slots.push_back((t * 37 + 5) % 257);
  const std::int64_t stride = kv_page_stride(s.format, s.page_entries, s.dim);
  std::vector<std::byte> want(static_cast<std::size_t>(ceil_div(257, s.page_entries) * stride),
                              std::byte{0xff});
  KvNormRopeStoreParams<bf16_t> p{
      .tokens = s.tokens,
      .kv = kv.data(),
      .kv_stride = s.kv_stride,
      .weight = weight.view(),
      .positions = rope.positions(),
      .slots = slots.data(),
      .rope = rope.host(),
      .cache = {want.data(), s.format, s.dim, s.rope_dim, s.page_entries, stride},
      .eps = kEps};
  reference_kv_norm_rope_store(p);

  const DeviceArray<bf16_t> device_kv(kv);
  const DeviceVector device_weight(weight.view());
  const DeviceArray<std::int64_t> device_slots(slots);
  const DeviceArray<std::byte> cache(std::ssize(want));
  p.kv = device_kv.data();
  p.weight = device_weight.view();
  p.positions = rope.device_positions();
  p.slots = device_slots.data();
  p.rope = rope.device();
  p.cache.data = cache.data();
  const auto run = [&] {
    poison(cache);
    launch_kv_norm_rope_store(p, nullptr);
    return cache.to_host();
  };
  const std::vector<std::byte> got = run();
  // Equal but for codes whose exact value lies next to the middle between two.
  std::int64_t different = 0;
  for (std::size_t i = 0; i < want.size(); ++i) different += got[i] != want[i] ? 1 : 0;
  EXPECT_LE(static_cast<double>(different), 1 + 1e-3 * static_cast<double>(s.tokens * s.dim));
  // And of about the same value everywhere: what differs does so by one step.
  std::vector<float> got_values(static_cast<std::size_t>(s.dim));
  std::vector<float> want_values(got_values.size());
  std::vector<std::byte> got_bytes = got;
  for (std::int64_t t = 0; t < s.tokens; ++t) {
    p.cache.data = want.data();
    load_kv(p.cache, slots[t], want_values.data());
    p.cache.data = got_bytes.data();
    load_kv(p.cache, slots[t], got_values.data());
    EXPECT_LE(relative_error(got_values, want_values), 1e-2) << "token " << t;
  }
  p.cache.data = cache.data();
  EXPECT_TRUE(run() == got) << "a second run differs";
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, KvStoreCuda,
    ::testing::Values(EntryShape{}, EntryShape{.tokens = 64, .kv_stride = 1536},
                      EntryShape{.tokens = 17, .page_entries = 64, .kv_stride = 513},
                      EntryShape{.tokens = 3, .page_entries = 2, .magnitude = 1e-6f},
                      EntryShape{.tokens = 8, .magnitude = 1e4f},
                      EntryShape{.format = CacheFormat::kBf16, .tokens = 17},
                      EntryShape{CacheFormat::kBf16, 3, 128, 16, 256, 200},
                      EntryShape{CacheFormat::kBf16, 2, 1026, 10, 2, 1026}));

// --- Without a GPU ------------------------------------------------------------------------------

alignas(16) std::array<std::byte, 16> g_memory;  // pointers to it are never followed

template <class T>
T* somewhere() {
  return reinterpret_cast<T*>(g_memory.data());
}

template <class Params, class Launch, class Change>
void expect_refused(Params p, const Launch& launch, const std::string& field,
                    const Change& change) {
  EXPECT_TRUE(supports(p).ok()) << supports(p).reason;
  change(p);
  const std::string reason = supports(p).reason;
  EXPECT_TRUE(reason.starts_with(field)) << "expected '" << field << "', got '" << reason << "'";
  EXPECT_THROW(launch(p), Error) << field;
}

TEST(NormRopeCacheSupport, RmsNormRefusesInvalidFieldsByName) {
  using P = RmsNormParams<float, bf16_t>;
  const P good{.tokens = 1,
               .x = somewhere<float>(),
               .x_stride = 64,
               .weight = {WeightFormat::kBf16, 64, g_memory.data()},
               .eps = kEps,
               .y = somewhere<bf16_t>()};
  const auto launch = [](const P& p) { launch_rms_norm(p, nullptr); };
  expect_refused(good, launch, "tokens", [](P& p) { p.tokens = 0; });
  expect_refused(good, launch, "x:", [](P& p) { p.x = nullptr; });
  expect_refused(good, launch, "x_stride", [](P& p) { p.x_stride = 63; });
  expect_refused(good, launch, "weight:", [](P& p) { p.weight.data = nullptr; });
  expect_refused(good, launch, "weight.size", [](P& p) { p.weight.size = 0; });
  expect_refused(good, launch, "weight.format",
                 [](P& p) { p.weight.format = WeightFormat::kMxfp4; });
  expect_refused(good, launch, "eps", [](P& p) { p.eps = -1; });
  expect_refused(good, launch, "y:", [](P& p) { p.y = nullptr; });
}

TEST(NormRopeCacheSupport, QueriesRefuseInvalidFieldsByName) {
  using P = QNormRopeParams<bf16_t>;
  const P good{.tokens = 1,
               .heads = 2,
               .head_dim = 512,
               .rope_dim = 64,
               .q = somewhere<bf16_t>(),
               .positions = somewhere<const std::int64_t>(),
               .rope = {somewhere<const double>(), 32},
               .eps = kEps};
  const auto launch = [](const P& p) { launch_q_norm_rope(p, nullptr); };
  expect_refused(good, launch, "tokens", [](P& p) { p.tokens = -1; });
  expect_refused(good, launch, "heads", [](P& p) { p.heads = 0; });
  expect_refused(good, launch, "head_dim", [](P& p) { p.head_dim = 0; });
  expect_refused(good, launch, "rope_dim", [](P& p) { p.rope_dim = 63; });
  expect_refused(good, launch, "rope_dim", [](P& p) { p.rope_dim = 514; });
  expect_refused(good, launch, "rope.pairs", [](P& p) { p.rope.pairs = 31; });
  expect_refused(good, launch, "rope.frequencies", [](P& p) { p.rope.frequencies = nullptr; });
  expect_refused(good, launch, "positions", [](P& p) { p.positions = nullptr; });
  expect_refused(good, launch, "q:", [](P& p) { p.q = nullptr; });
  expect_refused(good, launch, "eps", [](P& p) { p.eps = NAN; });
}

TEST(NormRopeCacheSupport, OutputRefusesInvalidFieldsByName) {
  using P = InverseRopeParams<bf16_t>;
  const P good{.tokens = 1,
               .heads = 2,
               .head_dim = 512,
               .rope_dim = 64,
               .x = somewhere<float>(),
               .o = somewhere<bf16_t>(),
               .positions = somewhere<const std::int64_t>(),
               .rope = {somewhere<const double>(), 32}};
  const auto launch = [](const P& p) { launch_inverse_rope(p, nullptr); };
  expect_refused(good, launch, "tokens", [](P& p) { p.tokens = 0; });
  expect_refused(good, launch, "heads", [](P& p) { p.heads = 100'000; });
  expect_refused(good, launch, "x:", [](P& p) { p.x = nullptr; });
  expect_refused(good, launch, "o:", [](P& p) { p.o = nullptr; });
  expect_refused(good, launch, "positions", [](P& p) { p.positions = nullptr; });
  expect_refused(good, launch, "rope.pairs", [](P& p) { p.rope = {}; });
}

TEST(NormRopeCacheSupport, StoreRefusesInvalidFieldsByName) {
  using P = KvNormRopeStoreParams<bf16_t>;
  const P good{.tokens = 1,
               .kv = somewhere<bf16_t>(),
               .kv_stride = 512,
               .weight = {WeightFormat::kBf16, 512, g_memory.data()},
               .positions = somewhere<const std::int64_t>(),
               .slots = somewhere<const std::int64_t>(),
               .rope = {somewhere<const double>(), 32},
               .cache = {g_memory.data(), CacheFormat::kFp8, 512, 64, 256, KvPage::stride(256)},
               .eps = kEps};
  const auto launch = [](const P& p) { launch_kv_norm_rope_store(p, nullptr); };
  expect_refused(good, launch, "tokens", [](P& p) { p.tokens = 0; });
  expect_refused(good, launch, "kv:", [](P& p) { p.kv = nullptr; });
  expect_refused(good, launch, "kv_stride", [](P& p) { p.kv_stride = 511; });
  expect_refused(good, launch, "weight.size", [](P& p) { p.weight.size = 511; });
  expect_refused(good, launch, "weight:", [](P& p) { p.weight.data = nullptr; });
  expect_refused(good, launch, "positions", [](P& p) { p.positions = nullptr; });
  expect_refused(good, launch, "slots", [](P& p) { p.slots = nullptr; });
  expect_refused(good, launch, "rope.pairs", [](P& p) { p.rope.pairs = 16; });
  expect_refused(good, launch, "cache.format", [](P& p) { p.cache.format = CacheFormat::kF32; });
  expect_refused(good, launch, "cache.dim", [](P& p) { p.cache.dim = 256; });
  expect_refused(good, launch, "cache.dim", [](P& p) { p.cache.rope_dim = 32; });
  expect_refused(good, launch, "cache.page_entries", [](P& p) { p.cache.page_entries = 0; });
  expect_refused(good, launch, "cache.page_stride", [](P& p) { p.cache.page_stride = 149'502; });
  expect_refused(good, launch, "cache.data", [](P& p) { p.cache.data = nullptr; });
  expect_refused(good, launch, "eps", [](P& p) { p.eps = INFINITY; });
}

}  // namespace
}  // namespace dscope::test
