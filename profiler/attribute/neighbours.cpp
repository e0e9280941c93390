// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/neighbours.h"

#include "profiler/attribute/surroundings.h"
#include "workloads/nearly_sorted.h"

#include <algorithm>
#include <span>
#include <tuple>

namespace dscope::attribute {
namespace {

using collect::Activity;
using Order = std::vector<std::uint32_t>;  // activities in order of execution

// How sure a label by position is.
constexpr float kBothSides = 0.95F;    // the same stage on both sides
constexpr float kOneTakes = 0.9F;      // only one side takes helpers
constexpr float kBorder = 0.8F;        // between two that both do, less what leans the wrong way
constexpr float kNeitherTakes = 0.5F;  // prepares the later one, probably
constexpr float kUnknownName = 0.6F;   // no rule knows the name, but both sides agree
constexpr float kContext = 0.9F;       // a matrix product between two anchors
constexpr float kHalfContext = 0.7F;   // the recording begins or ends on one side

// A piece with a stage beside a run of helpers; `stage` empty: a matrix product of no stage.
struct Side {
  std::optional<Stage> stage;
  bool takes = false;  // helpers on the side of the run
};

class Neighbours {
 public:
  Neighbours(const collect::ActivityList& list, const StageRules& rules, const NameRules& names,
             std::vector<LabelledWork>& work)
      : list_(list), rules_(rules), names_(names), work_(work) {}

  void label(std::span<const std::uint32_t> order) {
    place_by_context(order);
    for (std::size_t begin = 0; begin < order.size();) {
      if (is_border(order[begin])) {
        ++begin;
        continue;
      }
      std::size_t end = begin;
      while (end < order.size() && !is_border(order[end])) ++end;
      label_run(order, begin, end);
      begin = end;
    }
    agree_on_surroundings(list_, order, work_);
  }

 private:
  [[nodiscard]] const std::optional<NameRule>& rule_of(std::uint32_t index) const {
    return names_[list_.activities[index].name];
  }
  [[nodiscard]] bool is_gemm(std::uint32_t index) const {
    return rule_of(index) && rule_of(index)->role == RuleRole::kGemm;
  }
  [[nodiscard]] bool has_stage(std::uint32_t index) const {
    return work_[index].source != LabelSource::kNone;
  }
  // What ends a run of helpers.
  [[nodiscard]] bool is_border(std::uint32_t index) const {
    return has_stage(index) || is_gemm(index);
  }
  // What a matrix product is placed by.
  [[nodiscard]] bool is_anchor(std::uint32_t index) const {
    return has_stage(index) && !is_gemm(index) && work_[index].stage != Stage::kNccl &&
           work_[index].source != LabelSource::kNeighbour;
  }

  void place_by_context(std::span<const std::uint32_t> order) {
    std::vector<std::optional<Stage>> before(order.size());
    std::optional<Stage> nearest;
    for (std::size_t i = order.size(); i-- > 0;) {
      before[i] = nearest;
      if (is_anchor(order[i])) nearest = work_[order[i]].stage;
    }
    nearest.reset();
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::uint32_t index = order[i];
      const bool anchor = is_anchor(index);
      const Stage own = work_[index].stage;
      if (anchor && work_[index].source == LabelSource::kName) {
        place(index, rules_.in_context(own, nearest, before[i]), nearest && before[i]);
      } else if (!has_stage(index) && is_gemm(index)) {
        place(index, rules_.in_context(std::nullopt, nearest, before[i]), nearest && before[i]);
      }
      if (anchor) nearest = own;
    }
  }

  void place(std::uint32_t index, std::optional<Stage> stage, bool between) {
    if (!stage || stage == work_[index].stage) return;
    work_[index] = {*stage, LabelSource::kNeighbour, between ? kContext : kHalfContext};
  }

  [[nodiscard]] std::optional<Side> side(std::uint32_t index, Adopts this_side) const {
    Side side;
    if (!has_stage(index)) return side;
    side.stage = work_[index].stage;
    const Adopts adopts = rule_of(index) ? rule_of(index)->adopts : Adopts::kBoth;
    side.takes = side.stage != Stage::kNccl && (adopts == Adopts::kBoth || adopts == this_side);
    return side;
  }

  // order[begin, end) are helpers and unknown names between two pieces with a stage, or the ends.
  void label_run(std::span<const std::uint32_t> order, std::size_t begin, std::size_t end) {
    std::optional<Side> previous;
    std::optional<Side> next;
    if (begin > 0) previous = side(order[begin - 1], Adopts::kAfter);
    if (end < order.size()) next = side(order[end], Adopts::kBefore);
    begin += end_product(order, begin, end);
    if (begin == end) return;
    const auto run = order.subspan(begin, end - begin);
    const auto usable = [](const std::optional<Side>& s) {
      return s && s->stage && s->stage != Stage::kNccl;
    };
    if (usable(previous) && usable(next) && previous->stage == next->stage) {
      give(run, *next->stage, kBothSides, true);
    } else if (usable(previous) && previous->takes && usable(next) && next->takes) {
      divide(run, *previous->stage, *next->stage);
    } else if (usable(previous) && previous->takes) {
      give(run, *previous->stage, kOneTakes, false);
    } else if (usable(next) && next->takes) {
      give(run, *next->stage, kOneTakes, false);
    } else if (usable(next)) {
      give(run, *next->stage, kNeitherTakes, false);
    } else if (usable(previous)) {
      give(run, *previous->stage, kNeitherTakes, false);
    }
  }

