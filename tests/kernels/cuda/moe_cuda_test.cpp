// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/graph.h"
#include "kernels/moe/moe.h"
#include "kernels/moe/moe_config.h"
#include "tests/support/cuda_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace dscope {
namespace {

using test::CudaTest;
using test::CudaTestWithParam;
using test::RandomMatrix;

// Relative L2 error of a BF16 output whose BF16 intermediate may round the other way now and then.
constexpr double kBound = 4e-3;

struct Shape {
  std::int64_t hidden = 0;
  std::int64_t intermediate = 0;  // routed
  std::int64_t experts = 0;       // on this rank; 0: none
  std::int64_t experts_per_token = 0;
  std::int64_t shared = 0;  // intermediate; 0: none
  WeightFormat shared_format = WeightFormat::kFp8;
  bool quantise = false;
  double limit = 10;
  std::int64_t first_expert = 0;

  friend std::ostream& operator<<(std::ostream& out, const Shape& s) {
    return out << "d " << s.hidden << ", I " << s.intermediate << ", E " << s.experts << ", k "
               << s.experts_per_token << ", shared " << s.shared
               << (s.shared_format == WeightFormat::kFp8 ? " FP8" : " BF16")
               << (s.quantise ? ", a8" : "") << ", limit " << s.limit << ", first "
               << s.first_expert;
  }
};

struct HostExpert {
  RandomMatrix w1;
  RandomMatrix w3;
  RandomMatrix w2;
  ExpertWeights view;

  HostExpert(WeightFormat format, std::int64_t hidden, std::int64_t intermediate,
             std::uint64_t seed)
      : w1(format, intermediate, hidden, seed),
        w3(format, intermediate, hidden, seed + 10),
        w2(format, hidden, intermediate, seed + 20),
        view{w1.view(), w3.view(), w2.view()} {}
};

// An expert's three matrices in GPU memory.
struct DeviceExpert {
  DeviceMatrix w1;
  DeviceMatrix w3;
  DeviceMatrix w2;
  ExpertWeights view;

  explicit DeviceExpert(const ExpertWeights& host)
      : w1(host.w1), w3(host.w3), w2(host.w2), view{w1.view(), w3.view(), w2.view()} {}
};

// The weights of one rank and layer, on both sides.
class Weights {
 public:
  explicit Weights(const Shape& s) {
    bank_ = {.hidden = s.hidden, .intermediate = s.intermediate};
    const std::int64_t bytes = s.experts > 0 ? bank_.expert_bytes() : 0;
    std::vector<std::byte> packed(static_cast<std::size_t>(s.experts * bytes));
    for (std::int64_t e = 0; e < s.experts; ++e) {
      routed_.push_back(std::make_unique<HostExpert>(WeightFormat::kMxfp4, s.hidden, s.intermediate,
                                                     100 * (e + 1)));
      views_.push_back(&routed_.back()->view);
      pack_expert(routed_.back()->view, packed.data() + e * bytes);
    }
    if (s.experts > 0) {
      memory_ = DeviceBuffer(s.experts * bytes, "experts");
      copy_to_device(memory_.data(), packed.data(), s.experts * bytes);
      bank_.data = memory_.data();
    }
    if (s.shared > 0) {
      shared_ = std::make_unique<HostExpert>(s.shared_format, s.hidden, s.shared, 7);
      use_shared(shared_->view);
    }
  }

  // Another shared expert, for instance a slice.
  void use_shared(const ExpertWeights& host) {
    shared_view_ = host;
    device_shared_ = std::make_unique<DeviceExpert>(host);
  }

  [[nodiscard]] const ExpertWeights* const* experts() const { return views_.data(); }
  [[nodiscard]] const ExpertBank& bank() const { return bank_; }
  [[nodiscard]] const ExpertWeights* shared() const {
    return device_shared_ != nullptr ? &shared_view_ : nullptr;
  }
  [[nodiscard]] const ExpertWeights* device_shared() const {
    return device_shared_ != nullptr ? &device_shared_->view : nullptr;
  }

