// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/routing/generator.h"

#include "workloads/base/error.h"
#include "workloads/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dscope::routing {
namespace {

__extension__ using Uint128 = unsigned __int128;

constexpr std::int64_t kMaxExperts = 65536;
constexpr double kWeightOne = 0x1p47;  // 65536 such weights still fit 64 bits

// Keeps the draws for popularity orders apart from those for picks.
enum class Purpose : std::uint64_t { kPopularity = 1, kPick = 2 };

double expected_hot_picks(const RoutingSpec& spec, const RoutingShape& shape) {
  const double mean = static_cast<double>(shape.experts_per_token) * spec.hot_share;
  // 100 * 0.07 is 7.000000000000001: what is meant to be whole must not ask for one expert more.
  const double whole = std::round(mean);
  return std::fabs(mean - whole) < 1e-9 ? whole : mean;
}

void check_hot_set(const RoutingSpec& spec, const RoutingShape& shape, double mean) {
  if (spec.hot_experts > shape.experts) {
    throw usage_error("routing {}: expected a hot set of at most {} experts, the model's number",
                      to_string(spec), shape.experts);
  }
  const auto k = static_cast<double>(shape.experts_per_token);
  const std::int64_t cold = shape.experts - spec.hot_experts;
  if (std::ceil(mean) > static_cast<double>(spec.hot_experts)) {
    throw usage_error(
        "routing {}: {} of a token's {} distinct experts cannot come from a hot set of {}; use "
        "more hot experts or a smaller share",
        to_string(spec), mean, k, spec.hot_experts);
  }
  if (k - std::floor(mean) > static_cast<double>(cold)) {
    throw usage_error(
        "routing {}: {} of a token's {} distinct experts cannot come from the {} outside the hot "
        "set; use fewer hot experts or a larger share",
        to_string(spec), k - mean, k, cold);
  }
}

}  // namespace

// The numbers that belong to one key, one after the other.
class RoutingGenerator::RandomStream {
 public:
  explicit RandomStream(std::uint64_t key) : key_(key) {}
  // 0 .. bound-1; the bias of the multiplication is at most bound / 2^64.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(next()) * bound) >> 64);
  }
  double unit() { return unit_interval(next()); }

 private:
  std::uint64_t next() { return hash64(key_, drawn_++); }

  std::uint64_t key_;
  std::uint64_t drawn_ = 0;
};

RoutingGenerator::RoutingGenerator(const RoutingSpec& spec, const RoutingShape& shape,
                                   std::uint64_t seed)
    : shape_(shape),
      seed_(seed),
      hot_end_(shape.experts),
      hot_mean_(static_cast<double>(shape.experts_per_token)) {
  DSCOPE_REQUIRE(spec.kind != RoutingKind::kModel && spec.kind != RoutingKind::kRecorded,
                 "routing {} has no generator", to_string(spec));
  DSCOPE_REQUIRE(shape.layers >= 1, "layers must be positive, got {}", shape.layers);
  DSCOPE_REQUIRE(shape.experts >= 1 && shape.experts <= kMaxExperts,
                 "experts must be 1 to {}, got {}", kMaxExperts, shape.experts);
  DSCOPE_REQUIRE(shape.experts_per_token >= 1 && shape.experts_per_token <= shape.experts,
                 "experts per token must be 1 to {}, got {}", shape.experts,
                 shape.experts_per_token);
  if (spec.kind == RoutingKind::kHotSet) {
    hot_end_ = spec.hot_experts;
    hot_mean_ = expected_hot_picks(spec, shape);
    check_hot_set(spec, shape, hot_mean_);
  }

  cumulative_.push_back(0);
  for (std::int64_t rank = 0; rank < shape.experts; ++rank) {
    // zipf_alpha is 0, all weights equal, for the other kinds.
    const double weight = std::pow(static_cast<double>(rank + 1), -spec.zipf_alpha) * kWeightOne;
    cumulative_.push_back(
        cumulative_.back() +
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(weight))));
  }

  popularity_.resize(static_cast<std::size_t>(shape.layers * shape.experts));
  for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
    std::int32_t* order = popularity_.data() + layer * shape.experts;
    std::iota(order, order + shape.experts, 0);
    RandomStream random(hash64(seed, Purpose::kPopularity, layer));
    for (std::int64_t left = shape.experts; left > 1; --left) {  // Fisher-Yates
      std::swap(order[left - 1], order[random.below(static_cast<std::uint64_t>(left))]);
    }
  }
}

// Draws ranks.size() distinct ranks of [begin, end) by weight and leaves them ascending. A draw
// picks a point in the weight that is left; the ranks already taken, in ascending order, each push
// the point on by their weight when they start at or before it. Integers make this exact: a rank
// can neither be drawn twice nor missed.
void RoutingGenerator::draw(std::int64_t begin, std::int64_t end, RandomStream& random,
                            std::span<std::int32_t> ranks) const {
  const std::uint64_t* start = cumulative_.data();
  std::uint64_t left = start[end] - start[begin];
  for (std::size_t taken = 0; taken < ranks.size(); ++taken) {
    std::uint64_t point = start[begin] + random.below(left);
    std::size_t at = 0;
    for (; at < taken && start[ranks[at]] <= point; ++at) {
      point += start[ranks[at] + 1] - start[ranks[at]];
    }
    const auto rank = std::upper_bound(start + begin, start + end, point) - start - 1;
    std::copy_backward(ranks.data() + at, ranks.data() + taken, ranks.data() + taken + 1);
    ranks[at] = static_cast<std::int32_t>(rank);
    left -= start[rank + 1] - start[rank];
  }
}

void RoutingGenerator::pick(std::int64_t step, std::int64_t token, std::int64_t layer,
                            std::span<std::int32_t> ids) const {
  const std::int64_t k = shape_.experts_per_token;
  DSCOPE_REQUIRE(static_cast<std::int64_t>(ids.size()) == k, "expected room for {} ids, got {}", k,
                 ids.size());
  const std::span<const std::int32_t> expert_of_rank = popularity(layer);
  RandomStream random(hash64(seed_, Purpose::kPick, step, token, layer));
  // The sum of a whole mean and the largest unit() rounds up to one more than there may be.
  const auto hot = std::min({k, hot_end_, static_cast<std::int64_t>(hot_mean_ + random.unit())});
  draw(0, hot_end_, random, ids.first(static_cast<std::size_t>(hot)));
  draw(hot_end_, shape_.experts, random, ids.subspan(static_cast<std::size_t>(hot)));
  for (std::int32_t& id : ids) id = expert_of_rank[static_cast<std::size_t>(id)];
}

std::span<const std::int32_t> RoutingGenerator::popularity(std::int64_t layer) const {
  DSCOPE_REQUIRE(layer >= 0 && layer < shape_.layers, "layer must be 0 to {}, got {}",
                 shape_.layers - 1, layer);
  return std::span(popularity_)
      .subspan(static_cast<std::size_t>(layer * shape_.experts),
               static_cast<std::size_t>(shape_.experts));
}

}  // namespace dscope::routing
