// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/token_feed.h"

#include "kernels/sampling/sampling.h"
#include "workloads/base/error.h"
#include "workloads/random.h"

#include <utility>

namespace dscope::cli {
namespace {

class ForcedFeed final : public TokenFeed {
 public:
  explicit ForcedFeed(IntTensor ids) : ids_(std::move(ids)) {}

  [[nodiscard]] std::vector<StepToken> tokens(const StepShape& step) const override {
    std::vector<StepToken> tokens;
    for (const StepSequence& sequence : step.sequences) {
      const std::int64_t position = sequence.context - 1;
      tokens.push_back(
          {ids_.values[sequence.slot * ids_.shape[1] + position], sequence.slot, position});
    }
    return tokens;
  }
  bool sample(const StepShape&, std::span<const float>) override { return false; }

 private:
  IntTensor ids_;
};

class FreeFeed final : public TokenFeed {
 public:
  FreeFeed(std::int64_t max_batch, std::int64_t vocab, double temperature, std::uint64_t seed)
      : vocab_(vocab),
        temperature_(temperature),
        seed_(seed),
        last_(static_cast<std::size_t>(max_batch)) {}

  [[nodiscard]] std::vector<StepToken> tokens(const StepShape& step) const override {
    std::vector<StepToken> tokens;
    for (const StepSequence& s : step.sequences) {
      const auto first =
          static_cast<std::int32_t>(hash64(seed_, s.request) % static_cast<std::uint64_t>(vocab_));
      tokens.push_back({s.admitted ? first : last_[s.slot], s.slot, s.context - 1});
    }
    return tokens;
  }

  bool sample(const StepShape& step, std::span<const float> logits) override {
    std::vector<std::int64_t> streams;
    std::vector<std::int64_t> positions;
    for (const StepSequence& s : step.sequences) {
      streams.push_back(s.request);
      positions.push_back(s.context - 1);
    }
    std::vector<std::int32_t> next(step.sequences.size());
    reference_sample({.tokens = static_cast<std::int64_t>(next.size()),
                      .vocab = vocab_,
                      .logits = logits.data(),
                      .streams = streams.data(),
                      .positions = positions.data(),
                      .temperature = temperature_,
                      .seed = seed_,
                      .next = next.data()});
    for (std::size_t t = 0; t < next.size(); ++t) last_[step.sequences[t].slot] = next[t];
    return true;
  }

 private:
  std::int64_t vocab_;
  double temperature_;
  std::uint64_t seed_;
  std::vector<std::int32_t> last_;  // [max_batch] chosen by the previous step
};

}  // namespace

std::unique_ptr<TokenFeed> make_forced_feed(IntTensor ids, std::int64_t vocab) {
  if (ids.shape.size() != 2 || ids.shape[0] < 1 || ids.shape[1] < 1) {
    throw input_error("{}: expected [sequences, tokens], found {} dimensions", ids.source,
                      ids.shape.size());
  }
  for (std::size_t i = 0; i < ids.values.size(); ++i) {
    if (ids.values[i] < 0 || ids.values[i] >= vocab) {
      throw input_error("{}: element {}: expected a token id below {}, found {}", ids.source, i,
                        vocab, ids.values[i]);
    }
  }
  return std::make_unique<ForcedFeed>(std::move(ids));
}

std::unique_ptr<TokenFeed> make_free_feed(std::int64_t max_batch, std::int64_t vocab,
                                          double temperature, std::uint64_t seed) {
  return std::make_unique<FreeFeed>(max_batch, vocab, temperature, seed);
}

}  // namespace dscope::cli
