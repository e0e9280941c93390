// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/sequence_slots.h"

#include "workloads/base/error.h"

namespace dscope {

SequenceSlots::SequenceSlots(std::int64_t max_batch, std::int64_t max_context, std::int64_t vocab)
    : max_batch_(max_batch),
      max_context_(max_context),
      vocab_(vocab),
      next_position_(static_cast<std::size_t>(max_batch), -1) {}

void SequenceSlots::start(std::int64_t slot, std::int64_t history) {
  DSCOPE_REQUIRE(slot >= 0 && slot < max_batch_, "slot {} of {}", slot, max_batch_);
  DSCOPE_REQUIRE(history >= 0 && history < max_context_, "history {} in a context of {}", history,
                 max_context_);
  next_position_[slot] = history;
}

void SequenceSlots::check(std::span<const StepToken> tokens, const StepOutput& out) const {
  DSCOPE_REQUIRE(!tokens.empty() && static_cast<std::int64_t>(tokens.size()) <= max_batch_,
                 "a step decodes 1 to {} tokens, got {}", max_batch_, tokens.size());
  DSCOPE_REQUIRE(
      out.logits.empty() || out.logits.size() == tokens.size() * static_cast<std::size_t>(vocab_),
      "logits must hold {} x {} values, not {}", tokens.size(), vocab_, out.logits.size());
  DSCOPE_REQUIRE(out.next.empty() || out.next.size() == tokens.size(),
                 "next tokens must be {}, not {}", tokens.size(), out.next.size());
  std::vector<bool> seen(static_cast<std::size_t>(max_batch_));
  for (const StepToken& token : tokens) {
    DSCOPE_REQUIRE(token.slot >= 0 && token.slot < max_batch_ && !seen[token.slot],
                   "slot {} is out of range or used twice in a step", token.slot);
    seen[token.slot] = true;
    DSCOPE_REQUIRE(token.id >= 0 && token.id < vocab_, "token id {} of {}", token.id, vocab_);
    DSCOPE_REQUIRE(token.position == next_position_[token.slot],
                   "slot {} is at position {}, got a token for {}", token.slot,
                   next_position_[token.slot], token.position);
    DSCOPE_REQUIRE(token.position < max_context_, "position {} in a context of {}", token.position,
                   max_context_);
  }
}

void SequenceSlots::advance(std::span<const StepToken> tokens) {
  for (const StepToken& token : tokens) ++next_position_[token.slot];
}

}  // namespace dscope
