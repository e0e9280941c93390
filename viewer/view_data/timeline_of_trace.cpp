// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/stage_rules.h"
#include "viewer/view_data/timeline.h"
#include "viewer/view_data/timeline_build.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace dscope::view_data {
namespace {

using attribute::LabelledWork;
using attribute::LabelSource;
using collect::Activity;

// What is known of a piece of work, by its index.
using LabelOf = std::function<LabelledWork(std::uint32_t)>;

// One lane of a list of activities.
class ListLane final : public LaneSource {
 public:
  ListLane(const collect::ActivityList& list, importer::LaneKey key, importer::LaneOrder order,
           const LabelOf& label)
      : activities_(list.activities), key_(key), order_(std::move(order)), label_(label) {}

  [[nodiscard]] importer::LaneKey key() const override { return key_; }
  [[nodiscard]] std::size_t parts() const override { return (order_.size() + kPart - 1) / kPart; }

  void read_times(std::size_t part, std::vector<TimeRange>& times) const override {
    times.clear();
    for_each(part, [&](std::uint32_t, const Activity& a) {
      times.push_back({a.start_ns, a.end_ns});
    });
  }

  void read(std::size_t part, LanePart& out) const override {
    out.clear();
    for_each(part, [&](std::uint32_t index, const Activity& a) {
      add_slice(a, collect::is_work(a.kind) ? label_(index) : LabelledWork{}, out);
    });
  }

 private:
  static constexpr std::size_t kPart = 16384;

  template <class Use>
  void for_each(std::size_t part, Use use) const {
    const std::size_t end = std::min(order_.size(), (part + 1) * kPart);
    for (std::size_t i = part * kPart; i < end; ++i) {
      const Activity& a = activities_[order_[i]];
      if (is_drawn(a.start_ns, a.end_ns)) use(order_[i], a);
    }
  }

  const BulkVector<Activity>& activities_;
  importer::LaneKey key_;
  importer::LaneOrder order_;
  const LabelOf& label_;
};

Timeline build(const importer::Trace& trace, std::vector<std::string> names, const LabelOf& label,
               const std::atomic<bool>* stop) {
  LaneSources lanes;
  for (auto& [key, order] : importer::lanes_in_order(trace.list.activities)) {
    lanes.push_back(std::make_unique<ListLane>(trace.list, key, std::move(order), label));
  }
  return timeline_of(lanes, trace, std::move(names), stop).value();
}

// What the rules say about each name, asked when the first kernel of that name is drawn.
class StagesByName {
 public:
  explicit StagesByName(const std::vector<std::string>& names)
      : names_(names), known_(names.size()) {}

  [[nodiscard]] Stage of(std::uint32_t name) {
    const std::uint8_t known = known_[name].load(std::memory_order_relaxed);
    if (known != kUnknown) return static_cast<Stage>(known - 1);
    const auto rule = attribute::StageRules::built_in().kernel(names_[name]);
    const Stage stage = rule ? rule->stage.value_or(Stage::kUnattributed) : Stage::kUnattributed;
    const auto stored = static_cast<std::uint8_t>(static_cast<std::uint8_t>(stage) + 1);
    known_[name].store(stored, std::memory_order_relaxed);
    return stage;
  }

 private:
  static constexpr std::uint8_t kUnknown = 0;
  const std::vector<std::string>& names_;
  std::vector<std::atomic<std::uint8_t>> known_;
};

}  // namespace

Timeline make_timeline(importer::Trace trace, const attribute::Analysis& analysis,
                       const std::atomic<bool>* stop) {
  std::vector<std::string> names = std::move(trace.list.names);
  return build(
      trace, std::move(names), [&](std::uint32_t index) { return analysis.work[index]; }, stop);
}

Timeline make_preview(const importer::Trace& trace, const std::atomic<bool>* stop) {
  StagesByName by_name(trace.list.names);
  const auto label = [&](std::uint32_t index) -> LabelledWork {
    const Activity& a = trace.list.activities[index];
    if (a.stage) return {*a.stage, LabelSource::kSource, 1};
    const Stage stage = by_name.of(a.name);
    if (stage == Stage::kUnattributed) return {};
    return {stage, LabelSource::kName, 1};
  };
  return build(trace, trace.list.names, label, stop);
}

}  // namespace dscope::view_data
