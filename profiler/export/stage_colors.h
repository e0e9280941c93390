// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/stage.h"

#include <array>

namespace dscope::exporter {

struct StageColor {
  Stage stage;
  const char* hex;     // pictures: distinct on white, also for most colour-blind readers
  const char* chrome;  // reserved colour names of the Chrome trace format
};

inline constexpr std::array<StageColor, kStageCount> kStageColors{{
    {Stage::kMoe, "#2f6fde", "thread_state_runnable"},
    {Stage::kNccl, "#e07b39", "thread_state_iowait"},
    {Stage::kFlashMla, "#2a9d6f", "thread_state_running"},
    {Stage::kIndexer, "#b5569b", "rail_animation"},
    {Stage::kCompressor, "#8d6bd1", "detailed_memory_dump"},
    {Stage::kProjection, "#d9a514", "rail_response"},
    {Stage::kRouter, "#48b2d8", "rail_idle"},
    {Stage::kMhc, "#a63d40", "bad"},
    {Stage::kNormRopeCache, "#7f9a3a", "good"},
    {Stage::kLmHead, "#5a6b7f", "vsync_highlight_color"},
    {Stage::kEmbed, "#9c7a5b", "olive"},
    {Stage::kOther, "#a3a9b2", "grey"},
    {Stage::kUnattributed, "#e5484d", "terrible"},
    {Stage::kGap, "#e4e7ec", "white"},
}};

[[nodiscard]] constexpr const StageColor& color(Stage stage) {
  return kStageColors[static_cast<std::size_t>(stage)];
}

namespace detail {
constexpr bool colors_are_in_enum_order() {
  for (std::size_t i = 0; i < kStageColors.size(); ++i) {
    if (static_cast<std::size_t>(kStageColors[i].stage) != i) return false;
  }
  return true;
}
static_assert(colors_are_in_enum_order(), "kStageColors must list the stages in enum order");
}  // namespace detail

}  // namespace dscope::exporter
