// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/sparse_mla_decode/sparse_mla_decode.h"

#include "tests/support/test_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace dscope {
namespace {

// Entries of two values in plain float pages of two, so that everything can be worked out by hand.
class Entries {
 public:
  explicit Entries(const std::vector<std::vector<float>>& entries)
      : bytes_(entries.size() * 8 + 8) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      store_kv(view(), static_cast<std::int64_t>(i), entries[i].data());
    }
  }
  [[nodiscard]] KvCacheView view() { return {bytes_.data(), CacheFormat::kF32, 2, 0, 2, 16}; }

 private:
  std::vector<std::byte> bytes_;
};

struct Fixture {
  Entries window{{{1, 0}, {0, 1}}};
  Entries compressed{{{2, 2}, {NAN, NAN}}};
  std::vector<std::int32_t> window_indices{0, 1};
  std::vector<std::int32_t> compressed_indices{-1, 0, 1};
  std::int32_t window_length = 2;
  std::int32_t compressed_length = 2;  // the third index (NaN) does not count
  test::Vector sink{{-INFINITY}};
  std::vector<float> q{1, 2};
  std::vector<float> o = std::vector<float>(2, 9);
  float lse = 0;

  void run() {
    reference_sparse_mla_decode<float>(
        {.tokens = 1,
         .heads = 1,
         .head_dim = 2,
         .q = q.data(),
         .window = {window.view(), window_indices.data(), 2, &window_length},
         .compressed = {compressed.view(), compressed_indices.data(), 3, &compressed_length},
         .sink = sink.view(),
         .scale = 0.5,
         .o = o.data(),
         .lse = &lse});
  }
};

TEST(SparseMlaDecode, JoinsBothSetsInOneSoftmax) {
  Fixture f;
  f.run();
  const double a = std::exp(0.5);  // q . (1, 0) / 2
  const double b = std::exp(1.0);
  const double c = std::exp(3.0);
  EXPECT_NEAR(f.o[0], (a + 2 * c) / (a + b + c), 1e-6);
  EXPECT_NEAR(f.o[1], (b + 2 * c) / (a + b + c), 1e-6);
  EXPECT_NEAR(f.lse, std::log(a + b + c), 1e-6);
}

TEST(SparseMlaDecode, SinkTakesItsShareOnceAndUnscaled) {
  Fixture f;
  f.run();
  const std::vector<float> without = f.o;
  const float lse = f.lse;
  f.sink = test::Vector({lse});  // as heavy as all entries together
  f.run();
  EXPECT_NEAR(f.o[0], without[0] / 2, 1e-6);
  EXPECT_NEAR(f.o[1], without[1] / 2, 1e-6);
  EXPECT_EQ(f.lse, lse) << "lse excludes the sink";
  f.sink = test::Vector({INFINITY});
  f.run();
  EXPECT_EQ(f.o[0], 0);
}

TEST(SparseMlaDecode, RowsWithoutEntriesAreZero) {
  Fixture f;
  f.window_length = 0;
  f.compressed_indices = {-1, -1, -1};
  f.run();
  EXPECT_EQ(f.o, (std::vector<float>{0, 0}));
  EXPECT_EQ(f.lse, INFINITY);
}

TEST(SparseMlaDecode, LargeScoresDoNotOverflow) {
  Fixture f;
  f.q = {1000, 2000};
  f.run();
  EXPECT_NEAR(f.o[0], 2, 1e-6);
  EXPECT_NEAR(f.lse, 3000, 1e-2);
}

}  // namespace
}  // namespace dscope
