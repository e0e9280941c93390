// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/decoder.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

// Where the sequence in each cache slot stands, and whether a step's tokens fit that. Every back
// end keeps one.
class SequenceSlots {
 public:
  SequenceSlots(std::int64_t max_batch, std::int64_t max_context, std::int64_t vocab);

  // Throws Error{kInternal} for a slot or history out of range.
  void start(std::int64_t slot, std::int64_t history);
  // Throws Error{kInternal} for tokens that are out of range or order, and for outputs of another
  // size than the step's.
  void check(std::span<const StepToken> tokens, const StepOutput& out) const;
  // The tokens are in the caches now.
  void advance(std::span<const StepToken> tokens);

 private:
  std::int64_t max_batch_;
  std::int64_t max_context_;
  std::int64_t vocab_;
  std::vector<std::int64_t> next_position_;  // [max_batch]; -1: no sequence in this slot
};

}  // namespace dscope
