// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/trace_source.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dscope::collect {

struct CuptiSourceOptions {
  std::vector<std::string> libraries;  // files of libcupti, tried in order; empty: usual places
  bool hardware_trace = false;         // timestamps from the hardware event system (Blackwell)
  std::int64_t steps = 0;              // that will be recorded; 0: not known in advance
};

// Every kernel, copy and fill of the step from CUPTI, with the op of the decode step it belongs to:
// of replayed graphs by the ranges that were open when their nodes were captured, of direct
// launches by the ranges around the launch. Steps must be complete when they end.
//
// Make it before the first CUDA context: graphs of before are unknown to it, and their records are
// counted as unlabelled. Throws Error{kUnavailable} with the reason where CUPTI cannot be used, and
// always in a build without the CUDA Toolkit.
[[nodiscard]] std::unique_ptr<TraceSource> make_cupti_source(const CuptiSourceOptions& options);

// Where libcupti usually is: what the loader finds, then the folders of CUDA Toolkits.
[[nodiscard]] std::vector<std::string> usual_cupti_files();

}  // namespace dscope::collect
