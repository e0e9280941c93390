// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/launch_environment.h"

#include "workloads/base/error.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <system_error>

namespace dscope::inject {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCudaInjection = "CUDA_INJECTION64_PATH";
constexpr const char* kNvtxInjection = "NVTX_INJECTION64_PATH";

bool is_executable(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

// Folders in `folder` whose name begins with `prefix`, the last in order first.
std::vector<fs::path> folders(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(prefix)) found.push_back(entry->path());
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

}  // namespace

Environment launch_environment(const Settings& settings, const fs::path& library,
                               const std::function<const char*(const char*)>& get) {
  for (const char* name : {kCudaInjection, kNvtxInjection}) {
    const char* const value = get(name);
    if (value != nullptr && *value != 0 && library != value) {
      throw usage_error("{} names {} already: a process takes one such tool at a time", name,
                        value);
    }
  }
  Environment environment = to_environment(settings);
  environment.emplace_back(kCudaInjection, library.string());
  environment.emplace_back(kNvtxInjection, library.string());
  return environment;
}

fs::path find_command(const std::string& word, const std::string& path) {
  if (word.find('/') != std::string::npos) return is_executable(word) ? fs::path(word) : fs::path();
  std::istringstream folders_of_path(path);
  for (std::string folder; std::getline(folders_of_path, folder, ':');) {
    const fs::path file = fs::path(folder.empty() ? "." : folder) / word;
    if (is_executable(file)) return file;
  }
  return {};
}

fs::path find_cupti(const fs::path& command) {
  // Not resolved: bin/python of a virtual environment is a link that leads out of it.
  const fs::path root = command.parent_path().parent_path();
  for (const fs::path& python : folders(root / "lib", "python3")) {
    for (const fs::path& wheel : folders(python / "site-packages" / "nvidia", "cu")) {
      for (const char* name : {"libcupti.so.13", "libcupti.so.12"}) {
        const fs::path file = wheel / "lib" / name;
        std::error_code error;
        if (fs::exists(file, error)) return file;
      }
    }
  }
  return {};
}

}  // namespace dscope::inject