 private:
  std::vector<std::unique_ptr<HostExpert>> routed_;
  std::vector<const ExpertWeights*> views_;
  ExpertBank bank_;
  DeviceBuffer memory_;
  std::unique_ptr<HostExpert> shared_;
  ExpertWeights shared_view_;
  std::unique_ptr<DeviceExpert> device_shared_;
};

// Distinct experts for every token, of which about one in eight belongs to another rank, with a
// routing weight that must not be touched.
struct Routing {
  std::vector<std::int32_t> ids;
  std::vector<float> weights;

  Routing(const Shape& s, std::int64_t tokens, std::uint64_t seed) {
    for (std::int64_t t = 0; t < tokens; ++t) {
      std::vector<std::int64_t> order(static_cast<std::size_t>(s.experts));
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
      std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return hash64(seed, t * 1000 + a) < hash64(seed, t * 1000 + b);
      });
      for (std::int64_t k = 0; k < s.experts_per_token; ++k) {
        const bool mine = k < s.experts && hash64(seed + 1, t * s.experts_per_token + k) % 8 != 0;
        ids.push_back(mine ? static_cast<std::int32_t>(order[k]) : -1);
        weights.push_back(mine ? 0.2f + 0.1f * static_cast<float>(k) : NAN);
      }
    }
  }
};

class Problem {
 public:
  Problem(const Shape& s, std::int64_t tokens, float input_size = 1)
      : shape_(s),
        tokens_(tokens),
        weights_(s),
        routing_(s, tokens, 40),
        x_(test::random_floats(tokens * s.hidden, 50).size()) {
    const std::vector<float> values = test::random_floats(tokens * s.hidden, 50);
    std::transform(values.begin(), values.end(), x_.begin(),
                   [&](float v) { return bf16_from_float(v * input_size); });
  }

  Weights& weights() { return weights_; }
  Routing& routing() { return routing_; }
  std::vector<bf16_t>& x() { return x_; }

  [[nodiscard]] std::vector<bf16_t> reference() const {
    std::vector<float> routed(x_.size());
    std::vector<bf16_t> out(x_.size());
    MoeParams<bf16_t> p = sizes();
    p.x = x_.data();
    p.ids = routing_.ids.data();
    p.weights = routing_.weights.data();
    p.experts = weights_.experts();
    p.shared = weights_.shared();
    p.routed = routed.data();
    p.out = out.data();
    reference_moe_routed(p);
    if (p.shared != nullptr) {
      reference_moe_shared(p);
    } else {
      std::transform(routed.begin(), routed.end(), out.begin(), bf16_from_float);
    }
    return out;
  }

  // Everything on the GPU, until the next call. Ids are renamed to begin at first_expert.
  MoeParams<bf16_t> upload() {
    std::vector<std::int32_t> ids = routing_.ids;
    for (std::int32_t& id : ids) {
      if (id >= 0) id += static_cast<std::int32_t>(shape_.first_expert);
    }
    device_x_ = DeviceArray<bf16_t>(x_);
    ids_ = DeviceArray<std::int32_t>(ids);
    routing_weights_ = DeviceArray<float>(routing_.weights);
    out_ = DeviceArray<bf16_t>(tokens_ * shape_.hidden);
    workspace_ = DeviceArray<std::byte>(workspace_bytes() + kGuard);
    test::poison(out_);
    test::poison(workspace_);
    MoeParams<bf16_t> p = sizes();
    p.first_expert = shape_.first_expert;
    p.x = device_x_.data();
    p.ids = ids_.data();
    p.weights = routing_weights_.data();
    p.bank = weights_.bank();
    p.shared = weights_.device_shared();
    p.workspace = workspace_.data();
    p.out = out_.data();
    return p;
  }

