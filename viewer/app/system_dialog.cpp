// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/system_dialog.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <sstream>

extern char** environ;

namespace dscope::viewer {

SystemDialog::~SystemDialog() {
  if (child_ > 0) {
    kill(child_, SIGTERM);
    waitpid(child_, nullptr, 0);
  }
  if (pipe_ >= 0) close(pipe_);
}

bool SystemDialog::start(bool save, const std::filesystem::path& suggested) {
  if (running()) return false;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<std::string> words{program_.string(), "--file-selection",
                                 "--filename=" + suggested.string()};
  if (save) {
    words.insert(words.end(), {"--save", "--confirm-overwrite"});
  } else {
    words.insert(words.end(), {"--multiple", "--separator=\n"});
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error =
      posix_spawn(&child_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    child_ = 0;
    return false;
  }
  pipe_ = ends[0];
  fcntl(pipe_, F_SETFL, O_NONBLOCK);
  output_.clear();
  return true;
}

std::optional<std::vector<std::filesystem::path>> SystemDialog::poll() {
  if (!running()) return std::nullopt;
  std::array<char, 4096> buffer;
  ssize_t got = 0;
  while ((got = ::read(pipe_, buffer.data(), buffer.size())) > 0) {
    output_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (got != 0) return std::nullopt;  // not yet closed
  waitpid(child_, nullptr, 0);
  close(pipe_);
  pipe_ = -1;
  child_ = 0;
  std::vector<std::filesystem::path> paths;
  std::istringstream lines(output_);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) paths.emplace_back(line);
  }
  return paths;
}

}  // namespace dscope::viewer
