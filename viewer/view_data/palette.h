// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/stage.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

// The one vocabulary of colours: panels and widgets take every colour from a palette.
namespace dscope::view_data {

struct Color {
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;
  std::uint8_t a = 255;

  bool operator==(const Color&) const = default;
};

// "#rrggbb"; anything else is black.
[[nodiscard]] constexpr Color color_from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 0;
  };
  if (hex.size() != 7 || hex[0] != '#') return {};
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint8_t>(digit(hex[at]) * 16 + digit(hex[at + 1]));
  };
  return {byte(1), byte(3), byte(5), 255};
}

// `t` = 0: a, 1: b; clamped. Linear in sRGB, alpha included.
[[nodiscard]] Color mix(Color a, Color b, double t);
[[nodiscard]] Color with_alpha(Color color, double alpha);  // 0..1

// Relative luminance of sRGB, 0..1 (WCAG 2.1), and the contrast ratio of two colours, 1..21.
[[nodiscard]] double luminance(Color color);
[[nodiscard]] double contrast(Color a, Color b);

enum class Theme : std::uint8_t { kLight, kDark, kColourBlind };
inline constexpr std::array<std::string_view, 3> kThemeIds{"light", "dark", "colour-blind"};
[[nodiscard]] std::optional<Theme> theme_from_id(std::string_view id);
[[nodiscard]] constexpr std::string_view id(Theme theme) {
  return kThemeIds[static_cast<std::size_t>(theme)];
}

struct Palette {
  Theme theme = Theme::kLight;
  bool dark = false;
  std::array<Color, kStageCount> stages{};
  std::array<Color, 8> series{};  // documents beside each other; the first is the baseline
  Color background;               // of the window
  Color surface;                  // of panels, tables and plots
  Color raised;                   // headings, buttons, unselected tabs
  Color border;
  Color grid;  // lines behind data
  Color text;
  Color muted;  // labels of axes, secondary text
  Color accent;
  Color good;     // faster, within budget
  Color bad;      // slower, over budget
  Color warning;  // cannot be trusted, ambiguous
  Color selection;

  [[nodiscard]] Color of(Stage stage) const { return stages[static_cast<std::size_t>(stage)]; }
  [[nodiscard]] Color of_series(std::size_t index) const { return series[index % series.size()]; }
};

[[nodiscard]] Palette make_palette(Theme theme);

// Text on a filled area: black or white, whichever reads better.
[[nodiscard]] Color text_on(Color background);

// From low to high, for heat maps; `t` in 0..1, clamped. Even in luminance, so that it also reads
// in grey and for colour-blind readers.
[[nodiscard]] Color heat_color(const Palette& palette, double t);

// For (measured - predicted) / predicted: `bad` where the measurement is slower, `good` where it is
// faster, neutral at 0, full colour from a half on.
[[nodiscard]] Color residual_color(const Palette& palette, double relative);

}  // namespace dscope::view_data
