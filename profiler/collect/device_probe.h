// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <string>
#include <vector>

namespace dscope::collect {

// Describes this machine: host CPU always, NVIDIA GPUs when libcuda.so.1 and libnvidia-ml.so.1 are
// there (opened at run time; no CUDA needed to build). Never throws for what is missing: each field
// that could not be determined is absent, with the reason in Device::missing.
// `threads_used` is what the CPU back end will use.
[[nodiscard]] profile::Device probe_device(int threads_used);

struct LibraryStatus {
  std::string name;  // "libcupti"
  std::string use;   // what the project does with it
  bool found = false;
  std::string detail;  // the file that was found, or why none was
};

// Which optional libraries can be loaded: libcuda, libnvidia-ml, libcupti, libnccl, libmpi.
[[nodiscard]] std::vector<LibraryStatus> probe_libraries();

}  // namespace dscope::collect
