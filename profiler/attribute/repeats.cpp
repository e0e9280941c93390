// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/repeats.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

namespace dscope::attribute {
namespace {

using collect::Activity;
using Order = std::span<const std::uint32_t>;

constexpr std::size_t kSmallestGraph = 8;  // fewer pieces are a launch of something else

struct Group {
  std::size_t begin = 0;  // position in the order
  std::size_t size = 0;
  std::int64_t time_ns = 0;
};

// Runs of work launched by one call.
std::vector<Group> launch_groups(const collect::ActivityList& list, Order order) {
  std::vector<Group> groups;
  std::uint64_t current = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Activity& a = list.activities[order[i]];
    if (groups.empty() || a.correlation == 0 || a.correlation != current) groups.push_back({i});
    current = a.correlation;
    ++groups.back().size;
    groups.back().time_ns += a.end_ns - a.start_ns;
  }
  return groups;
}

struct GraphLaunches {
  std::vector<std::size_t> starts;
  bool nearly_all = false;  // of the time is theirs
};

// The launches of the graph that takes most time; none when that is less than half of all.
GraphLaunches graph_launches(const collect::ActivityList& list, Order order) {
  const std::vector<Group> groups = launch_groups(list, order);
  std::map<std::size_t, std::int64_t> time_by_size;
  std::int64_t all_ns = 0;
  for (const Group& group : groups) {
    all_ns += group.time_ns;
    if (group.size >= kSmallestGraph) time_by_size[group.size] += group.time_ns;
  }
  const auto most =
      std::max_element(time_by_size.begin(), time_by_size.end(),
                       [](const auto& x, const auto& y) { return x.second < y.second; });
  if (most == time_by_size.end() || most->second < all_ns / 2) return {};
  GraphLaunches launches;
  launches.nearly_all = most->second >= all_ns / 4 * 3;
  for (const Group& group : groups) {
    if (group.size == most->first) launches.starts.push_back(group.begin);
  }
  return launches;
}

struct Mark {
  std::uint32_t name = 0;
  StepMark where = StepMark::kNone;
  std::vector<std::size_t> at;
};

// Kernels that run once in a step: of several the one that is there least often, of equals the one
// that the rules call last, because what follows it begins a step whatever that is.
std::optional<Mark> step_mark(const collect::ActivityList& list, const NameRules& names,
                              Order order) {
  std::unordered_map<std::uint32_t, Mark> marks;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t name = list.activities[order[i]].name;
    if (!names[name] || names[name]->step == StepMark::kNone) continue;
    Mark& mark = marks[name];
    mark.name = name;
    mark.where = names[name]->step;
    mark.at.push_back(i);
  }
  std::optional<Mark> best;
  for (auto& [name, mark] : marks) {
    const auto rank = [](const Mark& m) {
      return std::tuple(m.at.size(), m.where == StepMark::kLast ? 0 : 1, m.name);
    };
    if (!best || rank(mark) < rank(*best)) best = std::move(mark);
  }
  return best;
}

std::vector<std::size_t> mark_starts(const Mark& mark, std::size_t end) {
  if (mark.where == StepMark::kFirst) return mark.at;
  std::vector<std::size_t> starts{0};
  for (const std::size_t at : mark.at) {
    if (at + 1 < end) starts.push_back(at + 1);
  }
  return starts;
}

// Hashes of the pieces between ticks, FNV-1a over the names.
std::vector<std::uint64_t> piece_hashes(const collect::ActivityList& list, Order order,
                                        const std::vector<std::size_t>& ticks) {
  std::vector<std::uint64_t> hashes;
  for (std::size_t tick = 0; tick + 1 < ticks.size(); ++tick) {
    std::uint64_t hash = 14695981039346656037U;
    for (std::size_t i = ticks[tick]; i < ticks[tick + 1]; ++i) {
      hash = (hash ^ list.activities[order[i]].name) * 1099511628211U;
    }
    hashes.push_back(hash);
  }
  return hashes;
}

// The share of pieces that equal the one `period` later.
double agreement(const std::vector<std::uint64_t>& pieces, std::size_t period) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i + period < pieces.size(); ++i) {
    equal += pieces[i] == pieces[i + period] ? 1 : 0;
  }
  return static_cast<double>(equal) / static_cast<double>(pieces.size() - period);
}

