// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"

#include <cstdint>

namespace dscope {

// Logits of vocabulary slices, as an all-gather leaves them, as rows: logits[t, v] =
// parts[v / chunk, t, v % chunk]. The last rank's slice may be padded.
struct JoinVocabParams {
  std::int64_t tokens = 0;       // T
  std::int64_t ranks = 0;        // R
  std::int64_t chunk = 0;        // values of a rank and token
  std::int64_t vocab = 0;        // V, at most R * chunk
  const float* parts = nullptr;  // [R, T, chunk]
  float* logits = nullptr;       // [T, V]
};

void reference_join_vocab(const JoinVocabParams& p);

[[nodiscard]] Support supports(const JoinVocabParams& p);
void launch_join_vocab(const JoinVocabParams& p, Stream stream);

}  // namespace dscope
