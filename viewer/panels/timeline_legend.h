// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"

#include <span>

namespace dscope::viewer {

// The stages that took time in any of the documents, in their colours. A click selects a stage for
// all panels, or ends that.
void timeline_legend(PanelContext& context, std::span<const view_data::DocumentPtr> documents);

}  // namespace dscope::viewer
