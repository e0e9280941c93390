// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dscope {

// The next token of every sequence. temperature 0: the largest logit (equal ones: the lower id).
// Otherwise a draw from softmax(logits / temperature), by the largest of probability / Exp(1)
// noise, as the official script does. The noise depends on (seed, stream, position, id) alone, so
// a run can be repeated and does not depend on the batch.
struct SampleParams {
  std::int64_t tokens = 0;                  // T
  std::int64_t vocab = 0;                   // V
  const float* logits = nullptr;            // [T, V]
  const std::int64_t* streams = nullptr;    // [T] which sequence; null with temperature 0
  const std::int64_t* positions = nullptr;  // [T]; null with temperature 0
  double temperature = 0;
  std::uint64_t seed = 0;
  std::int32_t* next = nullptr;  // [T]
};

void reference_sample(const SampleParams& p);

}  // namespace dscope
