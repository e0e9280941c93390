// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/routing_load.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace dscope::model {
namespace {

using routing::RoutingKind;

double as_double(std::int64_t n) {
  return static_cast<double>(n);
}

// t such that the sum over r of 1 - exp(-(r + 1)^-alpha t) is k, for k < E.
double zipf_time(double alpha, std::int64_t experts, double per_token) {
  std::vector<double> weights(static_cast<std::size_t>(experts));
  for (std::size_t r = 0; r < weights.size(); ++r) {
    weights[r] = std::pow(static_cast<double>(r + 1), -alpha);
  }
  const auto expected = [&](double t) {
    double sum = 0;
    for (const double w : weights) sum -= std::expm1(-w * t);
    return sum;
  };
  double low = 0;
  double high = 1;
  while (expected(high) < per_token) high *= 2;
  constexpr int kHalvings = 60;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (expected(middle) < per_token ? low : high) = middle;
  }
  return (low + high) / 2;
}

// Solving takes a hundred microseconds, and sweeps ask for the same again and again.
double cached_zipf_time(double alpha, std::int64_t experts, std::int64_t per_token) {
  struct Entry {
    double alpha = -1;
    std::int64_t experts = 0;
    std::int64_t per_token = 0;
    double time = 0;
  };
  static thread_local Entry last;
  if (last.alpha != alpha || last.experts != experts || last.per_token != per_token) {
    last = {alpha, experts, per_token, zipf_time(alpha, experts, as_double(per_token))};
  }
  return last.time;
}

struct Moments {
  double mean = 0;
  double variance = 0;
};

// Number of experts hit when every token draws k of E uniformly: exact.
Moments uniform_unique(double experts, double per_token, double tokens) {
  const double missed = std::pow(1 - per_token / experts, tokens);
  const double both =
      experts < 2
          ? 0
          : std::pow((experts - per_token) * (experts - per_token - 1) / (experts * (experts - 1)),
                     tokens);
  const double mean_missed = experts * missed;
  const double variance =
      mean_missed + experts * (experts - 1) * std::max(0.0, both) - mean_missed * mean_missed;
  return {experts - mean_missed, std::max(0.0, variance)};
}

// Experts hit independently of each other: an upper bound of the variance.
Moments independent_unique(const RoutingQuestion& q) {
  Moments result;
  for (std::int64_t r = 0; r < q.experts; ++r) {
    const double hit =
        -std::expm1(as_double(q.tokens) * std::log1p(-std::min(inclusion_probability(q, r), 1.0)));
    result.mean += hit;
    result.variance += hit * (1 - hit);
  }
  // What a token does not draw here it draws there: as for uniform draws.
  const Moments uniform =
      uniform_unique(as_double(q.experts), as_double(q.per_token), as_double(q.tokens));
  const double hit = uniform.mean / as_double(q.experts);
  const double unbound = as_double(q.experts) * hit * (1 - hit);
  if (unbound > 0) result.variance *= std::min(1.0, uniform.variance / unbound);
  return result;
}

RoutingLoad spread(const RoutingQuestion& q, const Moments& unique) {
  const double deviation = std::sqrt(unique.variance);
  const double most = std::min(as_double(q.experts), as_double(q.tokens * q.per_token));
  RoutingLoad load;
  load.unique = unique.mean;
  load.unique_low = std::max(0.0, unique.mean - deviation);
  load.unique_high = std::min(most, unique.mean + deviation);
  const double groups = as_double(q.groups);
  const double slots = as_double(q.tokens * q.per_token);
  const double largest = expected_largest_normal(q.groups);
  // Of each expert that is read, and of each slot, a group has 1 in `groups`.
  const double mean_unique = unique.mean / groups;
  const double part = (1 - 1 / groups) / groups;
  load.group_unique = std::min({unique.mean, as_double(q.experts) / groups,
                                mean_unique + largest * std::sqrt(unique.mean * part)});
  load.group_slots = std::min(slots, slots / groups + largest * std::sqrt(slots * part));
  return load;
}

}  // namespace

double inclusion_probability(const RoutingQuestion& q, std::int64_t r) {
  const double share = as_double(q.per_token) / as_double(q.experts);
  switch (q.spec.kind) {
    case RoutingKind::kZipf: {
      if (q.per_token >= q.experts) return 1;
      const double t = cached_zipf_time(q.spec.zipf_alpha, q.experts, q.per_token);
      return -std::expm1(-std::pow(as_double(r + 1), -q.spec.zipf_alpha) * t);
    }
    case RoutingKind::kHotSet: {
      const std::int64_t hot = std::min(q.spec.hot_experts, q.experts);
      const double drawn = as_double(q.per_token) * (hot == q.experts ? 1 : q.spec.hot_share);
      if (r < hot) return std::min(1.0, drawn / as_double(hot));
      return std::min(1.0, (as_double(q.per_token) - drawn) / as_double(q.experts - hot));
    }
    default:
      return share;
  }
}

RoutingLoad routing_load(const RoutingQuestion& q) {
  const bool even = q.spec.kind != RoutingKind::kZipf && q.spec.kind != RoutingKind::kHotSet;
  return spread(
      q, even ? uniform_unique(as_double(q.experts), as_double(q.per_token), as_double(q.tokens))
              : independent_unique(q));
}

RoutingLoad routing_load(const RoutingQuestion& q, double unique) {
  return spread(q, {unique, 0});
}

double expected_passes(double mean, std::int64_t width) {
  if (mean <= 0) return 1;
  // P(n = i) one after the other; passes = sum over j >= 0 of P(n > j width).
  double probability = std::exp(-mean);
  const double chosen = -std::expm1(-mean);
  if (probability == 0) return mean / as_double(width) + 0.5;  // the distribution is narrow there
  double above = chosen;                                       // P(n > i)
  double passes = chosen;
  const auto last = static_cast<std::int64_t>(mean + 12 * std::sqrt(mean) + 12);
  for (std::int64_t i = 1; i <= last; ++i) {
    probability *= mean / as_double(i);
    above -= probability;
    if (i % width == 0) passes += std::max(0.0, above);
  }
  return std::max(1.0, passes / chosen);
}

double expected_largest_normal(std::int64_t n) {
  if (n <= 1) return 0;
  const double p = (as_double(n) - 0.375) / (as_double(n) + 0.25);
  // Quantile by bisection of the distribution function.
  double low = 0;
  double high = 10;
  constexpr int kHalvings = 40;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    const double below = 0.5 * std::erfc(-middle / std::sqrt(2.0));
    (below < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace dscope::model
