// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/routing/routing_spec.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope::routing {

struct RoutingShape {
  std::int64_t layers = 0;             // 1 or more
  std::int64_t experts = 0;            // E: 1 .. 65536 routed experts per layer
  std::int64_t experts_per_token = 0;  // k: 1 .. E
};

// Expert ids for synthetic routing. Every pick is a pure function of (seed, step, token, layer):
// it does not depend on the order of calls, and two generators with equal arguments agree.
//
// Each layer has a popularity order: a random permutation of its experts, drawn from the seed, so
// that layers have different favourites. In that order, with ranks r = 0 .. E-1:
//
//   uniform      k of E without replacement; every subset equally likely.
//   zipf:ALPHA   k successive draws without replacement, each with probability
//                w_r / (sum of w over the experts not yet drawn), w_r = (r+1)^-ALPHA. This is the
//                distribution that Efraimidis-Spirakis keys give. The weights are integers,
//                round(2^47 * w_r).
//   hot:N:SHARE  ranks 0 .. N-1 are the hot set. A token takes h = floor(k*SHARE + u) of its
//                experts there, u uniform in [0, 1), and k - h elsewhere, both uniformly without
//                replacement. The expected share is exactly SHARE (weighted draws without
//                replacement would miss it as the hot set runs out), and every hot expert is
//                included with probability k*SHARE/N, every other with k*(1-SHARE)/(E-N).
//
// Tokens, steps and layers are independent of each other.
class RoutingGenerator {
 public:
  // Throws Error{kUsage} for a hot set that cannot draw that share of k distinct experts. The kinds
  // `model` and `recorded` have no generator: a caller's mistake, Error{kInternal}.
  RoutingGenerator(const RoutingSpec& spec, const RoutingShape& shape, std::uint64_t seed);

  [[nodiscard]] const RoutingShape& shape() const { return shape_; }

  // Writes k distinct ids, the layer's more popular experts first. `token` is the token's index in
  // its step; `ids` holds exactly k.
  void pick(std::int64_t step, std::int64_t token, std::int64_t layer,
            std::span<std::int32_t> ids) const;

  // The experts of a layer from the most to the least popular: [E].
  [[nodiscard]] std::span<const std::int32_t> popularity(std::int64_t layer) const;

 private:
  class RandomStream;
  void draw(std::int64_t begin, std::int64_t end, RandomStream& random,
            std::span<std::int32_t> ranks) const;

  RoutingShape shape_;
  std::uint64_t seed_;
  // Ranks below hot_end_ are the hot set, and a token draws hot_mean_ of its ids there on average.
  // The other kinds are the case of a hot set that holds every expert.
  std::int64_t hot_end_;
  double hot_mean_;
  std::vector<std::uint64_t> cumulative_;  // [E+1]: sum of the weights of the ranks before r
  std::vector<std::int32_t> popularity_;   // [layers, E]: expert of a rank
};

}  // namespace dscope::routing
