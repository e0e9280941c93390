// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/decoder.h"
#include "profiler/cli/int_tensor.h"
#include "workloads/step_source.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dscope::cli {

// Says which tokens a step decodes.
class TokenFeed {
 public:
  virtual ~TokenFeed() = default;
  // The tokens of a step, one for each of its sequences.
  [[nodiscard]] virtual std::vector<StepToken> tokens(const StepShape& step) const = 0;
  // Whether the step has to choose the next tokens, or they are given from outside.
  [[nodiscard]] virtual bool wants_next() const = 0;
  // Takes the tokens [T] that the step just decoded has chosen.
  virtual void take(const StepShape& step, std::span<const std::int32_t> next) = 0;
};

// Teacher forcing: `ids` [B, T], sequence b in slot b. Throws Error{kInput} for ids outside the
// vocabulary, naming the element.
[[nodiscard]] std::unique_ptr<TokenFeed> make_forced_feed(IntTensor ids, std::int64_t vocab);

// Free running: a sequence begins with a token drawn from the seed and goes on with what the model
// says.
[[nodiscard]] std::unique_ptr<TokenFeed> make_free_feed(std::int64_t max_batch, std::int64_t vocab,
                                                        std::uint64_t seed);

}  // namespace dscope::cli
