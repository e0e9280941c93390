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

// The same for experts of different popularity. With p the probability that a token includes an
// expert and m = (1 - p)^T that nobody does, missing two experts is not independent: a token draws
// exactly k, so that what it does not draw here it draws there. Covariance of two inclusions in one
// token: -p q (1 - p) (1 - q) / d with d = sum of p (1 - p) (Hajek's approximation for draws of a
// fixed size), which T tokens make -T p q / d for the misses, times both m.
Moments popular_unique(const RoutingQuestion& q) {
  const auto tokens = as_double(q.tokens);
  Moments result;
  double spread = 0;        // d
  double missed_draws = 0;  // sum of m p
  double own = 0;           // and of its squares: pairs are of different experts
  for (std::int64_t r = 0; r < q.experts; ++r) {
    const double p = std::min(inclusion_probability(q, r), 1.0);
    const double missed = p < 1 ? std::exp(tokens * std::log1p(-p)) : 0;
    result.mean += 1 - missed;
    result.variance += missed * (1 - missed);
    spread += p * (1 - p);
    missed_draws += missed * p;
    own += missed * missed * p * p;
  }
  if (spread > 0) {
    result.variance -= tokens / spread * (missed_draws * missed_draws - own);
  }
  result.variance = std::max(0.0, result.variance);
  return result;
}

// A token draws its experts of the hot set and those of the rest each uniformly.
Moments hot_unique(const RoutingQuestion& q) {
  const auto hot = as_double(std::min(q.spec.hot_experts, q.experts));
  const double cold = as_double(q.experts) - hot;
  const double drawn = std::min(hot, as_double(q.per_token) * (cold > 0 ? q.spec.hot_share : 1.0));
  const Moments first = uniform_unique(hot, drawn, as_double(q.tokens));
  if (cold <= 0) return first;
  const Moments second =
      uniform_unique(cold, std::min(cold, as_double(q.per_token) - drawn), as_double(q.tokens));
  return {first.mean + second.mean, first.variance + second.variance};
}

Moments unique_moments(const RoutingQuestion& q) {
  switch (q.spec.kind) {
    case RoutingKind::kZipf:
      return popular_unique(q);
    case RoutingKind::kHotSet:
      return hot_unique(q);
    default:
      return uniform_unique(as_double(q.experts), as_double(q.per_token), as_double(q.tokens));
  }
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
  return spread(q, unique_moments(q));
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
