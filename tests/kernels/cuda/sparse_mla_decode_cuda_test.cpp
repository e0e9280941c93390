// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/graph.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode_config.h"
#include "tests/support/cuda_test.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace dscope::test {
namespace {

// One set of entries: what it could hold, and what is live.
struct SetShape {
  std::int64_t page_entries = 256;
  std::int64_t width = 128;   // indices of a token
  std::int64_t length = 128;  // of token 0, at most width is live; token t has 13 t fewer
};

struct Shape {
  CacheFormat format = CacheFormat::kFp8;
  std::int64_t tokens = 1;
  std::int64_t heads = 64;
  std::int64_t head_dim = 512;
  SetShape window;
  SetShape compressed{64, 0, 0};
  bool holes = false;  // a quarter of the indices is -1
  WeightFormat sink = WeightFormat::kF32;
};

std::ostream& operator<<(std::ostream& out, const Shape& s) {
  out << (s.format == CacheFormat::kFp8 ? "fp8" : "bf16") << " T" << s.tokens << " H" << s.heads
      << " D" << s.head_dim;
  for (const SetShape& set : {s.window, s.compressed}) {
    out << ", page " << set.page_entries << ": " << set.length << " of " << set.width;
  }
  return out << (s.holes ? ", holes" : "");
}

// A set with random entries. Slots that no live index names hold bytes that are NaN in every
// format, and indices beyond the live length lead far outside the cache.
class RandomSet {
 public:
  RandomSet(const Shape& shape, const SetShape& set, std::uint64_t seed) : width_(set.width) {
    const std::int64_t indices = shape.tokens * set.width;
    const std::int64_t slots = std::max<std::int64_t>(1, 2 * indices);
    const std::int64_t stride = kv_page_stride(shape.format, set.page_entries, shape.head_dim);
    bytes_.assign(static_cast<std::size_t>(ceil_div(slots, set.page_entries) * stride),
                  std::byte{0xff});
    view_ = {bytes_.data(), shape.format, shape.head_dim, 64, set.page_entries, stride};
    indices_.assign(static_cast<std::size_t>(std::max<std::int64_t>(1, indices)), 1 << 30);
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      length_.push_back(
          static_cast<std::int32_t>(std::clamp<std::int64_t>(set.length - 13 * t, 0, set.width)));
      for (std::int64_t i = 0; i < length_.back(); ++i) {
        const bool hole = shape.holes && hash64(seed + 1, t * set.width + i) % 4 == 0;
        indices_[t * set.width + i] = hole ? -1 : add_entry(slots, seed, t * set.width + i);
      }
    }
    device_bytes_ = DeviceArray<std::byte>(bytes_);
    device_indices_ = DeviceArray<std::int32_t>(indices_);
    device_length_ = DeviceArray<std::int32_t>(length_);
  }

  [[nodiscard]] SparseSet host() const {
    if (width_ == 0) return {};
    return {view_, indices_.data(), width_, length_.data()};
  }
  [[nodiscard]] SparseSet device() const {
    if (width_ == 0) return {};
    KvCacheView view = view_;
    view.data = device_bytes_.data();
    return {view, device_indices_.data(), width_, device_length_.data()};
  }
  void set_length(std::int32_t length) {
    std::fill(length_.begin(), length_.end(), length);
    copy_to_device(device_length_.data(), length_.data(), std::ssize(length_) * 4);
  }

 private:
  std::int32_t add_entry(std::int64_t slots, std::uint64_t seed, std::int64_t i) {
    const auto slot =
        static_cast<std::int64_t>(hash64(seed + 2, i) % static_cast<std::uint64_t>(slots));
    std::vector<float> entry = random_floats(view_.dim, seed + 3 + slot);
    for (std::size_t d = 0; d < entry.size(); ++d) {  // scales differ between groups
      entry[d] *= std::exp2(static_cast<float>((slot + static_cast<std::int64_t>(d) / 64) % 5 - 3));
    }
    store_kv(view_, slot, entry.data());
    return static_cast<std::int32_t>(slot);
  }

  std::int64_t width_;
  std::vector<std::byte> bytes_;
  KvCacheView view_;
  std::vector<std::int32_t> indices_;
  std::vector<std::int32_t> length_;
  DeviceArray<std::byte> device_bytes_;
  DeviceArray<std::int32_t> device_indices_;
  DeviceArray<std::int32_t> device_length_;
};

struct Result {
  std::vector<float> o;
  std::vector<float> lse;
  friend bool operator==(const Result&, const Result&) = default;
};

