// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/embed/embed.h"
#include "tests/support/cuda_test.h"

#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace dscope {
namespace {

using test::CudaTest;
using test::RandomMatrix;

struct EmbedCuda : CudaTest {};

void check(const WeightMatrix& table, Slice vocab, const std::vector<std::int32_t>& ids) {
  const DeviceMatrix device_table(table);
  const DeviceArray<std::int32_t> device_ids(ids);
  const std::int64_t size = std::ssize(ids) * table.cols;
  const DeviceArray<bf16_t> out(size);
  test::poison(out);
  EmbedParams<bf16_t> p{.tokens = std::ssize(ids),
                        .ids = device_ids.data(),
                        .table = device_table.view(),
                        .vocab = vocab,
                        .out = out.data()};
  launch_embed(p, nullptr);
  const std::vector<bf16_t> got = out.to_host();
  std::vector<bf16_t> want(static_cast<std::size_t>(size));
  p.ids = ids.data();
  p.table = table;
  p.out = want.data();
  reference_embed(p);
  EXPECT_EQ(std::memcmp(got.data(), want.data(), want.size() * sizeof(bf16_t)), 0)
      << table.rows << " x " << table.cols << ", format " << static_cast<int>(table.format);
}

// Rows are copied or rounded once, so they are equal to the bit.
TEST_F(EmbedCuda, RowsOfEveryFormatAndWidth) {
  for (const WeightFormat format : {WeightFormat::kBf16, WeightFormat::kF32}) {
    for (const std::int64_t cols : {1, 7, 64, 384, 2048, 2052, 4096, 7168}) {
      const RandomMatrix table(format, 20, cols, 1);
      check(table.view(), {100, 120}, {100, 119, 99, 120, -1, 107, 107, 0});
      check(table.view(), {0, 20}, {3});
    }
  }
}

TEST_F(EmbedCuda, HalfPrecisionTables) {
  std::vector<std::uint16_t> halves;
  for (int i = 0; i < 4 * 33; ++i) {
    halves.push_back(static_cast<std::uint16_t>(hash64(9, i) & 0xbfff));  // finite
  }
  check({.format = WeightFormat::kF16,
         .rows = 4,
         .cols = 33,
         .data = reinterpret_cast<const std::byte*>(halves.data()),
         .row_bytes = 66},
        {0, 4}, {0, 1, 2, 3, 4});
}

TEST_F(EmbedCuda, RefusesInvalidFields) {
  const RandomMatrix matrix(WeightFormat::kBf16, 4, 16, 1);
  const DeviceMatrix table(matrix.view());
  const DeviceArray<std::int32_t> ids(1);
  const DeviceArray<bf16_t> out(16);
  const EmbedParams<bf16_t> good{
      .tokens = 1, .ids = ids.data(), .table = table.view(), .vocab = {8, 12}, .out = out.data()};
  EXPECT_TRUE(supports(good).ok()) << supports(good).reason;
  const auto expect_refusal = [&](const std::string& field,
                                  const std::function<void(EmbedParams<bf16_t>&)>& spoil) {
    EmbedParams<bf16_t> p = good;
    spoil(p);
    EXPECT_NE(supports(p).reason.find(field), std::string::npos)
        << field << ": " << supports(p).reason;
    EXPECT_THROW(launch_embed(p, nullptr), Error) << field;
  };
  expect_refusal("tokens", [](auto& p) { p.tokens = 0; });
  expect_refusal("ids", [](auto& p) { p.ids = nullptr; });
  expect_refusal("table.data", [](auto& p) { p.table.data = nullptr; });
  expect_refusal("table.format", [](auto& p) { p.table.format = WeightFormat::kFp8; });
  expect_refusal("table.rows", [](auto& p) { p.table.rows = 0; });
  expect_refusal("table.cols", [](auto& p) { p.table.cols = 0; });
  expect_refusal("table.row_bytes", [](auto& p) { p.table.row_bytes = 30; });
  expect_refusal("vocab", [](auto& p) { p.vocab = {8, 11}; });
  expect_refusal("out", [](auto& p) { p.out = nullptr; });
}

}  // namespace
}  // namespace dscope
