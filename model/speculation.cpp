// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/speculation.h"

#include "model/predict.h"

namespace dscope::model {

double accepted_tokens(const Speculation& speculation) {
  double sum = 1;
  double reached = 1;
  for (std::int64_t i = 0; i < speculation.depth; ++i) {
    reached *= speculation.acceptance;
    sum += reached;
  }
  return sum;
}

std::int64_t best_depth(Configuration configuration, std::int64_t most) {
  std::int64_t best = 0;
  double best_rate = 0;
  for (std::int64_t depth = 0; depth <= most; ++depth) {
    configuration.speculation.depth = depth;
    const double rate = accepted_tokens(configuration.speculation) / predict_step_ns(configuration);
    if (rate > best_rate) {
      best = depth;
      best_rate = rate;
    }
  }
  return best;
}

}  // namespace dscope::model
