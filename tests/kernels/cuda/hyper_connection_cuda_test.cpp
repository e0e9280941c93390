// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/graph.h"
#include "kernels/hyper_connection/hyper_connection.h"
#include "kernels/hyper_connection/hyper_connection_config.h"
#include "tests/support/cuda_test.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace dscope {
namespace {

using test::random_bf16;
using test::random_floats;
using test::RandomMatrix;
using test::RandomVector;
using ::testing::HasSubstr;

constexpr double kRmsEps = 1e-6;
constexpr double kHcEps = 1e-6;
constexpr std::int64_t kIterations = 20;

struct Shape {
  std::int64_t tokens;
  std::int64_t streams;
  std::int64_t hidden;
  bool previous = true;  // a sublayer came before
  bool head = false;
  WeightFormat fn = WeightFormat::kF32;
};

void PrintTo(const Shape& s, std::ostream* out) {
  *out << "T" << s.tokens << "_streams" << s.streams << "_hidden" << s.hidden
       << (s.previous ? "" : "_first") << (s.head ? "_head" : "")
       << (s.fn == WeightFormat::kF32 ? "" : "_bf16fn");
}

struct Result {
  std::vector<bf16_t> streams;  // X behind the previous sublayer
  std::vector<float> y;
  std::vector<bf16_t> x;  // normed
  std::vector<float> post;
  std::vector<float> mixing;
};

// Base and scale that spread the mixes: sigmoids off their middle, C far from uniform.
std::vector<float> spread(std::int64_t n, std::uint64_t seed, float size) {
  std::vector<float> values = random_floats(n, seed);
  for (float& v : values) v *= size;
  return values;
}

WeightVector view_of(const std::vector<float>& values) {
  return {WeightFormat::kF32, std::ssize(values),
          reinterpret_cast<const std::byte*>(values.data())};
}

// One transition in host memory, done by either side.
class Problem {
 public:
  explicit Problem(const Shape& shape)
      : shape_(shape),
        rows_(shape.head ? shape.streams : (2 + shape.streams) * shape.streams),
        streams_(random_bf16(shape.tokens * shape.streams * shape.hidden, 1)),
        f_(random_bf16(shape.tokens * shape.hidden, 2)),
        old_post_(spread(shape.tokens * shape.streams, 3, 1)),
        old_mixing_(spread(shape.tokens * shape.streams * shape.streams, 4, 0.5f)),
        fn_(shape.fn, rows_, shape.streams * shape.hidden, 5),
        base_(spread(rows_, 6, 1)),
        scale_(shape.head ? std::vector<float>{0.7f} : std::vector<float>{0.7f, -1.1f, 8.0f}),
        norm_(WeightFormat::kBf16, shape.hidden, 7) {}

  [[nodiscard]] const Shape& shape() const { return shape_; }

  [[nodiscard]] Result reference() const {
    Result r{streams_, std::vector<float>(f_.size()), std::vector<bf16_t>(f_.size()), old_post_,
             old_mixing_};
    if (shape_.previous) {
      HcPostParams<bf16_t> post = sizes<HcPostParams<bf16_t>>();
      post.f = f_.data();
      post.post = old_post_.data();
      post.mixing = old_mixing_.data();
      post.x = r.streams.data();
      reference_hc_post(post);
    }
    const HyperConnectionWeights weights{fn_.view(), view_of(base_), view_of(scale_)};
    if (shape_.head) {
      HcHeadParams<bf16_t> head = reader<HcHeadParams<bf16_t>>(weights);
      head.x = r.streams.data();
      head.y = r.y.data();
      reference_hc_head(head);
    } else {
      HcPreParams<bf16_t> pre = reader<HcPreParams<bf16_t>>(weights);
      pre.sinkhorn_iterations = kIterations;
      pre.x = r.streams.data();
      pre.y = r.y.data();
      pre.post = r.post.data();
      pre.mixing = r.mixing.data();
      reference_hc_pre(pre);
    }
    norm_rows(r);
    return r;
  }

 private:
  friend class OnGpu;

