// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/relaunch.h"

#include "workloads/base/error.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dscope::cli {

void relaunch_with_mpirun(const std::vector<std::string>& command_line, int ranks) {
  std::vector<std::string> words{"mpirun", "-np", std::to_string(ranks), "--bind-to", "none"};
  // Open MPI refuses root unless told; whoever runs this program as root has decided already.
  if (geteuid() == 0) words.emplace_back("--allow-run-as-root");
  words.insert(words.end(), command_line.begin(), command_line.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  throw unavailable_error(
      "--gpus {} starts its ranks with mpirun, which cannot be run: {} (Debian: "
      "openmpi-bin)",
      ranks, std::strerror(errno));
}

}  // namespace dscope::cli