class Problem {
 public:
  explicit Problem(const Shape& shape)
      : shape_(shape),
        window_(shape, shape.window, 100),
        compressed_(shape, shape.compressed, 200),
        q_(random_bf16(shape.tokens * shape.heads * shape.head_dim, 300)),
        sink_(shape.sink, shape.heads, 400),
        device_q_(q_),
        device_sink_(sink_.view()),
        o_(std::ssize(q_)),
        lse_(shape.tokens * shape.heads),
        workspace_(sparse_mla_workspace_bytes(shape.tokens, shape.heads, shape.head_dim)) {
    fill_device(workspace_.data(), 0, workspace_.size());
  }

  [[nodiscard]] Result reference() const {
    Result r{std::vector<float>(q_.size()),
             std::vector<float>(static_cast<std::size_t>(lse_.size()))};
    SparseMlaDecodeParams<bf16_t> p = sizes();
    p.q = q_.data();
    p.window = window_.host();
    p.compressed = compressed_.host();
    p.sink = sink_.view();
    p.o = r.o.data();
    p.lse = r.lse.data();
    reference_sparse_mla_decode(p);
    return r;
  }

  [[nodiscard]] SparseMlaDecodeParams<bf16_t> device_params() const {
    SparseMlaDecodeParams<bf16_t> p = sizes();
    p.q = device_q_.data();
    p.window = window_.device();
    p.compressed = compressed_.device();
    p.sink = device_sink_.view();
    p.o = o_.data();
    p.lse = lse_.data();
    p.workspace = workspace_.data();
    return p;
  }

  [[nodiscard]] Result run(const SparseMlaConfig* config = nullptr) const {
    poison_outputs();
    launch_sparse_mla_decode(device_params(), nullptr, config);
    return results();
  }
  void poison_outputs() const {
    poison(o_);
    poison(lse_);
  }
  [[nodiscard]] Result results() const { return {o_.to_host(), lse_.to_host()}; }

  RandomSet& window() { return window_; }
  RandomSet& compressed() { return compressed_; }

 private:
  [[nodiscard]] SparseMlaDecodeParams<bf16_t> sizes() const {
    SparseMlaDecodeParams<bf16_t> p;
    p.tokens = shape_.tokens;
    p.heads = shape_.heads;
    p.head_dim = shape_.head_dim;
    p.scale = 1 / std::sqrt(static_cast<double>(shape_.head_dim));
    return p;
  }

  Shape shape_;
  RandomSet window_;
  RandomSet compressed_;
  std::vector<bf16_t> q_;
  RandomVector sink_;
  DeviceArray<bf16_t> device_q_;
  DeviceVector device_sink_;
  DeviceArray<float> o_;
  DeviceArray<float> lse_;
  DeviceArray<std::byte> workspace_;
};

// P is rounded to BF16, as any tensor-core kernel does; scores and sums are float32.
constexpr double kOutputBound = 4e-3;
constexpr double kLseBound = 2e-5;

void expect_close(const Result& got, const Result& want) {
  EXPECT_LE(relative_error(got.o, want.o), kOutputBound);
  ASSERT_EQ(got.lse.size(), want.lse.size());
  for (std::size_t i = 0; i < want.lse.size(); ++i) {
    if (std::isinf(want.lse[i])) {
      EXPECT_EQ(got.lse[i], want.lse[i]) << "row " << i;
    } else {
      EXPECT_NEAR(got.lse[i], want.lse[i], kLseBound * (1 + std::fabs(want.lse[i]))) << "row " << i;
    }
  }
}

class SparseMlaDecodeCuda : public CudaTestWithParam<Shape> {};

TEST_P(SparseMlaDecodeCuda, AgreesWithTheReferenceAndRepeats) {
  const Problem problem(GetParam());
  const Result first = problem.run();
  expect_close(first, problem.reference());
  EXPECT_TRUE(problem.run() == first) << "a second run differs";
}

Shape fp8(std::int64_t tokens, std::int64_t heads, SetShape window, SetShape compressed,
          bool holes = false) {
  return {
      .tokens = tokens, .heads = heads, .window = window, .compressed = compressed, .holes = holes};
}

Shape bf16(std::int64_t tokens, std::int64_t heads, std::int64_t head_dim, SetShape window,
           SetShape compressed, bool holes = false) {
  return {.format = CacheFormat::kBf16,
          .tokens = tokens,
          .heads = heads,
          .head_dim = head_dim,
          .window = window,
          .compressed = compressed,
          .holes = holes};
}