  // The RMS norm of each row of y, rounded to BF16.
  void norm_rows(Result& r) const {
    for (std::int64_t t = 0; t < shape_.tokens; ++t) {
      double squares = 0;
      const float* y = r.y.data() + t * shape_.hidden;
      for (std::int64_t i = 0; i < shape_.hidden; ++i) squares += double{y[i]} * y[i];
      const double scale = 1 / std::sqrt(squares / static_cast<double>(shape_.hidden) + kRmsEps);
      for (std::int64_t i = 0; i < shape_.hidden; ++i) {
        r.x[static_cast<std::size_t>(t * shape_.hidden + i)] =
            bf16_from_float(static_cast<float>(y[i] * scale * double{norm_.view()[i]}));
      }
    }
  }

  template <class Params>
  [[nodiscard]] Params sizes() const {
    Params p;
    p.tokens = shape_.tokens;
    p.streams = shape_.streams;
    p.hidden = shape_.hidden;
    return p;
  }
  template <class Params>
  [[nodiscard]] Params reader(const HyperConnectionWeights& weights) const {
    Params p = sizes<Params>();
    p.weights = &weights;
    p.rms_eps = kRmsEps;
    p.hc_eps = kHcEps;
    return p;
  }

  Shape shape_;
  std::int64_t rows_;
  std::vector<bf16_t> streams_;
  std::vector<bf16_t> f_;
  std::vector<float> old_post_;
  std::vector<float> old_mixing_;
  RandomMatrix fn_;
  std::vector<float> base_;
  std::vector<float> scale_;
  RandomVector norm_;
};

DeviceBuffer zeroed(std::int64_t bytes) {
  DeviceBuffer buffer(bytes, "a workspace");
  fill_device(buffer.data(), 0, bytes);
  return buffer;
}

// The same transition on the GPU, launched as often as asked. New post and mixing are written over
// the old ones.
class OnGpu {
 public:
  explicit OnGpu(const Problem& problem)
      : problem_(problem),
        streams_(problem.streams_),
        f_(problem.f_),
        post_(problem.old_post_),
        mixing_(problem.old_mixing_),
        fn_(problem.fn_.view()),
        base_(view_of(problem.base_)),
        scale_(view_of(problem.scale_)),
        norm_(problem.norm_.view()),
        weights_{fn_.view(), base_.view(), scale_.view()},
        y_(f_.size()),
        x_(f_.size()),
        workspace_(zeroed(hc_workspace_bytes(problem.shape_.tokens, problem.shape_.streams,
                                             problem.shape_.hidden))) {}

  // Inputs as they were.
  void reset() const {
    copy_to_device(streams_.data(), problem_.streams_.data(), 2 * streams_.size());
    copy_to_device(post_.data(), problem_.old_post_.data(), 4 * post_.size());
    copy_to_device(mixing_.data(), problem_.old_mixing_.data(), 4 * mixing_.size());
    test::poison(y_);
    test::poison(x_);
  }

  void launch(Stream stream, std::byte* workspace) const {
    HcPostParams<bf16_t> post = problem_.sizes<HcPostParams<bf16_t>>();
    post.f = f_.data();
    post.post = post_.data();
    post.mixing = mixing_.data();
    post.x = streams_.data();
    const HcPostParams<bf16_t>* const previous = problem_.shape_.previous ? &post : nullptr;
    const HcNorm norm{norm_.view(), kRmsEps, x_.data()};
    if (problem_.shape_.head) {
      HcHeadParams<bf16_t> head = problem_.reader<HcHeadParams<bf16_t>>(weights_);
      head.x = streams_.data();
      head.y = y_.data();
      head.workspace = workspace;
      launch_hc_head(previous, head, norm, stream);
    } else {
      HcPreParams<bf16_t> pre = problem_.reader<HcPreParams<bf16_t>>(weights_);
      pre.sinkhorn_iterations = kIterations;
      pre.x = streams_.data();
      pre.y = y_.data();
      pre.post = post_.data();
      pre.mixing = mixing_.data();
      pre.workspace = workspace;
      launch_hc_transition(previous, pre, norm, stream);
    }
  }

  [[nodiscard]] Result result() const {
    return {streams_.to_host(), y_.to_host(), x_.to_host(), post_.to_host(), mixing_.to_host()};
  }
  [[nodiscard]] Result run() const {
    reset();
    launch(nullptr, workspace_.data());
    return result();
  }

