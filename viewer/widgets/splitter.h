// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/widgets/ui.h"

namespace dscope::viewer {

// A bar between two panes that can be dragged; double click: `reset`. `share` (0..1) is the first
// pane's part of `total` pixels, kept within [least, total - least] of either pane (scale 1).
// Use: BeginChild(first, size = share * total), EndChild, splitter(), BeginChild(second), EndChild.
// `vertical_bar`: panes side by side. Returns true when `share` changed.
bool splitter(const Ui& ui, const char* id, bool vertical_bar, float total, float& share,
              float least = 80, float reset = 0.5F);

// The width of the bar, to be taken off the panes.
[[nodiscard]] float splitter_width(const Ui& ui);

}  // namespace dscope::viewer
