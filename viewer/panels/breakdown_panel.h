// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"

namespace dscope::viewer {

// Where the time of a step goes: stacked bars by document or by step, the table of stages, and the
// kernels of the stage that is selected.
[[nodiscard]] PanelPtr make_breakdown_panel();

}  // namespace dscope::viewer
