// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace dscope::model {

// A data file compiled into the binary (embed_files.cmake): an installed dscope needs no data
// folder.
struct EmbeddedFile {
  std::string_view name;  // file name without folder and extension
  std::string_view text;
};

}  // namespace dscope::model
