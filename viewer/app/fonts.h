// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/widgets/ui.h"

#include <filesystem>
#include <vector>

namespace dscope::viewer {

// Where fonts of Debian and of other distributions lie.
[[nodiscard]] std::vector<std::filesystem::path> font_folders();

// Fills ImGui's font atlas for `ui.scale` (ImGui 1.86 has no other way to other sizes) and sets the
// fonts of `ui`. DejaVu Sans where it is installed, else ImGui's own bitmap font. The caller
// uploads the new texture.
void build_fonts(Ui& ui);

}  // namespace dscope::viewer
