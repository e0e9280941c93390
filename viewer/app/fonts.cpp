// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/fonts.h"

#include <imgui.h>

#include <cmath>
#include <string>

#if DSCOPE_HAVE_FREETYPE
#include <imgui_freetype.h>
#endif

namespace dscope::viewer {
namespace {

// Latin, Greek, punctuation, arrows, operators, shapes: what our own texts and kernel names use.
constexpr ImWchar kRanges[] = {0x0020, 0x00ff, 0x0100, 0x017f, 0x0370, 0x03ff, 0x2010,
                               0x2027, 0x2030, 0x205e, 0x2080, 0x2089, 0x2190, 0x21ff,
                               0x2200, 0x22ff, 0x25a0, 0x25ff, 0xfffd, 0xfffd, 0};

std::string find_font(const char* name) {
  for (const std::filesystem::path& folder : font_folders()) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(folder / name, ignored)) return (folder / name).string();
  }
  return {};
}

ImFont* add(const char* name, float pixels) {
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  const std::string path = find_font(name);
  ImFontConfig config;
  config.OversampleH = 1;  // one sample: pixels are where FreeType's hinting wants them
  config.OversampleV = 1;
  config.PixelSnapH = true;
  if (!path.empty()) {
    ImFont* font = atlas->AddFontFromFileTTF(path.c_str(), pixels, &config, kRanges);
    if (font != nullptr) return font;
  }
  config.SizePixels = pixels;
  return atlas->AddFontDefault(&config);
}

}  // namespace

std::vector<std::filesystem::path> font_folders() {
  return {"/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu-sans-fonts",
          "/usr/share/fonts/dejavu", "/usr/share/fonts/TTF"};
}

void build_fonts(Ui& ui) {
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  atlas->Clear();
#if DSCOPE_HAVE_FREETYPE
  atlas->FontBuilderIO = ImGuiFreeType::GetBuilderForFreeType();
  atlas->FontBuilderFlags = ImGuiFreeTypeBuilderFlags_LightHinting;
#endif
  const auto pixels = [&](float size) { return std::round(size * ui.scale); };
  ui.regular = add("DejaVuSans.ttf", pixels(14));
  ui.bold = add("DejaVuSans-Bold.ttf", pixels(14));
  ui.small = add("DejaVuSans.ttf", pixels(12));
  ui.mono = add("DejaVuSansMono.ttf", pixels(13));
  atlas->Build();
}

}  // namespace dscope::viewer
