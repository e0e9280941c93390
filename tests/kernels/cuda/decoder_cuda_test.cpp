// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// The decode step on the GPU against the CPU reference and against the golden logits of the bundled
// checkpoint.
#include "kernels/comm/device_communicator.h"
#include "kernels/decode_step/cuda_history.h"
#include "tests/support/cuda_test.h"
#include "tests/support/golden.h"
#include "workloads/base/error.h"
#include "workloads/checkpoint/synthetic_weights.h"
#include "workloads/random.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace dscope {
namespace {

using test::Decoded;
using test::Golden;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}
double worst(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

class CudaDecode : public test::CudaTest {
 protected:
  void SetUp() override {
    test::CudaTest::SetUp();
    if (IsSkipped()) return;
    weights_ = std::make_unique<Checkpoint>(test::golden_directory());
    golden_ = test::read_golden(test::golden_directory());
  }

  Decoded on_cpu(Numerics numerics, const Decoded* forced) {
    const auto comm = make_single_communicator();
    return test::decode(*weights_, golden_, *comm, {.numerics = numerics, .forced = forced});
  }
  Decoded on_gpu(Numerics numerics, const Decoded* forced, const CudaOptions& cuda = {}) {
    const auto comm = make_device_shard_communicator(1, 0);
    const auto decoder = make_cuda_decoder(
        *weights_, *comm,
        {.numerics = numerics, .max_batch = golden_.sequences, .max_context = golden_.length},
        cuda);
    return test::decode(*decoder, weights_->config(), golden_, forced, 0);
  }
  std::vector<double> errors(const Decoded& decoded, const std::vector<float>& expected) {
    return test::relative_errors(decoded.logits, expected, weights_->config().vocab);
  }

  // Routing and selection forced: what is left is rounding.
  void expect_forced_agreement(Numerics numerics) {
    const Decoded exact = on_cpu(Numerics::kExact, nullptr);
    const Decoded cpu = on_cpu(numerics, &exact);
    const Decoded gpu = on_gpu(numerics, &exact);
    const std::vector<double> against_cpu = errors(gpu, cpu.logits);
    // FP8 activations turn any difference in the last bit into one of a sixteenth now and then, so
    // two correct runs are as far from each other as from the truth.
    if (numerics != Numerics::kServingA8) {
      EXPECT_LE(mean(against_cpu), 1e-2);
      EXPECT_LE(worst(against_cpu), 4e-2);
    }
    const std::vector<double> own = errors(gpu, golden_.logits);
    const std::vector<double> reference = errors(cpu, golden_.logits);
    EXPECT_LE(mean(own), 1.2 * mean(reference));
    EXPECT_LE(worst(own), 1.2 * worst(reference));
    EXPECT_EQ(gpu.experts, exact.experts);
    EXPECT_EQ(gpu.selections, exact.selections);
    RecordProperty("mean_against_cpu", std::to_string(mean(against_cpu)));
    printf(
        "%s, forced: GPU to CPU mean %.4f worst %.4f; to golden GPU %.4f / %.4f, CPU %.4f / %.4f\n",
        std::string(id(numerics)).c_str(), mean(against_cpu), worst(against_cpu), mean(own),
        worst(own), mean(reference), worst(reference));
  }

  // Free: choices near a tie fall either way, so distributions are compared, and 640 positions of a
  // random model leave a point or so to chance. Being better than the reference is no fault.
  void expect_free_agreement(Numerics numerics) {
    const Decoded cpu = on_cpu(numerics, nullptr);
    const Decoded gpu = on_gpu(numerics, nullptr);
    const std::vector<double> own = errors(gpu, golden_.logits);
    const std::vector<double> reference = errors(cpu, golden_.logits);
    const std::int64_t vocab = weights_->config().vocab;
    const double own_top1 = test::top1_agreement(gpu.logits, golden_.logits, vocab, 0.02);
    const double reference_top1 = test::top1_agreement(cpu.logits, golden_.logits, vocab, 0.02);
    EXPECT_LE(mean(own), mean(reference) + 0.02);
    EXPECT_GE(own_top1, reference_top1 - 0.02);
    printf("%s, free: to golden GPU mean %.4f top-1 %.4f, CPU mean %.4f top-1 %.4f\n",
           std::string(id(numerics)).c_str(), mean(own), own_top1, mean(reference), reference_top1);
  }

  std::unique_ptr<Checkpoint> weights_;
  Golden golden_;
};

TEST_F(CudaDecode, Bf16ForcedAgreesWithTheReference) {
  expect_forced_agreement(Numerics::kBf16);
}
TEST_F(CudaDecode, ServingForcedAgreesWithTheReference) {
  expect_forced_agreement(Numerics::kServing);
}
TEST_F(CudaDecode, ServingA8ForcedAgreesWithTheReference) {
  expect_forced_agreement(Numerics::kServingA8);
}
TEST_F(CudaDecode, Bf16FreeIsAsGoodAsTheReference) {
  expect_free_agreement(Numerics::kBf16);
}
TEST_F(CudaDecode, ServingFreeIsAsGoodAsTheReference) {
  expect_free_agreement(Numerics::kServing);
}

TEST_F(CudaDecode, RepeatsToTheBitAndLaunchesEagerlyAlike) {
  const Decoded once = on_gpu(Numerics::kServing, nullptr);
  const Decoded again = on_gpu(Numerics::kServing, nullptr);
  const Decoded eager = on_gpu(Numerics::kServing, nullptr, {.graph = false});
  EXPECT_EQ(once.logits, again.logits);
  EXPECT_EQ(once.logits, eager.logits);
  EXPECT_EQ(once.selections, again.selections);
}

// FP8 values are exact in BF16: where wo_a is kept must not show beyond rounding.
TEST_F(CudaDecode, WoAInBf16IsTheSameMatrix) {
  const Decoded exact = on_cpu(Numerics::kExact, nullptr);
  const Decoded bf16 = on_gpu(Numerics::kServing, &exact, {.wo_a_bf16 = true});
  const Decoded fp8 = on_gpu(Numerics::kServing, &exact, {.wo_a_bf16 = false});
  EXPECT_LE(mean(errors(fp8, bf16.logits)), 5e-3);
}

// Checkpoints of other dimensions, as far as the kernels take them.
class CudaOtherCheckpoints : public test::CudaTestWithParam<const char*> {};

TEST_P(CudaOtherCheckpoints, Bf16ForcedAgreesWithTheReference) {
  const std::filesystem::path directory = test::golden_directory().parent_path() / GetParam();
  Checkpoint weights(directory);
  const Golden golden = test::read_golden(directory);
  const auto host = make_single_communicator();
  const Decoded exact = test::decode(weights, golden, *host, {});
  const Decoded cpu =
      test::decode(weights, golden, *host, {.numerics = Numerics::kBf16, .forced = &exact});
  const auto comm = make_device_shard_communicator(1, 0);
  const auto decoder = make_cuda_decoder(
      weights, *comm,
      {.numerics = Numerics::kBf16, .max_batch = golden.sequences, .max_context = golden.length},
      {});
  const Decoded gpu = test::decode(*decoder, weights.config(), golden, &exact, 0);
  const std::vector<double> errors =
      test::relative_errors(gpu.logits, cpu.logits, weights.config().vocab);
  EXPECT_LE(mean(errors), 1e-2);
  EXPECT_LE(worst(errors), 4e-2);
}
INSTANTIATE_TEST_SUITE_P(Golden, CudaOtherCheckpoints,
                         ::testing::Values("odd_sizes", "wide_streams", "ratio_order_sharded"));

// Synthetic histories: the same caches on both sides, batches of different contexts.
TEST_F(CudaDecode, SyntheticHistoriesAreTheSame) {
  SyntheticWeights weights(preset("dsv4-tiny"), 7, 1ll << 30);
  const DecoderOptions options{
      .numerics = Numerics::kServing, .max_batch = 3, .max_context = 700, .seed = 5};
  const auto host = make_single_communicator();
  const auto comm = make_device_shard_communicator(1, 0);
  const auto cpu = make_cpu_decoder(weights, *host, options);
  const auto gpu = make_cuda_decoder(weights, *comm, options, {});
  const std::vector<std::int64_t> histories{0, 130, 689};
  const std::int64_t vocab = weights.config().vocab;
  std::vector<float> want(static_cast<std::size_t>(3 * vocab));
  std::vector<float> got(want.size());
  std::vector<std::int32_t> next(3);
  Decoded choices;
  choices.experts.resize(static_cast<std::size_t>(weights.config().layers));
  choices.selections.resize(choices.experts.size());
  StepHooks record;
  record.on_routing = [&](std::int64_t layer, std::span<const std::int32_t> ids) {
    choices.experts[layer].assign(ids.begin(), ids.end());
  };
  record.on_selection = [&](std::int64_t layer, std::span<const std::int32_t> ids) {
    choices.selections[layer].assign(ids.begin(), ids.end());
  };
  StepHooks force;
  const auto copy = [](const std::vector<std::int32_t>& from, std::int64_t t,
                       std::span<std::int32_t> to) {
    std::copy_n(from.begin() + t * std::ssize(to), to.size(), to.begin());
    return true;
  };
  force.force_routing = [&](std::int64_t t, std::int64_t layer, std::span<std::int32_t> ids) {
    return copy(choices.experts[layer], t, ids);
  };
  force.force_selection = [&](std::int64_t t, std::int64_t layer, std::span<std::int32_t> ids) {
    return copy(choices.selections[layer], t, ids);
  };
  for (std::int64_t slot = 0; slot < 3; ++slot) {
    cpu->start_sequence(slot, histories[slot]);
    gpu->start_sequence(slot, histories[slot]);
  }
  for (std::int64_t step = 0; step < 10; ++step) {
    std::vector<StepToken> tokens;
    for (std::int64_t slot = 0; slot < 3; ++slot) {
      tokens.push_back({static_cast<std::int32_t>(11 * step + slot), slot, histories[slot] + step});
    }
    cpu->step(tokens, record, nullptr, {.logits = want});
    gpu->step(tokens, force, nullptr, {got, next});
    EXPECT_LE(test::relative_error(got, want), 2e-2) << "step " << step;
    for (std::int64_t t = 0; t < 3; ++t) {
      const auto row = got.begin() + t * vocab;
      EXPECT_EQ(next[t], std::max_element(row, row + vocab) - row);
    }
  }
}

// Byte for byte, in every cache and the state, for each kind of layer.
TEST_F(CudaDecode, HistoriesHaveTheBytesOfTheReference) {
  ModelConfig model = preset("dsv4-tiny");
  model.compress_ratios = {0, 4, 128};
  model.layers = 3;
  constexpr std::uint64_t kSeed = 5;
  constexpr std::int64_t kSlot = 1;
  for (const CacheFormat format : {CacheFormat::kBf16, CacheFormat::kFp8}) {
    for (const std::int64_t history : {1, 127, 1111}) {
      const PageTable pages(model, 3, 1300);
      std::vector<CudaLayerCaches> caches;
      for (const int ratio : model.compress_ratios)
        caches.emplace_back(model, ratio, format, pages);
      CudaHistories histories(model, format, pages, kSeed);
      histories.fill(caches, kSlot, history, nullptr);
      for (std::int64_t layer = 0; layer < model.layers; ++layer) {
        const int ratio = model.compress_ratios[layer];
        LayerCaches want(model, ratio, format, pages);
        want.fill_synthetic(pages, kSlot, history, hash64(kSeed, layer), kSlot);
        const LayerCacheSizes sizes = layer_cache_sizes(model, ratio, format, pages);
        const auto same = [](const void* device, const void* host, std::int64_t bytes) {
          std::vector<std::byte> got(static_cast<std::size_t>(bytes));
          copy_to_host(got.data(), device, bytes);
          return std::memcmp(got.data(), host, got.size()) == 0;
        };
        SCOPED_TRACE(
            fmt::format("format {} history {} ratio {}", static_cast<int>(format), history, ratio));
        const CudaLayerCaches& got = caches[layer];
        EXPECT_TRUE(same(got.window().data, want.window().data, sizes.window));
        EXPECT_TRUE(same(got.compressed().data, want.compressed().data, sizes.compressed));
        EXPECT_TRUE(same(got.index().data, want.index().data, sizes.index));
        EXPECT_TRUE(same(got.state(), want.state(), 4 * sizes.state));
        EXPECT_TRUE(same(got.index_state(), want.index_state(), 4 * sizes.index_state));
      }
    }
  }
}

// Weights are loaded once; decoders of other batches and contexts give what one alone would.
TEST_F(CudaDecode, OneLoadServesSeveralDecoders) {
  SyntheticWeights weights(preset("dsv4-tiny"), 7, 1ll << 30);
  const auto comm = make_device_shard_communicator(1, 0);
  const std::int64_t vocab = weights.config().vocab;
  const auto decode = [&](Decoder& decoder, std::int64_t batch, std::int64_t history) {
    std::vector<StepToken> tokens;
    for (std::int64_t slot = 0; slot < batch; ++slot) {
      decoder.start_sequence(slot, history);
      tokens.push_back({static_cast<std::int32_t>(3 + slot), slot, history});
    }
    std::vector<float> logits(static_cast<std::size_t>(batch * vocab));
    decoder.step(tokens, {}, nullptr, {.logits = logits});
    return logits;
  };
  const auto loaded = load_cuda_weights(weights, {}, {});
  for (const auto& [batch, history] : {std::pair{1, 100}, {4, 500}, {2, 100}}) {
    const DecoderOptions options{.max_batch = batch, .max_context = history + 1};
    const auto shared = make_cuda_decoder(loaded, *comm, options, {});
    const auto alone = make_cuda_decoder(weights, *comm, options, {});
    EXPECT_EQ(decode(*shared, batch, history), decode(*alone, batch, history)) << "batch " << batch;
  }
  EXPECT_THROW((void)make_cuda_decoder(loaded, *comm, {.layers = 1}, {}), Error);
}

TEST_F(CudaDecode, RefusesWhatDoesNotFit) {
  SyntheticWeights weights(preset("dsv4-pro"), 0, 1ll << 30);
  const auto comm = make_device_shard_communicator(1, 0);
  try {
    (void)make_cuda_decoder(weights, *comm, {.max_batch = 1, .max_context = 4096}, {});
    FAIL() << "a model of 800 GB was accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kUnavailable);
    EXPECT_THAT(e.what(), ::testing::HasSubstr("experts"));
    EXPECT_THAT(e.what(), ::testing::HasSubstr("would fit"));
  }
}

}  // namespace
}  // namespace dscope