  [[nodiscard]] std::vector<bf16_t> output() const { return out_.to_host(); }
  DeviceArray<std::int32_t>& device_ids() { return ids_; }

  std::vector<bf16_t> run(const MoeConfig* config = nullptr) {
    launch_moe(upload(), nullptr, config);
    std::vector<bf16_t> out = output();
    const std::vector<std::byte> memory = workspace_.to_host();
    EXPECT_TRUE(std::all_of(memory.end() - kGuard, memory.end(), [](std::byte b) {
      return b == std::byte{0xff};
    })) << "written behind the workspace";
    return out;
  }

 private:
  static constexpr std::int64_t kGuard = 4096;

  [[nodiscard]] MoeParams<bf16_t> sizes() const {
    return {.tokens = tokens_,
            .hidden = shape_.hidden,
            .experts_per_token = shape_.experts_per_token,
            .expert_count = shape_.experts,
            .swiglu_limit = shape_.limit,
            .quantise_activations = shape_.quantise};
  }
  [[nodiscard]] std::int64_t workspace_bytes() const {
    const std::int64_t shared = weights_.shared() != nullptr ? weights_.shared()->w1.rows : 0;
    return moe_workspace_bytes(tokens_, shape_.experts_per_token, shape_.hidden,
                               std::max(shape_.intermediate, shared));
  }

  Shape shape_;
  std::int64_t tokens_;
  Weights weights_;
  Routing routing_;
  std::vector<bf16_t> x_;
  DeviceArray<bf16_t> device_x_;
  DeviceArray<std::int32_t> ids_;
  DeviceArray<float> routing_weights_;
  DeviceArray<bf16_t> out_;
  DeviceArray<std::byte> workspace_;
};

struct Case {
  Shape shape;
  std::vector<std::int64_t> tokens;
};

class MoeCudaTest : public CudaTestWithParam<Case> {};

TEST_P(MoeCudaTest, AgreesWithTheReference) {
  for (const std::int64_t tokens : GetParam().tokens) {
    Problem problem(GetParam().shape, tokens);
    const std::vector<bf16_t> want = problem.reference();
    const std::vector<bf16_t> got = problem.run();
    EXPECT_LE(test::relative_error(got, want), kBound)
        << GetParam().shape << ", T " << tokens << "; first values " << bf16_to_float(got[0])
        << " for " << bf16_to_float(want[0]);
    EXPECT_EQ(problem.run(), got) << GetParam().shape << ", T " << tokens << ": runs differ";
  }
}

const std::vector<std::int64_t> kAllTokens{1, 2, 3, 8, 9, 17, 64};

// Ragged everything: stripes that are cut off, a shared expert of another size than the routed
// ones, fewer stripes than warps.
INSTANTIATE_TEST_SUITE_P(
    Corners, MoeCudaTest,
    ::testing::Values(Case{{256, 128, 8, 3, 128}, kAllTokens}, Case{{96, 32, 4, 2, 24}, kAllTokens},
                      Case{{160, 96, 12, 8, 40}, kAllTokens}, Case{{32, 32, 1, 1, 8}, kAllTokens},
                      Case{{512, 416, 40, 6, 208}, kAllTokens},
                      Case{{256, 64, 8, 3, 72, WeightFormat::kBf16}, kAllTokens},
                      Case{{512, 160, 8, 3, 200, WeightFormat::kFp8, true}, kAllTokens},
                      Case{{288, 96, 8, 3, 40, WeightFormat::kBf16, true}, {2, 17}},
                      Case{{256, 128, 8, 3, 128, WeightFormat::kFp8, false, 0}, {3, 17}},
                      Case{{256, 128, 8, 3, 128, WeightFormat::kFp8, false, 10, 16}, {3, 17}},
                      Case{{256, 128, 8, 3, 0}, {1, 8, 17}}, Case{{256, 0, 0, 3, 128}, {1, 8, 17}},
                      Case{{64, 32, 512, 6, 32}, {8, 128}}));

