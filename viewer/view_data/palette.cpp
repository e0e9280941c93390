// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/palette.h"

#include "profiler/export/stage_colors.h"

#include <algorithm>
#include <cmath>

namespace dscope::view_data {
namespace {

constexpr Color hex(std::string_view text) {
  return color_from_hex(text);
}

std::uint8_t blend(std::uint8_t a, std::uint8_t b, double t) {
  return static_cast<std::uint8_t>(std::lround(a + (static_cast<double>(b) - a) * t));
}

double linear(std::uint8_t channel) {
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

// Distinguishable with protanopia, deuteranopia and tritanopia: hues of the qualitative schemes of
// Paul Tol ("muted", "vibrant", technical note SRON/EPS/TN/09-002) and Okabe and Ito, neighbours in
// a step differing in lightness, too.
constexpr std::array<std::string_view, kStageCount> kColourBlindStages{
    "#332288",  // MoE
    "#ee7733",  // NCCL
    "#44aa99",  // FlashMLA
    "#aa4499",  // Indexer
    "#88ccee",  // Compressor
    "#ddcc77",  // Projections
    "#0077bb",  // Router
    "#882255",  // Hyper-connections
    "#117733",  // Norm, RoPE, cache
    "#667788",  // LM head
    "#999933",  // Embedding
    "#bbbbbb",  // Other
    "#cc3311",  // Unattributed
    "#e4e7ec",  // GPU idle
};

void set_light(Palette& p) {
  p.background = hex("#f3f4f6");
  p.surface = hex("#ffffff");
  p.raised = hex("#e9ebef");
  p.border = hex("#d3d7de");
  p.grid = hex("#e7e9ed");
  p.text = hex("#1b1f27");
  p.muted = hex("#5c6573");
  p.accent = hex("#2f6fde");
  p.good = hex("#1c7f52");
  p.bad = hex("#c0343b");
  p.warning = hex("#9a6700");
  p.selection = hex("#dbe7fb");
  for (std::size_t i = 0; i < kStageCount; ++i) p.stages[i] = hex(exporter::kStageColors[i].hex);
  p.series = {hex("#5a6b7f"), hex("#2f6fde"), hex("#e07b39"), hex("#2a9d6f"),
              hex("#8d6bd1"), hex("#b5569b"), hex("#a63d40"), hex("#9c7a5b")};
}

void set_dark(Palette& p) {
  p.dark = true;
  p.background = hex("#14171c");
  p.surface = hex("#1b1f26");
  p.raised = hex("#272d36");
  p.border = hex("#363d48");
  p.grid = hex("#2a303a");
  p.text = hex("#e4e7ec");
  p.muted = hex("#98a2b1");
  p.accent = hex("#5b93f2");
  p.good = hex("#4fbf8b");
  p.bad = hex("#f0686e");
  p.warning = hex("#e0ab3f");
  p.selection = hex("#2b3d5e");
  // The colours of the light palette are made for white: a little lighter they stand on black.
  for (std::size_t i = 0; i < kStageCount; ++i) {
    p.stages[i] = mix(hex(exporter::kStageColors[i].hex), hex("#ffffff"), 0.12);
  }
  p.stages[static_cast<std::size_t>(Stage::kGap)] = hex("#39414d");
  p.series = {hex("#9aa7b8"), hex("#5b93f2"), hex("#ee9557"), hex("#4fbf8b"),
              hex("#a98be6"), hex("#d07fba"), hex("#d5696c"), hex("#bf9c7b")};
}

void set_colour_blind(Palette& p) {
  set_light(p);
  p.accent = hex("#0077bb");
  p.good = hex("#0077bb");  // blue against orange: red against green is what fails
  p.bad = hex("#c2500a");
  p.warning = hex("#7a5c00");
  for (std::size_t i = 0; i < kStageCount; ++i) p.stages[i] = hex(kColourBlindStages[i]);
  p.series = {hex("#667788"), hex("#0077bb"), hex("#ee7733"), hex("#44aa99"),
              hex("#aa4499"), hex("#ddcc77"), hex("#332288"), hex("#882255")};
}

}  // namespace

Color mix(Color a, Color b, double t) {
  t = std::isfinite(t) ? std::clamp(t, 0.0, 1.0) : 0;
  return {blend(a.r, b.r, t), blend(a.g, b.g, t), blend(a.b, b.b, t), blend(a.a, b.a, t)};
}

Color with_alpha(Color color, double alpha) {
  color.a = static_cast<std::uint8_t>(std::lround(std::clamp(alpha, 0.0, 1.0) * 255));
  return color;
}

double luminance(Color color) {
  return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b);
}

double contrast(Color a, Color b) {
  const double high = std::max(luminance(a), luminance(b));
  const double low = std::min(luminance(a), luminance(b));
  return (high + 0.05) / (low + 0.05);
}

std::optional<Theme> theme_from_id(std::string_view id) {
  for (std::size_t i = 0; i < kThemeIds.size(); ++i) {
    if (kThemeIds[i] == id) return static_cast<Theme>(i);
  }
  return std::nullopt;
}

Palette make_palette(Theme theme) {
  Palette palette;
  palette.theme = theme;
  switch (theme) {
    case Theme::kLight:
      set_light(palette);
      break;
    case Theme::kDark:
      set_dark(palette);
      break;
    case Theme::kColourBlind:
      set_colour_blind(palette);
      break;
  }
  return palette;
}

Color text_on(Color background) {
  const Color white{255, 255, 255, 255};
  const Color black{16, 19, 24, 255};
  // White is preferred until it becomes hard to read: text changes colour less often.
  return contrast(white, background) >= 3.0 ? white : black;
}

Color heat_color(const Palette& palette, double t) {
  const Color low = palette.dark ? hex("#222a36") : hex("#eef3fb");
  const Color middle = palette.dark ? hex("#2f6f9e") : hex("#79b0d8");
  const Color high = palette.dark ? hex("#f2d06b") : hex("#123a6b");
  t = std::isfinite(t) ? std::clamp(t, 0.0, 1.0) : 0;
  return t < 0.5 ? mix(low, middle, t * 2) : mix(middle, high, t * 2 - 1);
}

Color residual_color(const Palette& palette, double relative) {
  if (!std::isfinite(relative)) return palette.muted;
  const Color end = relative > 0 ? palette.bad : palette.good;
  return mix(palette.raised, end, std::min(1.0, std::abs(relative) * 2));
}

}  // namespace dscope::view_data
