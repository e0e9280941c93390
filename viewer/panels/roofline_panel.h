// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"

namespace dscope::viewer {

// All ops of the documents below the ceilings of what ran them.
[[nodiscard]] PanelPtr make_roofline_panel();

}  // namespace dscope::viewer
