// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/sampling/join_vocab.h"

namespace dscope {

void reference_join_vocab(const JoinVocabParams& p) {
  for (std::int64_t v = 0; v < p.vocab; ++v) {
    const float* column = p.parts + v / p.chunk * p.tokens * p.chunk + v % p.chunk;
    for (std::int64_t t = 0; t < p.tokens; ++t) p.logits[t * p.vocab + v] = column[t * p.chunk];
  }
}

}  // namespace dscope
