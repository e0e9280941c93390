// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_tracks.h"

#include <utility>

namespace dscope::view_data {
namespace {

class TrackList {
 public:
  TrackList(const Document& document, const std::set<std::uint32_t>& closed)
      : document_(document), closed_(closed) {}

  TimelineTracks build(const profile::Prediction* prediction) {
    const Timeline& timeline = *document_.timeline;
    if (document_.profile.measurement) {
      result_.measured = measured_row(timeline.steps, *document_.profile.measurement);
    }
    if (prediction != nullptr) {
      result_.predicted = predicted_row(timeline.steps, *prediction);
      result_.residuals = residuals(result_.measured, *prediction);
    }
    // Without events the stage totals are all there is; with them they are for comparing.
    if (!timeline.has_events || prediction != nullptr) add_step_tracks();
    if (timeline.has_events) {
      for (std::uint32_t g = 0; g < timeline.groups.size(); ++g) add_group(g);
    }
    return std::move(result_);
  }

 private:
  void add(Track track, float height, float gap = TimelineTracks::kGap) {
    track.y = result_.height;
    track.height = height;
    result_.height += height + gap;
    result_.tracks.push_back(std::move(track));
  }

  bool add_heading(std::string name, std::uint32_t group) {
    const bool open = !closed_.contains(group);
    Track track{.kind = TrackKind::kGroup, .name = std::move(name), .group = group};
    track.open = open;
    add(std::move(track), TimelineTracks::kGroupHeight);
    return open;
  }

  void add_step_tracks() {
    if (result_.measured.size() == 0 && result_.predicted.size() == 0) return;
    const bool both = result_.predicted.size() > 0;
    if (!add_heading(both ? "Measured and predicted" : "Steps by stage",
                     TimelineTracks::kStepsGroup)) {
      return;
    }
    constexpr float kRow = TimelineTracks::kRowHeight;
    const Timeline& timeline = *document_.timeline;
    if (!timeline.has_events && !timeline.groups.empty()) {
      add({.kind = TrackKind::kLane, .name = "steps"}, kRow);
    }
    if (result_.measured.size() > 0) {
      add({.kind = TrackKind::kMeasured, .name = "measured"}, kRow);
    }
    if (!both) return;
    add({.kind = TrackKind::kPredicted, .name = "predicted"}, kRow);
    if (!result_.residuals.empty()) {
      add({.kind = TrackKind::kResidual, .name = "residual"}, kRow);
    }
  }

  void add_group(std::uint32_t index) {
    const Group& group = document_.timeline->groups[index];
    if (!add_heading(group.name, index)) return;
    for (std::uint32_t l = 0; l < group.lanes.size(); ++l) {
      const Lane& lane = group.lanes[l];
      Track track{.kind = TrackKind::kLane, .name = lane.name, .group = index, .lane = l};
      track.rows = lane.rows.size();
      add(std::move(track), TimelineTracks::kRowHeight * static_cast<float>(lane.rows.size()));
    }
    if (group.idle.size() > 0) {
      Track track{.kind = TrackKind::kIdle, .name = "idle", .group = index};
      add(std::move(track), TimelineTracks::kIdleHeight);
    }
  }

  const Document& document_;
  const std::set<std::uint32_t>& closed_;
  TimelineTracks result_;
};

}  // namespace

TimelineTracks make_tracks(const Document& document, const profile::Prediction* prediction,
                           const std::set<std::uint32_t>& closed) {
  return TrackList(document, closed).build(prediction);
}

}  // namespace dscope::view_data