  // A matrix product takes no helpers, but what sums directly after it (its parts, a bias, the
  // experts of a token) ends it. Returns how many those are.
  std::size_t end_product(std::span<const std::uint32_t> order, std::size_t begin,
                          std::size_t end) {
    if (begin == 0 || !is_gemm(order[begin - 1]) || !has_stage(order[begin - 1])) return 0;
    std::size_t sums = 0;
    while (begin + sums < end && leans(order[begin + sums], Lean::kPrevious)) ++sums;
    give(order.subspan(begin, sums), work_[order[begin - 1]].stage, kBorder, false);
    return sums;
  }

  void give(std::span<const std::uint32_t> run, Stage stage, float confidence, bool both_sides) {
    for (const std::uint32_t index : run) {
      if (rule_of(index)) {
        work_[index] = {stage, LabelSource::kNeighbour, confidence};
      } else if (both_sides) {
        work_[index] = {stage, LabelSource::kNeighbour, kUnknownName};
      }
    }
  }

  [[nodiscard]] bool leans(std::uint32_t index, Lean lean) const {
    return rule_of(index) && rule_of(index)->lean == lean;
  }

  // The first border with the fewest helpers on the wrong side; work of an unknown name is a border
  // of its own.
  void divide(std::span<const std::uint32_t> run, Stage previous, Stage next) {
    const auto is_unknown = [&](std::uint32_t index) { return !rule_of(index); };
    const auto first = std::find_if(run.begin(), run.end(), is_unknown);
    if (first != run.end()) {
      const auto last = std::find_if(run.rbegin(), run.rend(), is_unknown);
      give({run.begin(), first}, previous, kBorder, false);
      give({last.base(), run.end()}, next, kBorder, false);
      return;
    }
    std::size_t wrong = 0;
    for (const std::uint32_t index : run) wrong += leans(index, Lean::kPrevious) ? 1 : 0;
    std::size_t fewest = wrong;
    std::size_t border = 0;
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (leans(run[i], Lean::kPrevious)) --wrong;
      if (leans(run[i], Lean::kNext)) ++wrong;
      if (wrong < fewest) {
        fewest = wrong;
        border = i + 1;
      }
    }
    const float confidence =
        kBorder * (1 - static_cast<float>(fewest) / static_cast<float>(run.size()));
    give(run.first(border), previous, confidence, false);
    give(run.subspan(border), next, confidence, false);
  }

  const collect::ActivityList& list_;
  const StageRules& rules_;
  const NameRules& names_;
  std::vector<LabelledWork>& work_;
};

// Whether more than a twentieth of the work of order[begin, end), of one device, overlaps.
bool is_concurrent(const BulkVector<Activity>& activities, std::span<const std::uint32_t> order) {
  double busy_ns = 0;
  double shared_ns = 0;
  std::int64_t latest = activities[order.front()].start_ns;
  for (const std::uint32_t index : order) {
    const Activity& a = activities[index];
    busy_ns += static_cast<double>(a.end_ns - a.start_ns);
    shared_ns +=
        static_cast<double>(std::max<std::int64_t>(0, std::min(latest, a.end_ns) - a.start_ns));
    latest = std::max(latest, a.end_ns);
  }
  return shared_ns > busy_ns / 20;
}

// Calls `use` with each part of `order` whose activities have equal keys.
template <class KeyOf, class Use>
void for_each_part(const Order& order, KeyOf key_of, Use use) {
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && key_of(order[end]) == key_of(order[begin])) ++end;
    use(std::span(order).subspan(begin, end - begin));
    begin = end;
  }
}

}  // namespace

void label_by_neighbours(const collect::ActivityList& list, const StageRules& rules,
                         const NameRules& names, std::vector<LabelledWork>& work) {
  const BulkVector<Activity>& all = list.activities;
  Order order;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (is_work(all[i].kind) && all[i].end_ns > all[i].start_ns) order.push_back(i);
  }
  const auto in_time = [&](std::uint32_t i, std::uint32_t j) {
    return std::tie(all[i].device, all[i].start_ns, i) <
           std::tie(all[j].device, all[j].start_ns, j);
  };
  sort_nearly_sorted(order, in_time);
  Neighbours neighbours(list, rules, names, work);
  const auto device_of = [&](std::uint32_t i) { return all[i].device; };
  for_each_part(order, device_of, [&](std::span<const std::uint32_t> of_device) {
    if (is_concurrent(all, of_device)) {
      Order by_lane(of_device.begin(), of_device.end());
      std::stable_sort(by_lane.begin(), by_lane.end(),
                       [&](std::uint32_t i, std::uint32_t j) { return all[i].lane < all[j].lane; });
      for_each_part(
          by_lane, [&](std::uint32_t i) { return all[i].lane; },
          [&](std::span<const std::uint32_t> of_lane) { neighbours.label(of_lane); });
    }
    neighbours.label(of_device);
  });
}

}  // namespace dscope::attribute
