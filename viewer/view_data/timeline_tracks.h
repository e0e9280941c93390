// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/document.h"
#include "viewer/view_data/timeline.h"
#include "viewer/view_data/timeline_steps.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

// What stands under each other in a timeline, from top to bottom.
namespace dscope::view_data {

enum class TrackKind : std::uint8_t { kGroup, kIdle, kLane, kMeasured, kPredicted, kResidual };

struct Track {
  TrackKind kind = TrackKind::kLane;
  std::string name;
  std::uint32_t group = 0;  // index into Timeline::groups, of kGroup, kIdle and kLane
  std::uint32_t lane = 0;   // index into Group::lanes, of kLane
  std::size_t rows = 1;
  float y = 0;       // from the top, for a scale of 1
  float height = 0;  // likewise
  bool open = true;  // of kGroup
};

struct TimelineTracks {
  static constexpr float kRowHeight = 20;
  static constexpr float kGroupHeight = 26;
  static constexpr float kIdleHeight = 10;
  static constexpr float kGap = 4;
  // Of groups in `closed`: that of the rows about steps.
  static constexpr std::uint32_t kStepsGroup = 0xffffffff;

  std::vector<Track> tracks;
  float height = 0;
  Row measured;   // stage totals; empty without steps
  Row predicted;  // empty without a prediction
  std::vector<ResidualSegment> residuals;
};

// `prediction` may be null. `closed`: groups (by index) of which only the heading is shown.
[[nodiscard]] TimelineTracks make_tracks(const Document& document,
                                         const profile::Prediction* prediction,
                                         const std::set<std::uint32_t>& closed = {});

}  // namespace dscope::view_data
