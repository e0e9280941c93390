// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope::viewer {

// The desktop's own file dialog through `zenity`, run beside the application: poll() each frame.
class SystemDialog {
 public:
  // `program`: the full path of zenity.
  explicit SystemDialog(std::filesystem::path program) : program_(std::move(program)) {}
  ~SystemDialog();
  SystemDialog(const SystemDialog&) = delete;
  SystemDialog& operator=(const SystemDialog&) = delete;

  // False when it could not be started or one is already up.
  [[nodiscard]] bool start(bool save, const std::filesystem::path& suggested);
  [[nodiscard]] bool running() const { return child_ > 0; }
  // Once it has been closed: what was chosen, empty when it was cancelled. nullopt: still up.
  [[nodiscard]] std::optional<std::vector<std::filesystem::path>> poll();

 private:
  std::filesystem::path program_;
  pid_t child_ = 0;
  int pipe_ = -1;
  std::string output_;
};

}  // namespace dscope::viewer
