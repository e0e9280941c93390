// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"

#include <cstdint>

namespace dscope {

// The best id of a part of a row, and its value.
struct SamplePartial {
  double value;
  std::int32_t id;
};

// Parts into which the CUDA kernel divides a row of `vocab` logits.
inline constexpr std::int64_t kSampleSegment = 4096;
[[nodiscard]] constexpr std::int64_t sample_segments(std::int64_t vocab) {
  return (vocab + kSampleSegment - 1) / kSampleSegment;
}

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
  // Scratch of the CUDA kernels, [T, sample_segments(V)]; the reference needs none.
  SamplePartial* workspace = nullptr;
};

void reference_sample(const SampleParams& p);

// The CUDA kernels: all pointers are device pointers. Without temperature the choice is the
// reference's; with it the noise is float32, so that values closer than about 1e-5 may change
// places.
[[nodiscard]] Support supports(const SampleParams& p);
void launch_sample(const SampleParams& p, Stream stream);

}  // namespace dscope
