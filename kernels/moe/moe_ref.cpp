// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/activation_quant.h"
#include "kernels/common/dot.h"
#include "kernels/common/threads.h"
#include "kernels/moe/moe.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dscope {
namespace {

// Tokens as float32 rows, rounded to FP8 where asked.
using Rows = std::vector<std::vector<float>>;

template <Activation Act>
std::vector<float> input_row(const MoeParams<Act>& p, std::int64_t t) {
  std::vector<float> row(static_cast<std::size_t>(p.hidden));
  const Act* x = p.x + t * p.hidden;
  std::transform(x, x + p.hidden, row.begin(), [](Act v) { return to_float(v); });
  if (p.quantise_activations) fake_quantise_activations(row.data(), p.hidden);
  return row;
}

double swiglu(double gate, double up, double limit) {
  if (limit > 0) {
    gate = std::min(gate, limit);
    up = std::clamp(up, -limit, limit);
  }
  return gate / (1 + std::exp(-gate)) * up;
}

// h = swiglu(w1 . x, w3 . x) for every row of x, rounded as the activations are.
template <Activation Act>
Rows intermediate(const MoeParams<Act>& p, const ExpertWeights& expert, const Rows& x) {
  const std::int64_t size = expert.w1.rows;
  const std::int64_t d = expert.w1.cols;
  const auto tokens = static_cast<std::int64_t>(x.size());
  Rows h(x.size(), std::vector<float>(static_cast<std::size_t>(size)));
#pragma omp parallel if (worth_threads(tokens * size * d))
  {
    std::vector<float> gate(static_cast<std::size_t>(d));
    std::vector<float> up(static_cast<std::size_t>(d));
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < size; ++i) {
      decode_row(expert.w1, i, gate.data());
      decode_row(expert.w3, i, up.data());
      for (std::size_t t = 0; t < x.size(); ++t) {
        const double g = dot(gate.data(), x[t].data(), d);
        const double u = dot(up.data(), x[t].data(), d);
        h[t][i] = to_float(from_float<Act>(static_cast<float>(swiglu(g, u, p.swiglu_limit))));
      }
    }
  }
  if (p.quantise_activations) {
    for (std::vector<float>& row : h) fake_quantise_activations(row.data(), size);
  }
  return h;
}

// y = w2 . h for every row of h.
Rows down(const ExpertWeights& expert, const Rows& h) {
  const auto tokens = static_cast<std::int64_t>(h.size());
  Rows y(h.size(), std::vector<float>(static_cast<std::size_t>(expert.w2.rows)));
#pragma omp parallel if (worth_threads(tokens * expert.w2.rows * expert.w2.cols))
  {
    std::vector<float> weights(static_cast<std::size_t>(expert.w2.cols));
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < expert.w2.rows; ++i) {
      decode_row(expert.w2, i, weights.data());
      for (std::size_t t = 0; t < h.size(); ++t) {
        y[t][i] = static_cast<float>(dot(weights.data(), h[t].data(), expert.w2.cols));
      }
    }
  }
  return y;
}

// The (token, k) pairs of every expert.
template <Activation Act>
std::vector<std::vector<std::int64_t>> pairs_by_expert(const MoeParams<Act>& p) {
  std::vector<std::vector<std::int64_t>> pairs(static_cast<std::size_t>(p.expert_count));
  for (std::int64_t pair = 0; pair < p.tokens * p.experts_per_token; ++pair) {
    const std::int32_t id = p.ids[pair];
    if (id < 0) continue;
    DSCOPE_REQUIRE(id < p.expert_count, "expert id {} is not among the {} experts of this rank", id,
                   p.expert_count);
    pairs[static_cast<std::size_t>(id)].push_back(pair);
  }
  return pairs;
}

}  // namespace

template <Activation Act>
void reference_moe_routed(const MoeParams<Act>& p) {
  // Contributions are kept per pair and added in the order of k: the same sum whatever the batch.
  const std::int64_t d = p.hidden;
  Rows contribution(static_cast<std::size_t>(p.tokens * p.experts_per_token));
  const auto pairs = pairs_by_expert(p);
  for (std::size_t e = 0; e < pairs.size(); ++e) {
    if (pairs[e].empty()) continue;
    const ExpertWeights* expert = p.experts[e];
    DSCOPE_REQUIRE(expert != nullptr, "expert {} is chosen but was not given", e);
    Rows x;
    for (const std::int64_t pair : pairs[e]) x.push_back(input_row(p, pair / p.experts_per_token));
    Rows y = down(*expert, intermediate(p, *expert, x));
    for (std::size_t i = 0; i < pairs[e].size(); ++i) contribution[pairs[e][i]] = std::move(y[i]);
  }
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    std::vector<double> sum(static_cast<std::size_t>(d));
    for (std::int64_t k = 0; k < p.experts_per_token; ++k) {
      const std::int64_t pair = t * p.experts_per_token + k;
      const double weight = p.weights[pair];
      for (std::size_t i = 0; i < contribution[pair].size(); ++i) {
        sum[i] += weight * contribution[pair][i];
      }
    }
    std::copy(sum.begin(), sum.end(), p.routed + t * d);
  }
}

template <Activation Act>
void reference_moe_shared(const MoeParams<Act>& p) {
  Rows x;
  for (std::int64_t t = 0; t < p.tokens; ++t) x.push_back(input_row(p, t));
  const Rows y = down(*p.shared, intermediate(p, *p.shared, x));
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    for (std::int64_t i = 0; i < p.hidden; ++i) {
      const std::int64_t at = t * p.hidden + i;
      p.out[at] = from_float<Act>(p.routed[at] + y[t][i]);
    }
  }
}

template void reference_moe_routed(const MoeParams<float>&);
template void reference_moe_routed(const MoeParams<bf16_t>&);
template void reference_moe_shared(const MoeParams<float>&);
template void reference_moe_shared(const MoeParams<bf16_t>&);

}  // namespace dscope