// The shortest period that agrees as well as any; 0: none. Layers are alike, so a period of one
// layer agrees everywhere but at the ends of a step: a longer one that is only a little better is
// the step.
std::size_t period_of(const std::vector<std::uint64_t>& pieces) {
  constexpr std::size_t kLongest = 2048;  // four pieces a layer, 512 layers
  constexpr std::size_t kSample = 1 << 14;
  constexpr double kGood = 0.9;
  constexpr double kAsGood = 0.002;
  const std::vector<std::uint64_t> sample(
      pieces.begin(),
      pieces.begin() + static_cast<std::ptrdiff_t>(std::min(pieces.size(), kSample)));
  std::vector<double> agreements(std::min(kLongest, sample.size() / 3) + 1, 0);
  double best = 0;
  for (std::size_t period = 1; period < agreements.size(); ++period) {
    agreements[period] = agreement(sample, period);
    best = std::max(best, agreements[period]);
  }
  if (best < kGood) return 0;
  for (std::size_t period = 1; period < agreements.size(); ++period) {
    if (agreements[period] >= best - kAsGood) return period;
  }
  return 0;
}

Repeats periodic(const collect::ActivityList& list, const std::vector<LabelledWork>& work,
                 Order order, Stage stage, std::size_t shortest) {
  std::vector<std::size_t> ticks;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const LabelledWork& label = work[order[i]];
    if (label.stage == stage && label.source != LabelSource::kNeighbour) ticks.push_back(i);
  }
  if (ticks.size() < 4) return {};
  const std::size_t period = period_of(piece_hashes(list, order, ticks));
  if (period < shortest) return {};
  // The recording begins somewhere in a step. Everything from its first piece to the piece one
  // period later is a step as good as any, so that is where steps are cut.
  Repeats repeats;
  repeats.from = fmt::format("a sequence that repeats every {} {} kernel{}", period,
                             info(stage).label, period == 1 ? "" : "s");
  const std::size_t lead = ticks.front();
  for (std::size_t tick = 0; tick < ticks.size(); tick += period) {
    if (ticks[tick] >= lead) repeats.starts.push_back(ticks[tick] - lead);
  }
  return repeats;
}

// Whether there are kernels that only a step of this kind of model has.
bool decodes(const std::vector<LabelledWork>& work, Order order) {
  return std::any_of(order.begin(), order.end(), [&](std::uint32_t index) {
    const Stage stage = work[index].stage;
    return stage == Stage::kFlashMla || stage == Stage::kMoe || stage == Stage::kIndexer;
  });
}

// The end of a name that says least is cut off.
std::string brief(const std::string& name) {
  constexpr std::size_t kLongest = 60;
  return name.size() <= kLongest ? name : name.substr(0, kLongest) + "...";
}

}  // namespace

Repeats find_repeats(const collect::ActivityList& list, const NameRules& names,
                     const std::vector<LabelledWork>& work, std::span<const std::uint32_t> order) {
  const std::optional<Mark> mark = step_mark(list, names, order);
  GraphLaunches launches = graph_launches(list, order);
  // More launches than marks: of parts of a step. Much work outside and more marks than launches:
  // only some of the steps replay a graph.
  const std::size_t steps = launches.starts.size();
  const bool one_for_each_step = !mark || (steps <= mark->at.size() + 1 &&
                                           (launches.nearly_all || mark->at.size() <= steps + 1));
  if (steps >= 2 && one_for_each_step) return {"graph launches", std::move(launches.starts)};
  if (mark) {
    if (mark->at.size() < 2) return {};  // one step, whatever repeats inside it
    const char* where = mark->where == StepMark::kFirst ? "begin" : "end";
    return {fmt::format("kernels that {} a step ({})", where, brief(list.names[mark->name])),
            mark_starts(*mark, order.size())};
  }
  // At least two layers, of four hyper-connection kernels or two collectives each: what repeats
  // faster is a layer. Collectives alone could be those of any program.
  Repeats repeats = periodic(list, work, order, Stage::kMhc, 8);
  if (repeats.starts.empty() && decodes(work, order)) {
    repeats = periodic(list, work, order, Stage::kNccl, 4);
  }
  return repeats;
}

}  // namespace dscope::attribute