constexpr SetShape kWindow{256, 128, 128};
constexpr SetShape kNone{64, 0, 0};
constexpr SetShape kSelected{64, 512, 512};  // ratio 4, Flash
constexpr SetShape kSelectedPro{64, 1024, 1024};
constexpr SetShape kAllOf128{2, 320, 300};  // ratio 128, capacity above the live length

INSTANTIATE_TEST_SUITE_P(
    RealShapes, SparseMlaDecodeCuda,
    ::testing::Values(fp8(1, 64, kWindow, kNone), fp8(1, 64, kWindow, kSelected),
                      fp8(1, 64, kWindow, kAllOf128), fp8(1, 128, kWindow, kSelectedPro),
                      fp8(2, 16, kWindow, kSelected), fp8(3, 8, kWindow, kSelected),
                      fp8(8, 64, kWindow, kSelected), fp8(17, 32, kWindow, kAllOf128),
                      fp8(64, 64, kWindow, {64, 512, 1500}), fp8(128, 8, kWindow, {2, 64, 64})));

INSTANTIATE_TEST_SUITE_P(
    Corners, SparseMlaDecodeCuda,
    ::testing::Values(fp8(5, 64, kWindow, kSelected, true), fp8(4, 20, kWindow, kAllOf128, true),
                      fp8(2, 8, {256, 128, 1}, {64, 64, 1}), fp8(2, 8, {256, 128, 0}, {64, 64, 33}),
                      fp8(3, 1, {256, 128, 31}, kNone), fp8(2, 3, {256, 33, 33}, {2, 65, 65}),
                      fp8(2, 16, {256, 128, 0}, {64, 64, 0}), fp8(1, 64, {1, 40, 40}, kNone),
                      fp8(1, 16, kWindow, {2, 8192, 37})));

INSTANTIATE_TEST_SUITE_P(PlainCaches, SparseMlaDecodeCuda,
                         ::testing::Values(bf16(1, 64, 512, kWindow, kSelected),
                                           bf16(3, 4, 128, kWindow, kAllOf128),
                                           bf16(2, 34, 256, kWindow, {64, 128, 70}, true),
                                           bf16(2, 2, 64, {256, 64, 40}, {64, 64, 17}),
                                           bf16(2, 9, 192, kWindow, {2, 64, 64}, true),
                                           bf16(64, 16, 512, kWindow, {64, 256, 900})));

class SparseMlaDecodeConfigs : public CudaTestWithParam<SparseMlaConfig> {};

