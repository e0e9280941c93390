// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/palette.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dscope::test {

// A PNG, looked at by structure: what is where, not which pixel has which value.
class Screenshot {
 public:
  explicit Screenshot(const std::string& path);  // empty when it cannot be read

  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  // Pixels of exactly this colour.
  [[nodiscard]] std::size_t count(view_data::Color color) const;
  // Different colours: a picture with content has many.
  [[nodiscard]] std::size_t colors() const;
  // Whether the outermost `pixels` on every side hold only what is there without any text: few
  // colours. Text that reaches the edge is cut off.
  [[nodiscard]] std::size_t colors_on_the_edge(int pixels) const;

 private:
  [[nodiscard]] std::uint32_t at(int x, int y) const;
  int width_ = 0;
  int height_ = 0;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace dscope::test