 private:
  const Problem& problem_;
  DeviceArray<bf16_t> streams_;
  DeviceArray<bf16_t> f_;
  DeviceArray<float> post_;
  DeviceArray<float> mixing_;
  DeviceMatrix fn_;
  DeviceVector base_;
  DeviceVector scale_;
  DeviceVector norm_;
  HyperConnectionWeights weights_;
  DeviceArray<float> y_;
  DeviceArray<bf16_t> x_;
  DeviceBuffer workspace_;
};

void expect_near(const Result& got, const Result& want, bool streams_are_inputs) {
  // A stream value now and then rounds to its neighbour, and then so does what follows from it.
  const double bound = streams_are_inputs ? 1e-5 : 1e-3;
  EXPECT_LE(test::relative_error(got.streams, want.streams), streams_are_inputs ? 0 : 1e-3);
  EXPECT_LE(test::relative_error(got.y, want.y), bound);
  EXPECT_LE(test::relative_error(got.x, want.x), 4e-3);
  EXPECT_LE(test::relative_error(got.post, want.post), streams_are_inputs ? 2e-5 : 2e-4);
  EXPECT_LE(test::relative_error(got.mixing, want.mixing), streams_are_inputs ? 2e-4 : 2e-3);
}

void expect_equal(const Result& a, const Result& b) {
  EXPECT_EQ(a.streams, b.streams);
  EXPECT_EQ(a.y, b.y);
  EXPECT_EQ(a.x, b.x);
  EXPECT_EQ(a.post, b.post);
  EXPECT_EQ(a.mixing, b.mixing);
}

class HcTransitionCuda : public test::CudaTestWithParam<Shape> {};

TEST_P(HcTransitionCuda, MatchesTheReference) {
  const Problem problem(GetParam());
  expect_near(OnGpu(problem).run(), problem.reference(), !GetParam().previous);
}

// The workspace is left as the next launch needs it.
TEST_P(HcTransitionCuda, RepeatsToTheBit) {
  const Problem problem(GetParam());
  const OnGpu gpu(problem);
  const Result first = gpu.run();
  expect_equal(gpu.run(), first);
  expect_equal(gpu.run(), first);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, HcTransitionCuda,
    ::testing::Values(Shape{1, 4, 4096}, Shape{1, 4, 4096, false}, Shape{2, 4, 4096},
                      Shape{3, 4, 4096}, Shape{8, 4, 4096}, Shape{17, 4, 4096}, Shape{64, 4, 4096},
                      Shape{64, 4, 4096, false}, Shape{1, 4, 7168}, Shape{8, 4, 7168},
                      Shape{9, 4, 7168}, Shape{1, 4, 4096, true, true},
                      Shape{8, 4, 7168, true, true}, Shape{17, 4, 4096, true, true},
                      Shape{3, 4, 4096, false, true}, Shape{1, 3, 256}, Shape{9, 3, 256},
                      Shape{3, 2, 384}, Shape{17, 2, 384}, Shape{2, 3, 256, true, true},
                      Shape{3, 1, 128}, Shape{4, 4, 8}, Shape{5, 4, 64}, Shape{7, 4, 4096},
                      Shape{11, 4, 72}, Shape{1, 4, 40, false},
                      Shape{3, 4, 4096, true, false, WeightFormat::kBf16},
                      Shape{17, 3, 256, false, false, WeightFormat::kBf16}),
    ::testing::PrintToStringParamName());

class HcCuda : public test::CudaTest {};

// Launches of all kinds, back to back without a pause in one graph, with one workspace.
TEST_F(HcCuda, LaunchesOfAllSizesShareAWorkspaceInAGraph) {
  const Problem large({40, 4, 4096});
  const Problem few({7, 4, 4096, true, true});
  const Problem one({1, 4, 7168});
  const OnGpu on_large(large);
  const OnGpu on_few(few);
  const OnGpu on_one(one);
  const Result want_large = on_large.run();
  const Result want_few = on_few.run();
  const Result want_one = on_one.run();
  const DeviceBuffer workspace = zeroed(hc_workspace_bytes(40, 4, 7168));
  const CudaGraph graph([&](Stream stream) {
    on_one.launch(stream, workspace.data());
    on_large.launch(stream, workspace.data());
    on_few.launch(stream, workspace.data());
  });
  const CudaStream stream;
  for (int replay = 0; replay < 3; ++replay) {
    on_one.reset();
    on_large.reset();
    on_few.reset();
    (void)on_one.result();  // waits for what was set
    graph.launch(stream.get());
    stream.synchronise();
    expect_equal(on_one.result(), want_one);
    expect_equal(on_large.result(), want_large);
    expect_equal(on_few.result(), want_few);
  }
}

// A token's result does not depend on which others are with it, within a configuration.
TEST_F(HcCuda, TokensDoNotMix) {
  const Problem many({64, 4, 4096});
  const Problem fewer({17, 4, 4096});
  const Result a = OnGpu(many).run();
  const Result b = OnGpu(fewer).run();
  EXPECT_TRUE(std::equal(b.streams.begin(), b.streams.end(), a.streams.begin()));
  EXPECT_TRUE(std::equal(b.x.begin(), b.x.end(), a.x.begin()));
  EXPECT_TRUE(std::equal(b.post.begin(), b.post.end(), a.post.begin()));
}

// The same where the last blocks to arrive share the tokens out; which block gets which is chance.
TEST_F(HcCuda, TokensFinishedSideBySideDoNotMix) {
  const Problem many({8, 4, 4096});
  const Problem fewer({3, 4, 4096});
  const OnGpu on_many(many);
  const Result b = OnGpu(fewer).run();
  for (int repeat = 0; repeat < 20; ++repeat) {
    const Result a = on_many.run();
    ASSERT_TRUE(std::equal(b.streams.begin(), b.streams.end(), a.streams.begin())) << repeat;
    ASSERT_TRUE(std::equal(b.x.begin(), b.x.end(), a.x.begin())) << repeat;
    ASSERT_TRUE(std::equal(b.post.begin(), b.post.end(), a.post.begin())) << repeat;
    ASSERT_TRUE(std::equal(b.mixing.begin(), b.mixing.end(), a.mixing.begin())) << repeat;
  }
}

TEST_F(HcCuda, PostAloneMatchesTheReference) {
  for (const auto& [tokens, streams, hidden] :
       {std::tuple{1, 4, 4096}, {3, 4, 7168}, {17, 3, 256}, {2, 2, 1032}, {5, 1, 8}}) {
    const std::int64_t n = std::int64_t{tokens} * hidden;
    std::vector<bf16_t> x = random_bf16(n * streams, 1);
    const std::vector<bf16_t> f = random_bf16(n, 2);
    const std::vector<float> post = random_floats(std::int64_t{tokens} * streams, 3);
    const std::vector<float> mixing = random_floats(std::int64_t{tokens} * streams * streams, 4);
    const DeviceArray<bf16_t> x_gpu(x);
    const DeviceArray<bf16_t> f_gpu(f);
    const DeviceArray<float> post_gpu(post);
    const DeviceArray<float> mixing_gpu(mixing);
    launch_hc_post(
        {tokens, streams, hidden, f_gpu.data(), post_gpu.data(), mixing_gpu.data(), x_gpu.data()},
        nullptr);
    reference_hc_post<bf16_t>(
        {tokens, streams, hidden, f.data(), post.data(), mixing.data(), x.data()});
    EXPECT_LE(test::relative_error(x_gpu.to_host(), x), 1e-3) << tokens << " of " << hidden;
  }
}

TEST_F(HcCuda, ExpandCopiesTheRowIntoEveryStream) {
  for (const auto& [tokens, streams, hidden] :
       {std::tuple{1, 4, 4096}, {17, 4, 7168}, {3, 3, 256}, {2, 2, 8}, {5, 1, 2056}}) {
    const std::int64_t n = std::int64_t{tokens} * hidden;
    const std::vector<bf16_t> e = random_bf16(n, 1);
    const DeviceArray<bf16_t> e_gpu(e);
    const DeviceArray<bf16_t> x_gpu(n * streams);
    test::poison(x_gpu);
    launch_hc_expand({tokens, streams, hidden, e_gpu.data(), x_gpu.data()}, nullptr);
    std::vector<bf16_t> x(static_cast<std::size_t>(n * streams));
    reference_hc_expand<bf16_t>({tokens, streams, hidden, e.data(), x.data()});
    EXPECT_EQ(x_gpu.to_host(), x) << tokens << " of " << hidden;
  }
}

TEST(HcConfigTest, BlocksCoverTheTokensAndTheWorkspaceServesFewer) {
  for (const std::int64_t hidden : {8, 256, 4096, 7168}) {
    for (std::int64_t tokens = 1; tokens <= 200; ++tokens) {
      const HcConfig config = pick_config(HcProblem{tokens, hidden}, kRtxPro6000);
      EXPECT_GE(hc_tiles(config, tokens) * config.tokens, tokens);
      EXPECT_LT((hc_tiles(config, tokens) - 1) * config.tokens, tokens);
      EXPECT_GE(hc_slices(hidden) * kHcSlice, hidden);
      EXPECT_GE(hc_workspace_bytes(tokens + 1, 4, hidden), hc_workspace_bytes(tokens, 4, hidden));
    }
  }
}

// Valid params over host memory, which nothing touches.
struct Params {
  std::byte some_byte{};
  bf16_t some_bf16{};
  float some_float = 0;
  RandomMatrix fn{WeightFormat::kF32, 24, 1024, 1};
  RandomMatrix head_fn{WeightFormat::kF32, 4, 1024, 1};
  RandomMatrix fp8_fn{WeightFormat::kFp8, 24, 1024, 1};
  RandomVector base{WeightFormat::kF32, 24, 2};
  RandomVector scale{WeightFormat::kF32, 3, 2};
  RandomVector weight{WeightFormat::kBf16, 256, 3};
  HyperConnectionWeights weights{fn.view(), base.view(), scale.view()};
  HyperConnectionWeights head_weights{head_fn.view(), base.view().slice(0, 4),
                                      scale.view().slice(0, 1)};
  HcPostParams<bf16_t> post{1, 4, 256, &some_bf16, &some_float, &some_float, &some_bf16};
  HcPreParams<bf16_t> pre{.tokens = 1,
                          .streams = 4,
                          .hidden = 256,
                          .x = &some_bf16,
                          .weights = &weights,
                          .sinkhorn_iterations = 20,
                          .post = &some_float,
                          .mixing = &some_float,
                          .workspace = &some_byte};
  HcHeadParams<bf16_t> head{.tokens = 1,
                            .streams = 4,
                            .hidden = 256,
                            .x = &some_bf16,
                            .weights = &head_weights,
                            .workspace = &some_byte};
  HcNorm norm{weight.view(), 1e-6, &some_bf16};
};

struct InvalidField {
  const char* field;
  std::function<void(Params&)> spoil;
};

TEST(HcSupport, InvalidFieldsOfATransitionAreRefusedByName) {
  const Params valid;
  ASSERT_TRUE(supports(&valid.post, valid.pre, valid.norm).ok());
  ASSERT_TRUE(supports(nullptr, valid.pre, valid.norm).ok());
  const InvalidField cases[] = {
      {"tokens", [](Params& p) { p.pre.tokens = 0; }},
      {"streams", [](Params& p) { p.pre.streams = 5; }},
      {"hidden", [](Params& p) { p.pre.hidden = 7176; }},
      {"hidden", [](Params& p) { p.pre.hidden = 252; }},
      {"x must", [](Params& p) { p.pre.x = nullptr; }},
      {"workspace", [](Params& p) { p.pre.workspace = nullptr; }},
      {"weights must", [](Params& p) { p.pre.weights = nullptr; }},
      {"weights.fn", [](Params& p) { p.weights.fn = {}; }},
      {"weights.fn", [](Params& p) { p.weights.fn = p.head_fn.view(); }},
      {"weights.fn", [](Params& p) { p.weights.fn = p.fp8_fn.view(); }},
      {"weights.fn", [](Params& p) { p.weights.fn.row_bytes += 4; }},
      {"weights.base", [](Params& p) { p.weights.base.size = 4; }},
      {"weights.scale", [](Params& p) { p.weights.scale.size = 1; }},
      {"norm.weight", [](Params& p) { p.norm.weight.size = 255; }},
      {"norm.x", [](Params& p) { p.norm.x = nullptr; }},
      {"sinkhorn_iterations", [](Params& p) { p.pre.sinkhorn_iterations = 0; }},
      {"post must", [](Params& p) { p.pre.post = nullptr; }},
      {"mixing", [](Params& p) { p.pre.mixing = nullptr; }},
      {"f must", [](Params& p) { p.post.f = nullptr; }},
      {"post must", [](Params& p) { p.post.tokens = 2; }},
      {"x must", [](Params& p) { p.post.x = nullptr; }},
  };
  for (const InvalidField& invalid : cases) {
    Params p;
    invalid.spoil(p);
    EXPECT_THAT(supports(&p.post, p.pre, p.norm).reason, HasSubstr(invalid.field));
    EXPECT_THROW(launch_hc_transition(&p.post, p.pre, p.norm, nullptr), Error);
  }
  Params other_streams;
  bf16_t elsewhere{};
  other_streams.post.x = &elsewhere;
  EXPECT_THAT(supports(&other_streams.post, other_streams.pre, other_streams.norm).reason,
              HasSubstr("post.x"));
}

TEST(HcSupport, InvalidFieldsOfTheHeadAreRefusedByName) {
  const Params valid;
  ASSERT_TRUE(supports(&valid.post, valid.head, valid.norm).ok());
  const InvalidField cases[] = {
      {"streams", [](Params& p) { p.head.streams = 0; }},
      {"weights.fn", [](Params& p) { p.head.weights = &p.weights; }},
      {"weights.scale", [](Params& p) { p.head_weights.scale = p.scale.view(); }},
      {"workspace", [](Params& p) { p.head.workspace = nullptr; }},
      {"norm.weight", [](Params& p) { p.norm.weight = {}; }},
  };
  for (const InvalidField& invalid : cases) {
    Params p;
    invalid.spoil(p);
    EXPECT_THAT(supports(&p.post, p.head, p.norm).reason, HasSubstr(invalid.field));
    EXPECT_THROW(launch_hc_head(&p.post, p.head, p.norm, nullptr), Error);
  }
}

TEST(HcSupport, InvalidFieldsOfPostAndExpandAreRefusedByName) {
  const Params valid;
  for (const auto& [field, spoil] :
       std::vector<std::pair<const char*, std::function<void(HcPostParams<bf16_t>&)>>>{
           {"tokens", [](auto& p) { p.tokens = 65'536; }},
           {"streams", [](auto& p) { p.streams = 5; }},
           {"hidden", [](auto& p) { p.hidden = 4; }},
           {"f must", [](auto& p) { p.f = nullptr; }},
           {"post", [](auto& p) { p.post = nullptr; }},
           {"mixing", [](auto& p) { p.mixing = nullptr; }},
           {"x must", [](auto& p) { p.x = nullptr; }}}) {
    HcPostParams<bf16_t> p = valid.post;
    spoil(p);
    EXPECT_THAT(supports(p).reason, HasSubstr(field));
    EXPECT_THROW(launch_hc_post(p, nullptr), Error);
  }
  bf16_t some_bf16{};
  const HcExpandParams<bf16_t> expand{1, 4, 256, &some_bf16, &some_bf16};
  ASSERT_TRUE(supports(expand).ok());
  for (const auto& [field, spoil] :
       std::vector<std::pair<const char*, std::function<void(HcExpandParams<bf16_t>&)>>>{
           {"tokens", [](auto& p) { p.tokens = 0; }},
           {"streams", [](auto& p) { p.streams = 0; }},
           {"hidden", [](auto& p) { p.hidden = 12; }},
           {"e must", [](auto& p) { p.e = nullptr; }},
           {"x must", [](auto& p) { p.x = nullptr; }}}) {
    HcExpandParams<bf16_t> p = expand;
    spoil(p);
    EXPECT_THAT(supports(p).reason, HasSubstr(field));
    EXPECT_THROW(launch_hc_expand(p, nullptr), Error);
  }
}

}  // namespace
}  // namespace dscope
