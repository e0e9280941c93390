// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"

namespace dscope::viewer {

// Documents against one of them: differences by stage and by kernel with verdicts and noise, and
// the distributions of their step times over each other.
[[nodiscard]] PanelPtr make_compare_panel();

}  // namespace dscope::viewer
