// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/router/router.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace dscope {
namespace {

double score(double logit) {
  const double softplus = std::max(logit, 0.0) + std::log1p(std::exp(-std::fabs(logit)));
  return std::sqrt(softplus);
}

// The k ids with the largest biased score, best first.
std::vector<std::int32_t> best_ids(const RouterParams& p, const std::vector<double>& scores) {
  std::vector<double> biased = scores;
  for (std::size_t e = 0; e < biased.size() && !p.bias.empty(); ++e) {
    biased[e] += p.bias[static_cast<std::int64_t>(e)];
  }
  std::vector<std::int32_t> order(biased.size());
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + p.experts_per_token, order.end(),
                    [&](std::int32_t a, std::int32_t b) {
                      return biased[a] != biased[b] ? biased[a] > biased[b] : a < b;
                    });
  order.resize(static_cast<std::size_t>(p.experts_per_token));
  return order;
}

void choose(const RouterParams& p, std::int64_t t, const std::vector<double>& scores,
            std::int32_t* ids) {
  const std::int64_t k = p.experts_per_token;
  if (p.forced != nullptr && p.forced[t * k] != kNotForced) {
    std::copy_n(p.forced + t * k, k, ids);
  } else if (!p.tid2eid.empty()) {
    for (std::int64_t i = 0; i < k; ++i) {
      ids[i] = static_cast<std::int32_t>(p.tid2eid.at(p.token_ids[t], i));
    }
  } else {
    const std::vector<std::int32_t> best = best_ids(p, scores);
    std::copy(best.begin(), best.end(), ids);
  }
}

}  // namespace

void reference_router(const RouterParams& p) {
  const std::int64_t k = p.experts_per_token;
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    const float* logits = p.logits + t * p.experts;
    std::vector<double> scores(static_cast<std::size_t>(p.experts));
    std::transform(logits, logits + p.experts, scores.begin(), score);
    std::int32_t* ids = p.ids + t * k;
    choose(p, t, scores, ids);
    double sum = 0;
    for (std::int64_t i = 0; i < k; ++i) sum += ids[i] < 0 ? 0 : scores[ids[i]];
    for (std::int64_t i = 0; i < k; ++i) {
      const double weight = ids[i] < 0 ? 0 : scores[ids[i]] / sum * p.routed_scaling;
      p.weights[t * k + i] = static_cast<float>(weight);
    }
  }
}

}  // namespace dscope
