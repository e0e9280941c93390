// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"

#include <vector>

namespace dscope::viewer {

// The row of panel names over a pane; true when `current` changed.
bool draw_tabs(const Ui& ui, const std::vector<PanelPtr>& panels, Panel*& current);

}  // namespace dscope::viewer
