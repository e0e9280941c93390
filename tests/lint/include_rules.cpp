// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/lint/file_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace dscope::lint {
namespace {

struct Layer {
  std::string files;                 // pattern
  std::vector<std::string> allowed;  // patterns of quoted includes, beside the file's own folder
};

// The first line that matches a file decides.
const std::vector<Layer>& layers() {
  static const std::vector<Layer> kLayers = {
      {"workloads/*", {"workloads/*"}},
      // Where ops are joined. All other folders of kernels/ see only the shared ones.
      {"kernels/decode_step/*", {"workloads/*", "kernels/*"}},
      {"kernels/*",
       {"workloads/*", "kernels/common/*", "kernels/comm/*", "kernels/cuda/*", "kernels/device/*"}},
      {"profiler/profile/*", {"workloads/*"}},
      {"profiler/attribute/*",
       {"workloads/*", "profiler/profile/*", "profiler/collect/activity.h"}},
      {"profiler/import/*",
       {"workloads/*", "profiler/profile/*", "profiler/attribute/*",
        "profiler/collect/activity.h"}},
      {"profiler/export/*",
       {"workloads/*", "profiler/profile/*", "profiler/attribute/*",
        "profiler/collect/activity.h"}},
      // Receives a callable: never kernels.
      {"profiler/collect/*", {"workloads/*", "profiler/profile/*", "profiler/attribute/*"}},
      {"profiler/inject/*",
       {"workloads/*", "profiler/profile/*", "profiler/attribute/*", "profiler/collect/*",
        "profiler/import/activity_file.h", "profiler/export/*"}},
      {"profiler/cli/*",
       {"workloads/*", "kernels/*", "profiler/*", "model/*", "dscope_build_info.h"}},
      // Predicts the launch that the library would really choose.
      {"model/*",
       {"model/*", "workloads/*", "profiler/profile/*", "kernels/*/*_config.h",
        "kernels/common/device_limits.h"}},
      // Everything that is drawn is computed here, by the code that the command line uses.
      {"viewer/view_data/*",
       {"viewer/view_data/*", "workloads/*", "profiler/profile/*", "profiler/attribute/*",
        "profiler/import/*", "profiler/export/*", "profiler/collect/activity.h", "model/*"}},
      // Drawing, and the application around it.
      {"viewer/*", {"viewer/*", "workloads/stage.h", "workloads/base/*"}},
      // Tests of the command line run the program.
      {"tests/*",
       {"tests/*", "workloads/*", "kernels/*", "profiler/[!c]*", "profiler/collect/*", "model/*",
        "viewer/*"}},
  };
  return kLayers;
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, path); });
}

bool is_allowed(const std::string& path, const std::string& include) {
  if (!folder_of(path).empty() && folder_of(path) == folder_of(include)) return true;
  const auto layer = std::find_if(layers().begin(), layers().end(),
                                  [&](const Layer& l) { return matches(l.files, path); });
  return layer != layers().end() && any_matches(layer->allowed, include);
}

bool may_see_cuda(const std::string& path) {
  return is_cuda(path) ||
         any_matches({"kernels/comm/nccl*", "profiler/collect/cupti*", "profiler/inject/*"}, path);
}

}  // namespace

Findings check_includes(const SourceFile& file) {
  if (!is_cpp(file.path)) return {};
  static const std::regex kInclude(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  static const std::regex kCuda(R"(^(cuda.*|cupti.*|nccl.*|nvml.*|cooperative_groups.*|mma\.h)$)");
  Findings findings;
  for (const std::string& line : lines_of(file.text)) {
    std::smatch match;
    if (!std::regex_search(line, match, kInclude)) continue;
    const std::string include = match[2];
    const bool ours = match[1] == "\"";
    if (ours && !is_allowed(file.path, include)) {
      findings.push_back(fmt::format("{}: may not include \"{}\"", file.path, include));
    }
    if (include.ends_with(".cuh") && !is_cuda(file.path)) {
      findings.push_back(fmt::format("{}: only CUDA files include \"{}\"", file.path, include));
    }
    if (!ours && std::regex_match(include, kCuda) && !may_see_cuda(file.path)) {
      findings.push_back(fmt::format("{}: must compile without <{}>", file.path, include));
    }
  }
  return findings;
}

}  // namespace dscope::lint