// The real widths with few experts, so that the reference stays affordable.
INSTANTIATE_TEST_SUITE_P(Flash, MoeCudaTest,
                         ::testing::Values(Case{{4096, 2048, 8, 6, 2048}, {1, 3}}));
INSTANTIATE_TEST_SUITE_P(FlashTp8, MoeCudaTest,
                         ::testing::Values(Case{{4096, 256, 16, 6, 256}, {1, 2, 8, 17, 64}},
                                           Case{{4096, 256, 16, 6, 256, WeightFormat::kFp8, true},
                                                {2, 17}}));
INSTANTIATE_TEST_SUITE_P(ProTp8, MoeCudaTest,
                         ::testing::Values(Case{{7168, 384, 8, 6, 384}, {1, 8, 17}}));

using MoeCuda = CudaTest;

TEST_F(MoeCuda, EveryConfigurationAgrees) {
  for (const std::int64_t tokens : {1, 7, 40}) {
    for (const WeightFormat format : {WeightFormat::kFp8, WeightFormat::kBf16}) {
      Problem problem({512, 416, 8, 3, 208, format}, tokens);
      const std::vector<bf16_t> want = problem.reference();
      for (const MoeConfig& config : moe_configs()) {
        EXPECT_LE(test::relative_error(problem.run(&config), want), kBound)
            << "T " << tokens << ", gate_up " << config.gate_up.warps << " x "
            << config.gate_up.stages << ", down " << config.down.warps << " x "
            << config.down.stages;
      }
    }
  }
}

TEST_F(MoeCuda, RefusesAnUnknownConfiguration) {
  Problem problem({96, 32, 4, 2, 32}, 1);
  const MoeConfig config{.gate_up = {5, 2, 1}, .down = kMoeDownStreams[0]};
  EXPECT_THROW(problem.run(&config), Error);
}

// Experts of other ranks read nothing and add nothing, whatever their weight.
TEST_F(MoeCuda, NothingOfThisRankGivesZero) {
  for (const std::int64_t tokens : {2, 20}) {
    Problem problem({128, 32, 4, 2, 0}, tokens);
    std::fill(problem.routing().ids.begin(), problem.routing().ids.end(), -1);
    std::fill(problem.routing().weights.begin(), problem.routing().weights.end(), NAN);
    const std::vector<bf16_t> got = problem.run();
    EXPECT_TRUE(std::all_of(got.begin(), got.end(), [](bf16_t v) { return v.bits == 0; }));
  }
}

TEST_F(MoeCuda, IdsBeyondThisRankAreIgnored) {
  for (const std::int64_t tokens : {2, 20}) {
    Problem problem({128, 32, 4, 2, 32, WeightFormat::kFp8, false, 10, 8}, tokens);
    const std::vector<bf16_t> want = problem.reference();
    MoeParams<bf16_t> p = problem.upload();
    // What the reference sees as -1 was left alone by upload(): name ranks below and above.
    std::vector<std::int32_t> ids = problem.device_ids().to_host();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] < 0) ids[i] = i % 2 == 0 ? 7 : 12;
    }
    copy_to_device(problem.device_ids().data(), ids.data(), std::ssize(ids) * 4);
    launch_moe(p, nullptr);
    EXPECT_LE(test::relative_error(problem.output(), want), kBound);
  }
}

TEST_F(MoeCuda, AnExpertNamedTwiceCountsTwice) {
  for (const std::int64_t tokens : {2, 20}) {
    Problem problem({128, 64, 4, 3, 32}, tokens);
    for (std::size_t i = 0; i < problem.routing().ids.size(); ++i) {
      problem.routing().ids[i] = i % 3 == 1 ? 1 : 2;
      problem.routing().weights[i] = 0.25f * static_cast<float>(i % 3 + 1);
    }
    const std::vector<bf16_t> want = problem.reference();
    EXPECT_LE(test::relative_error(problem.run(), want), kBound) << "T " << tokens;
  }
}

