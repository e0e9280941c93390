// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dscope::test {

struct NamedFile {
  std::string name;
  std::filesystem::path path;
  bool good = true;  // false: reading it has to fail with a message
};

// Everything that a person may open, written into `folder` where it is not in the repository:
// measured, predicted and calibrated documents, traces, an empty document, one with thousands of
// steps and kernels, one with extreme values and hostile texts; and files that are cut off, of the
// wrong kind, or noise.
[[nodiscard]] std::vector<NamedFile> all_files(const std::filesystem::path& folder);

// Only the measured one and a prediction for it.
[[nodiscard]] std::filesystem::path write_measured(const std::filesystem::path& folder);
[[nodiscard]] std::filesystem::path write_predicted(const std::filesystem::path& folder);

}  // namespace dscope::test
