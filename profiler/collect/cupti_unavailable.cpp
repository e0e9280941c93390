// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// In builds without the CUDA Toolkit, which brings cupti.h.
#include "profiler/collect/cupti_counters.h"
#include "profiler/collect/cupti_source.h"
#include "workloads/base/error.h"

namespace dscope::collect {
namespace {

[[noreturn]] void refuse() {
  throw unavailable_error("this build has no CUPTI: it was made without the CUDA Toolkit");
}

}  // namespace

std::vector<std::string> usual_cupti_files() {
  return {"libcupti.so.13", "libcupti.so.12"};
}

std::unique_ptr<TraceSource> make_cupti_source(const CuptiSourceOptions& /*options*/) {
  refuse();
}

CounterPlan plan_counters(const std::string& /*chip*/, const CounterOptions& /*options*/) {
  refuse();
}

std::unique_ptr<CounterSource> make_counter_source(const CounterOptions& /*options*/) {
  refuse();
}

}  // namespace dscope::collect
