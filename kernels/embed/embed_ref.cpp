// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/embed/embed.h"

#include <algorithm>
#include <vector>

namespace dscope {

template <Activation Act>
void reference_embed(const EmbedParams<Act>& p) {
  const std::int64_t d = p.table.cols;
  std::vector<float> row(static_cast<std::size_t>(d));
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    Act* out = p.out + t * d;
    if (!p.vocab.contains(p.ids[t])) {
      std::fill_n(out, d, Act{});
      continue;
    }
    decode_row(p.table, p.ids[t] - p.vocab.begin, row.data());
    std::transform(row.begin(), row.end(), out, from_float<Act>);
  }
}

template void reference_embed(const EmbedParams<float>&);
template void reference_embed(const EmbedParams<bf16_t>&);

}  // namespace dscope
