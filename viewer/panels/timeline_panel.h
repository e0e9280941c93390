// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"

namespace dscope::viewer {

// Streams and ranks over time: what ran when, what waited, and what a prediction says of it.
[[nodiscard]] PanelPtr make_timeline_panel();

}  // namespace dscope::viewer
