// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/timeline_legend.h"

#include <array>

namespace dscope::viewer {

void timeline_legend(PanelContext& context, std::span<const view_data::DocumentPtr> documents) {
  const Ui& ui = context.ui;
  std::array<bool, kStageCount> shown{};
  bool waits = false;
  for (const view_data::DocumentPtr& document : documents) {
    waits = waits || document->timeline->has_waits;
    if (!document->report) continue;
    for (const exporter::StageRow& row : document->report->stages) {
      if (row.total_ns > 0) shown[static_cast<std::size_t>(row.stage)] = true;
    }
  }
  const auto clicked = stage_legend(ui, shown, context.selection.stage);
  if (waits) {
    ImGui::SameLine(0, ui.px(16));
    const char* note = "pale part of NCCL: waiting";
    if (text_width(ui.regular, note) < ImGui::GetContentRegionAvail().x) {
      text_muted(ui, note);
    } else {
      ImGui::NewLine();
    }
  }
  if (!clicked) return;
  if (context.selection.stage == clicked) {
    context.selection.stage.reset();
  } else {
    context.selection.stage = clicked;
  }
}

}  // namespace dscope::viewer
