// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"

namespace dscope::viewer {

// The model live: every axis as a control, and what a step would take: by stage, by what it waits
// for, by uncertain input, over one axis, over two.
[[nodiscard]] PanelPtr make_explore_panel();

}  // namespace dscope::viewer
