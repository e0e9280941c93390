// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/png.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <stb_image_write.h>

#include <algorithm>
#include <string>

namespace dscope::viewer {

void write_png(const Picture& picture, const std::filesystem::path& path) {
  std::string bytes;
  const auto append = [](void* context, void* data, int size) {
    static_cast<std::string*>(context)->append(static_cast<const char*>(data),
                                               static_cast<std::size_t>(size));
  };
  const int done = stbi_write_png_to_func(append, &bytes, picture.width, picture.height, 3,
                                          picture.pixels.data(), picture.width * 3);
  if (done == 0) throw input_error("{}: the picture could not be encoded", path.string());
  write_text_file(path, bytes);
}

Picture crop(const Picture& picture, int x, int y, int width, int height) {
  const int left = std::clamp(x, 0, picture.width);
  const int top = std::clamp(y, 0, picture.height);
  const int right = std::clamp(x + width, left, picture.width);
  const int bottom = std::clamp(y + height, top, picture.height);
  Picture part{right - left, bottom - top, {}};
  part.pixels.reserve(static_cast<std::size_t>(part.width) * static_cast<std::size_t>(part.height) *
                      3);
  for (int row = top; row < bottom; ++row) {
    const auto* from =
        picture.pixels.data() + (static_cast<std::ptrdiff_t>(row) * picture.width + left) * 3;
    part.pixels.insert(part.pixels.end(), from, from + static_cast<std::ptrdiff_t>(part.width) * 3);
  }
  return part;
}

}  // namespace dscope::viewer