// More pairs of an expert than an mma has columns.
TEST_F(MoeCuda, ManyTokensShareAnExpert) {
  Problem problem({128, 64, 3, 2, 32}, 100);
  for (std::size_t i = 0; i < problem.routing().ids.size(); ++i) {
    problem.routing().ids[i] = i % 2 == 0 ? 1 : (i < 80 ? 0 : 2);
    problem.routing().weights[i] = 0.5f;
  }
  const std::vector<bf16_t> want = problem.reference();
  EXPECT_LE(test::relative_error(problem.run(), want), kBound);
}

// Inputs large enough that most gates and ups are clamped; and very small ones, whose products
// with 2^-126 must not vanish.
TEST_F(MoeCuda, LargeAndSmallInputs) {
  for (const float size : {100.0f, 0x1p-20f}) {
    Problem problem({256, 128, 8, 3, 128}, 5, size);
    const std::vector<bf16_t> want = problem.reference();
    EXPECT_LE(test::relative_error(problem.run(), want), kBound) << "inputs of size " << size;
  }
}

// A token with NaN spoils its own output and no other.
TEST_F(MoeCuda, NanStaysWithItsToken) {
  for (const std::int64_t tokens : {4, 12}) {
    Problem problem({128, 64, 4, 2, 32}, tokens);
    const std::vector<bf16_t> want = problem.run();
    const std::int64_t bad = 1;
    problem.x()[static_cast<std::size_t>(bad * 128 + 5)] =
        bf16_from_float(std::numeric_limits<float>::quiet_NaN());
    const std::vector<bf16_t> got = problem.run();
    for (std::int64_t i = 0; i < tokens * 128; ++i) {
      if (i / 128 == bad) {
        EXPECT_TRUE(std::isnan(bf16_to_float(got[i]))) << i;
      } else {
        EXPECT_EQ(got[i].bits, want[i].bits) << i;
      }
    }
  }
}

// The shared expert of a tensor-parallel rank begins inside a scale block.
TEST_F(MoeCuda, SlicedSharedExpert) {
  for (const std::int64_t begin : {0, 48, 112}) {
    Problem problem({256, 64, 4, 2, 0}, 3);
    const HostExpert whole(WeightFormat::kFp8, 256, 320, 9);
    const std::int64_t end = begin + 144;
    problem.weights().use_shared({whole.view.w1.row_slice(begin, end),
                                  whole.view.w3.row_slice(begin, end),
                                  whole.view.w2.col_slice(begin, end)});
    const std::vector<bf16_t> want = problem.reference();
    EXPECT_LE(test::relative_error(problem.run(), want), kBound) << "from " << begin;
  }
}

// A captured launch serves whatever ids the next replay finds.
TEST_F(MoeCuda, GraphFollowsTheIds) {
  for (const std::int64_t tokens : {3, 20}) {
    const Shape shape{256, 64, 8, 3, 64};
    Problem problem(shape, tokens);
    const MoeParams<bf16_t> p = problem.upload();
    CudaStream stream;
    const CudaGraph graph([&](Stream s) { launch_moe(p, s); });
    for (const std::uint64_t seed : {60, 70}) {
      problem.routing() = Routing(shape, tokens, seed);
      const Routing& routing = problem.routing();
      copy_to_device(const_cast<std::int32_t*>(p.ids), routing.ids.data(),
                     std::ssize(routing.ids) * 4);
      copy_to_device(const_cast<float*>(p.weights), routing.weights.data(),
                     std::ssize(routing.weights) * 4);
      graph.launch(stream.get());
      stream.synchronise();
      EXPECT_LE(test::relative_error(problem.output(), problem.reference()), kBound)
          << "T " << tokens << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace dscope
