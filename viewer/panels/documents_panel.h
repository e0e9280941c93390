// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"

namespace dscope::viewer {

// What a document is: provenance, devices, losses, steps, clocks and power over the steps.
[[nodiscard]] PanelPtr make_documents_panel();

}  // namespace dscope::viewer
