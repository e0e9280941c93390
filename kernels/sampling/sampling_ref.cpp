// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/sampling/sampling.h"
#include "workloads/base/error.h"
#include "workloads/random.h"

#include <cmath>

namespace dscope {

void reference_sample(const SampleParams& p) {
  DSCOPE_REQUIRE(p.temperature >= 0, "temperature must not be negative, got {}", p.temperature);
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    const float* logits = p.logits + t * p.vocab;
    std::int32_t best = 0;
    double best_value = -INFINITY;
    for (std::int64_t id = 0; id < p.vocab; ++id) {
      double value = logits[id];
      if (p.temperature > 0) {
        // argmax of p / noise is argmax of logit / temperature - ln(noise): no normalisation, no
        // overflow.
        const double uniform = unit_interval(
            hash64(p.seed, static_cast<std::uint64_t>(p.streams[t]),
                   static_cast<std::uint64_t>(p.positions[t]), static_cast<std::uint64_t>(id)));
        value = value / p.temperature - std::log(-std::log(uniform));
      }
      if (value > best_value) {
        best_value = value;
        best = static_cast<std::int32_t>(id);
      }
    }
    p.next[t] = best;
  }
}

}  // namespace dscope
