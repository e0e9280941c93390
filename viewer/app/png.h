// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace dscope::viewer {

// 8-bit RGB from the upper left corner, row by row.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // [height * width * 3]
};

// Throws Error{kInput} with the path when it cannot be written.
void write_png(const Picture& picture, const std::filesystem::path& path);

// The part inside [x, x + width) x [y, y + height), cut to the picture.
[[nodiscard]] Picture crop(const Picture& picture, int x, int y, int width, int height);

}  // namespace dscope::viewer
