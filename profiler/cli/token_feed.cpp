// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/token_feed.h"

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
      tokens.push_back({.id = ids_.values[sequence.slot * ids_.shape[1] + position],
                        .slot = sequence.slot,
                        .position = position,
                        .stream = sequence.request});
    }
    return tokens;
  }
  [[nodiscard]] bool wants_next() const override { return false; }
  void take(const StepShape&, std::span<const std::int32_t>) override {}

 private:
  IntTensor ids_;
};

class FreeFeed final : public TokenFeed {
 public:
  FreeFeed(std::int64_t max_batch, std::int64_t vocab, std::uint64_t seed)
      : vocab_(vocab), seed_(seed), last_(static_cast<std::size_t>(max_batch)) {}

  [[nodiscard]] std::vector<StepToken> tokens(const StepShape& step) const override {
    std::vector<StepToken> tokens;
    for (const StepSequence& s : step.sequences) {
      const auto first =
          static_cast<std::int32_t>(hash64(seed_, s.request) % static_cast<std::uint64_t>(vocab_));
      tokens.push_back({.id = s.admitted ? first : last_[s.slot],
                        .slot = s.slot,
                        .position = s.context - 1,
                        .stream = s.request});
    }
    return tokens;
  }

  [[nodiscard]] bool wants_next() const override { return true; }
  void take(const StepShape& step, std::span<const std::int32_t> next) override {
    for (std::size_t t = 0; t < next.size(); ++t) last_[step.sequences[t].slot] = next[t];
  }

 private:
  std::int64_t vocab_;
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
                                          std::uint64_t seed) {
  return std::make_unique<FreeFeed>(max_batch, vocab, seed);
}

}  // namespace dscope::cli