// Every configuration, on more tiles than fit one split and with tokens that need fewer splits; the
// same workspace serves them one after the other.
TEST_P(SparseMlaDecodeConfigs, GivesTheSameAttention) {
  const Shape shape = fp8(3, 40, kWindow, {64, 320, 300}, true);
  const Problem problem(shape);
  const Result want = problem.reference();
  for (const int splits : {1, 2, 5, 64}) {
    SparseMlaConfig config = GetParam();
    config.splits = splits;
    SCOPED_TRACE(splits);
    const Result first = problem.run(&config);
    expect_close(first, want);
    EXPECT_TRUE(problem.run(&config) == first);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SparseMlaDecodeConfigs,
                         ::testing::Values(SparseMlaConfig{16, 1, 1}, SparseMlaConfig{16, 4, 1},
                                           SparseMlaConfig{16, 8, 1}, SparseMlaConfig{16, 16, 1},
                                           SparseMlaConfig{32, 7, 1}, SparseMlaConfig{32, 32, 1}));

class SparseMlaDecodeCudaTest : public CudaTest {};

TEST_F(SparseMlaDecodeCudaTest, RowsWithoutEntriesAreZero) {
  Problem problem(fp8(2, 16, {256, 128, 64}, {64, 64, 64}));
  problem.window().set_length(0);
  problem.compressed().set_length(0);
  const Result got = problem.run();
  for (const float v : got.o) ASSERT_EQ(v, 0);
  for (const float v : got.lse) ASSERT_EQ(v, INFINITY);
}

TEST_F(SparseMlaDecodeCudaTest, OnlyHolesAreNoEntries) {
  Problem problem(fp8(2, 16, {256, 128, 128}, {64, 256, 256}));
  SparseMlaDecodeParams<bf16_t> p = problem.device_params();
  const DeviceArray<std::int32_t> holes(std::vector<std::int32_t>(2 * 256, -1));
  p.window.indices = holes.data();
  p.compressed.indices = holes.data();
  const SparseMlaConfig config{.rows = 16, .heads = 8, .splits = 4};
  problem.poison_outputs();
  launch_sparse_mla_decode(p, nullptr, &config);
  const Result got = problem.results();
  for (const float v : got.o) ASSERT_EQ(v, 0);
  for (const float v : got.lse) ASSERT_EQ(v, INFINITY);
}

TEST_F(SparseMlaDecodeCudaTest, AGraphFollowsTheLengthsOnTheDevice) {
  Problem problem(fp8(2, 64, kWindow, {64, 512, 512 + 13}));
  const CudaStream stream;
  const CudaGraph graph([&](Stream s) { launch_sparse_mla_decode(problem.device_params(), s); });
  for (const std::int32_t length : {499, 0, 1, 200}) {
    SCOPED_TRACE(length);
    problem.compressed().set_length(length);
    problem.poison_outputs();
    graph.launch(stream.get());
    stream.synchronise();
    expect_close(problem.results(), problem.reference());
  }
}

TEST_F(SparseMlaDecodeCudaTest, LseMayBeLeftOut) {
  const Problem problem(fp8(1, 64, kWindow, kSelected));
  const Result want = problem.run();
  SparseMlaDecodeParams<bf16_t> p = problem.device_params();
  p.lse = nullptr;
  problem.poison_outputs();
  launch_sparse_mla_decode(p, nullptr);
  const Result got = problem.results();
  EXPECT_TRUE(got.o == want.o);
  EXPECT_TRUE(std::isnan(got.lse.front()));
}

TEST_F(SparseMlaDecodeCudaTest, SinksOfEveryFormat) {
  for (const WeightFormat format : {WeightFormat::kBf16, WeightFormat::kF16}) {
    Shape shape = fp8(2, 16, kWindow, kSelected);
    shape.sink = format;
    const Problem problem(shape);
    expect_close(problem.run(), problem.reference());
  }
}

// --- Without a GPU ------------------------------------------------------------------------------

// Parameters that are supported; the pointers are never followed.
SparseMlaDecodeParams<bf16_t> good_params() {
  alignas(16) static std::array<std::byte, 16> memory;
  SparseMlaDecodeParams<bf16_t> p;
  p.tokens = 2;
  p.heads = 8;
  p.head_dim = 512;
  p.q = reinterpret_cast<const bf16_t*>(memory.data());
  p.window = {{memory.data(), CacheFormat::kFp8, 512, 64, 256, KvPage::stride(256)},
              reinterpret_cast<const std::int32_t*>(memory.data()),
              128,
              reinterpret_cast<const std::int32_t*>(memory.data())};
  p.compressed = p.window;
  p.sink = {WeightFormat::kF32, 8, memory.data()};
  p.scale = 0.1;
  p.o = reinterpret_cast<float*>(memory.data());
  p.workspace = memory.data();
  return p;
}

template <class Change>
void expect_refused(const std::string& field, const Change& change) {
  SparseMlaDecodeParams<bf16_t> p = good_params();
  change(p);
  const std::string reason = supports(p).reason;
  EXPECT_TRUE(reason.starts_with(field)) << "expected '" << field << "', got '" << reason << "'";
  EXPECT_THROW(launch_sparse_mla_decode(p, nullptr), Error) << field;
}

TEST(SparseMlaDecodeSupport, RefusesInvalidFieldsByName) {
  using P = SparseMlaDecodeParams<bf16_t>;
  EXPECT_TRUE(supports(good_params()).ok()) << supports(good_params()).reason;
  expect_refused("tokens", [](P& p) { p.tokens = 0; });
  expect_refused("tokens", [](P& p) { p.tokens = 70'000; });
  expect_refused("heads", [](P& p) { p.heads = 0; });
  expect_refused("head_dim", [](P& p) { p.head_dim = 96; });
  expect_refused("head_dim", [](P& p) { p.head_dim = 576; });
  expect_refused("q:", [](P& p) { p.q = nullptr; });
  expect_refused("q:", [](P& p) { ++p.q; });
  expect_refused("o:", [](P& p) { p.o = nullptr; });
  expect_refused("workspace", [](P& p) { p.workspace = nullptr; });
  expect_refused("scale", [](P& p) { p.scale = NAN; });
  expect_refused("sink:", [](P& p) { p.sink = {}; });
  expect_refused("sink.size", [](P& p) { p.sink.size = 7; });
  expect_refused("sink.format", [](P& p) { p.sink.format = WeightFormat::kFp8; });
  expect_refused("window.width", [](P& p) { p.window.width = 0; });
  expect_refused("window.width", [](P& p) { p.window.width = -1; });
  expect_refused("window.indices", [](P& p) { p.window.indices = nullptr; });
  expect_refused("window.length", [](P& p) { p.window.length = nullptr; });
  expect_refused("window.cache.data", [](P& p) { p.window.cache.data = nullptr; });
  expect_refused("window.cache.format", [](P& p) { p.window.cache.format = CacheFormat::kF32; });
  expect_refused("window.cache.dim", [](P& p) { p.window.cache.dim = 256; });
  expect_refused("window.cache.dim", [](P& p) { p.window.cache.rope_dim = 32; });
  expect_refused("window.cache.dim", [](P& p) { p.head_dim = p.window.cache.dim = 256; });
  expect_refused("window.cache.page_entries", [](P& p) { p.window.cache.page_entries = 48; });
  expect_refused("window.cache.page_stride", [](P& p) { p.window.cache.page_stride -= 576; });
  expect_refused("compressed.indices", [](P& p) { p.compressed.indices = nullptr; });
  expect_refused("compressed.cache.format",
                 [](P& p) { p.compressed.cache.format = CacheFormat::kF32; });
  expect_refused("compressed.cache.format", [](P& p) {
    p.compressed.cache.format = CacheFormat::kBf16;
    p.compressed.cache.page_stride = 256 * 1024;
  });
}

TEST(SparseMlaDecodeSupport, RefusesInvalidConfigurations) {
  const SparseMlaDecodeParams<bf16_t> p = good_params();
  for (const SparseMlaConfig& config :
       {SparseMlaConfig{24, 8, 1}, SparseMlaConfig{16, 17, 1}, SparseMlaConfig{16, 0, 1},
        SparseMlaConfig{16, 8, 0}, SparseMlaConfig{16, 8, 65}}) {
    EXPECT_THROW(launch_sparse_mla_decode(p, nullptr, &config), Error)
        << config.rows << " " << config.heads << " " << config.splits;
  }
}

TEST(SparseMlaDecodeConfig, ChoicesAreValidOverASweep) {
  const DeviceLimits small{.sms = 20};
  for (const DeviceLimits& device : {kRtxPro6000, DeviceLimits{.sms = 132}, small}) {
    for (const std::int64_t tokens : {1, 2, 3, 8, 17, 64, 128, 4096}) {
      for (const std::int64_t heads : {1, 8, 16, 20, 32, 64, 128}) {
        for (const std::int64_t tiles : {1, 2, 4, 20, 36, 260, 2052}) {
          const SparseMlaConfig c = pick_config(
              {.tokens = tokens, .heads = heads, .head_dim = 512, .tiles = tiles}, device);
          SCOPED_TRACE(::testing::Message() << tokens << " " << heads << " " << tiles);
          EXPECT_TRUE(c.rows == 16 || c.rows == 32);
          EXPECT_GE(c.heads, 1);
          EXPECT_LE(c.heads, c.rows);
          EXPECT_GE(c.splits, 1);
          EXPECT_LE(c.splits, sparse_mla_max_splits(tokens, heads));
          EXPECT_LE(c.splits, sparse_mla_useful_splits(tiles));
          EXPECT_LE(tokens * heads * c.splits, std::max(kSparseMlaPartialRows, tokens * heads));
        }
      }
    }
  }
}

TEST(SparseMlaDecodeConfig, SmallBatchesAreSplitAndLargeOnesShareEntriesAmongHeads) {
  const DeviceLimits h200{.sms = 132};
  const SparseMlaConfig one =
      pick_config({.tokens = 1, .heads = 64, .head_dim = 512, .tiles = 20}, h200);
  EXPECT_GT(one.splits, 1);
  EXPECT_LT(one.heads, 32);
  const SparseMlaConfig many =
      pick_config({.tokens = 64, .heads = 64, .head_dim = 512, .tiles = 20}, h200);
  EXPECT_EQ(many.heads, 32);
}

TEST(SparseMlaDecodeConfig, WorkspaceGrowsWithTheShapeAndHoldsEverySplit) {
  std::int64_t before = 0;
  for (const std::int64_t tokens : {1, 2, 8, 64, 128, 256}) {
    const std::int64_t bytes = sparse_mla_workspace_bytes(tokens, 64, 512);
    EXPECT_GE(bytes, before) << tokens;
    before = bytes;
    const std::int64_t splits = sparse_mla_max_splits(tokens, 64);
    if (splits == 1) continue;
    EXPECT_GE(bytes, kSparseMlaCounterBytes + tokens * 64 * splits * (8 + 4 * 512)) << tokens;
  }
}

}  // namespace
}  // namespace dscope::test
