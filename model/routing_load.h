// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/routing/routing_spec.h"

#include <cstdint>

namespace dscope::model {

// What the routed experts of one layer are asked to do in a step of T tokens that choose k of E
// experts each.
struct RoutingLoad {
  double unique = 0;       // distinct experts that all ranks together read: expectation
  double unique_low = 0;   // one standard deviation below
  double unique_high = 0;  // and above
  // Of the busiest of `groups` groups of ranks that hold different experts.
  double group_unique = 0;
  double group_slots = 0;  // (token, expert) pairs
};

struct RoutingQuestion {
  routing::RoutingSpec spec;
  std::int64_t experts = 0;    // E
  std::int64_t per_token = 0;  // k
  std::int64_t tokens = 0;     // T
  std::int64_t groups = 1;     // expert parallelism
};

// The distributions are those of RoutingGenerator; `model` is taken as uniform, which an
// untrained or well-balanced router is.
//
//   uniform   E (1 - (1 - k/E)^T) distinct, with its exact variance
//   zipf      inclusion probabilities 1 - exp(-w t), t such that they sum to k (Efraimidis and
//             Spirakis: a draw without replacement is a race of exponential clocks)
//   hot       N experts with k S / N each, the others with k (1 - S) / (E - N)
//
// Groups hold experts that are spread evenly over popularity; the busiest of G has
// mean + standard deviation x E[largest of G normal deviates].
[[nodiscard]] RoutingLoad routing_load(const RoutingQuestion& question);

// The same where the number of distinct experts is known, from recorded ids.
[[nodiscard]] RoutingLoad routing_load(const RoutingQuestion& question, double unique);

// Probability that one token includes the expert of popularity rank `r`, 0 <= r < E.
[[nodiscard]] double inclusion_probability(const RoutingQuestion& question, std::int64_t r);

// Expected passes over one expert that takes up to `width` tokens a pass, given that somebody chose
// it, when `mean` tokens choose it on average (Poisson): sum over j of P(n > j width) / P(n > 0).
[[nodiscard]] double expected_passes(double mean, std::int64_t width);

// Expectation of the largest of n independent standard normal deviates, n >= 1 (Blom 1958:
// quantile of (n - 0.375) / (n + 0.25)).
[[nodiscard]] double expected_largest_normal(std::int64_t n);

}  // namespace dscope::model
