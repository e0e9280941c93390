// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_blocks.h"
#include "viewer/view_data/timeline.h"
#include "viewer/view_data/timeline_build.h"

#include <map>
#include <utility>

namespace dscope::view_data {
namespace {

using attribute::LabelledWork;
using attribute::LabelSource;
using collect::Activity;
using importer::ActivityBlocks;
using importer::LaneKey;

// The blocks of a saved trace that hold one lane. Slices are made from them without a list of
// activities between.
class SavedLane final : public LaneSource {
 public:
  SavedLane(const ActivityBlocks& file, LaneKey key) : file_(file), key_(key) {}
  void add(std::size_t block) { blocks_.push_back(block); }

  [[nodiscard]] LaneKey key() const override { return key_; }
  [[nodiscard]] std::size_t parts() const override { return blocks_.size(); }

  void read_times(std::size_t part, std::vector<TimeRange>& times) const override {
    const std::size_t block = blocks_[part];
    file_.check(block);
    thread_local std::vector<importer::ActivityTimes> all;
    all.resize(file_.records(block));
    file_.read_times(block, all);
    times.clear();
    for (const importer::ActivityTimes& at : all) {
      if (is_drawn(at.start_ns, at.end_ns)) times.push_back({at.start_ns, at.end_ns});
    }
  }

  void read(std::size_t part, LanePart& out) const override {
    const std::size_t block = blocks_[part];
    thread_local std::vector<Activity> activities;
    if (activities.size() < file_.records(block)) activities.resize(file_.records(block));
    const std::span all(activities);
    const auto read = file_.read(block, all.first(file_.records(block)));
    out.clear();
    for (const Activity& a : all.first(read.written)) {
      if (!is_drawn(a.start_ns, a.end_ns)) continue;
      // Not what the file says: that there are too few slices tells.
      if (importer::lane_of(a) != key_) return out.clear();
      add_slice(a, a.stage ? LabelledWork{*a.stage, LabelSource::kSource, 1} : LabelledWork{}, out);
    }
  }

 private:
  const ActivityBlocks& file_;
  LaneKey key_;
  std::vector<std::size_t> blocks_;
};

}  // namespace

std::optional<Timeline> make_timeline(const ActivityBlocks& file, const importer::Trace& tracks,
                                      const std::atomic<bool>* stop) {
  if (!file.in_lanes()) return std::nullopt;
  std::map<LaneKey, std::unique_ptr<SavedLane>> lanes;
  for (std::size_t block = 0; block < file.count(); ++block) {
    if (file.records(block) == 0) continue;
    Activity first;
    if (file.read(block, {&first, 1}).written == 0) return std::nullopt;
    const LaneKey key = importer::lane_of(first);
    auto& lane = lanes[key];
    if (!lane) lane = std::make_unique<SavedLane>(file, key);
    lane->add(block);
  }
  LaneSources sources;
  for (auto& [key, lane] : lanes) sources.push_back(std::move(lane));
  return timeline_of(sources, tracks, tracks.list.names, stop);
}

}  // namespace dscope::view_data
