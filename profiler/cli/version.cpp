// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/version.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "dscope_build_info.h"  // made by profiler/cli/build_info.cmake at every build

namespace dscope::cli {
namespace {

constexpr const char* kCompiler =
#if defined(__clang__)
    "clang " __clang_version__;
#else
    "gcc " __VERSION__;
#endif

}  // namespace

std::string version_text() {
  return fmt::format("dscope {} (git {}{}), {}, CUDA {}", DSCOPE_VERSION, DSCOPE_GIT_SHA,
                     DSCOPE_GIT_DIRTY ? ", dirty" : "", kCompiler,
                     *DSCOPE_CUDA_VERSION != '\0' ? DSCOPE_CUDA_VERSION : "none");
}

profile::Provenance make_provenance(const std::vector<std::string>& command_line) {
  profile::Provenance provenance;
  provenance.tool_version = DSCOPE_VERSION;
  provenance.git_sha = DSCOPE_GIT_SHA;
  provenance.git_dirty = DSCOPE_GIT_DIRTY;
  provenance.compiler = kCompiler;
  if (*DSCOPE_CUDA_VERSION != '\0') provenance.cuda_version = DSCOPE_CUDA_VERSION;
  provenance.command_line = command_line;
  provenance.created_utc = fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)));
  return provenance;
}

}  // namespace dscope::cli
