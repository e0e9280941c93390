// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/viewer/support/screenshot.h"

#include <stb_image.h>

#include <set>

namespace dscope::test {

Screenshot::Screenshot(const std::string& path) {
  int channels = 0;
  unsigned char* data = stbi_load(path.c_str(), &width_, &height_, &channels, 3);
  if (data == nullptr) return;
  pixels_.assign(data,
                 data + static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * 3);
  stbi_image_free(data);
}

std::uint32_t Screenshot::at(int x, int y) const {
  const std::size_t i = (static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                         static_cast<std::size_t>(x)) *
                        3;
  return (std::uint32_t{pixels_[i]} << 16) | (std::uint32_t{pixels_[i + 1]} << 8) | pixels_[i + 2];
}

std::size_t Screenshot::count(view_data::Color color) const {
  const std::uint32_t wanted =
      (std::uint32_t{color.r} << 16) | (std::uint32_t{color.g} << 8) | color.b;
  std::size_t found = 0;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) found += at(x, y) == wanted ? 1 : 0;
  }
  return found;
}

std::size_t Screenshot::colors() const {
  std::set<std::uint32_t> seen;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) seen.insert(at(x, y));
  }
  return seen.size();
}

std::size_t Screenshot::colors_on_the_edge(int pixels) const {
  std::set<std::uint32_t> seen;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const bool edge = x < pixels || y < pixels || x >= width_ - pixels || y >= height_ - pixels;
      if (edge) seen.insert(at(x, y));
    }
  }
  return seen.size();
}

}  // namespace dscope::test
