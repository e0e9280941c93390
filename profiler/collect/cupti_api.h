// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/shared_library.h"

#include <cupti.h>
#include <cupti_profiler_host.h>
#include <cupti_profiler_target.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>

#include <cstdint>
#include <string>
#include <vector>

namespace dscope::collect {

// The functions of CUPTI that we use, found in a libcupti at run time. Nothing links to CUPTI, so
// programs start where it is missing, and a foreign process keeps the one it brought.
class CuptiApi {
 public:
  // Tries the files in order. Throws Error{kUnavailable} with the loader's reason, for a library
  // older than CUDA 12.4, and for one that lacks a function.
  explicit CuptiApi(const std::vector<std::string>& files);

  [[nodiscard]] std::uint32_t version() const { return version_; }  // as CUPTI_API_VERSION
  [[nodiscard]] std::string version_text() const;                   // "13.0.1 (libcupti.so.13)"

  // "no permission (CUPTI_ERROR_INSUFFICIENT_PRIVILEGES)": what an answer means to people.
  [[nodiscard]] std::string describe(CUptiResult result) const;
  // Throws Error{kUnavailable} unless the answer is success.
  void check(CUptiResult result, const char* what) const;

  // Attaches a handler of callbacks; CUPTI has one at a time in a process. Throws
  // Error{kUnavailable}, with the name of the other one where CUPTI knows it.
  [[nodiscard]] CUpti_SubscriberHandle subscribe(CUpti_CallbackFunc handler, void* data) const;

  // Whether it has every function that counters need.
  [[nodiscard]] bool has_range_profiler() const;

#define DSCOPE_CUPTI_FUNCTIONS(X)           \
  X(cuptiGetVersion)                        \
  X(cuptiSubscribe)                         \
  X(cuptiUnsubscribe)                       \
  X(cuptiEnableCallback)                    \
  X(cuptiGetCallbackName)                   \
  X(cuptiGetResultString)                   \
  X(cuptiGetGraphNodeId)                    \
  X(cuptiActivityEnable)                    \
  X(cuptiActivityDisable)                   \
  X(cuptiActivityFlushAll)                  \
  X(cuptiActivityFlushPeriod)               \
  X(cuptiActivityGetNextRecord)             \
  X(cuptiActivityGetNumDroppedRecords)      \
  X(cuptiActivityRegisterCallbacks)         \
  X(cuptiActivityRegisterTimestampCallback) \
  X(cuptiActivitySetAttribute)              \
  X(cuptiSetThreadIdType)
// Not in every release: null where missing.
#define DSCOPE_CUPTI_OPTIONAL_FUNCTIONS(X) \
  X(cuptiActivityEnableRuntimeApi)         \
  X(cuptiActivityEnableDriverApi)          \
  X(cuptiActivityEnableHWTrace)            \
  X(cuptiSubscribe_v2)
// Those of counters, likewise.
#define DSCOPE_CUPTI_COUNTER_FUNCTIONS(X)         \
  X(cuptiGetDeviceId)                             \
  X(cuptiEnableDomain)                            \
  X(cuptiDeviceGetChipName)                       \
  X(cuptiProfilerInitialize)                      \
  X(cuptiProfilerDeInitialize)                    \
  X(cuptiProfilerDeviceSupported)                 \
  X(cuptiProfilerGetCounterAvailability)          \
  X(cuptiProfilerHostInitialize)                  \
  X(cuptiProfilerHostDeinitialize)                \
  X(cuptiProfilerHostGetMetricProperties)         \
  X(cuptiProfilerHostConfigAddMetrics)            \
  X(cuptiProfilerHostGetConfigImageSize)          \
  X(cuptiProfilerHostGetConfigImage)              \
  X(cuptiProfilerHostGetNumOfPasses)              \
  X(cuptiProfilerHostEvaluateToGpuValues)         \
  X(cuptiRangeProfilerEnable)                     \
  X(cuptiRangeProfilerDisable)                    \
  X(cuptiRangeProfilerGetCounterDataSize)         \
  X(cuptiRangeProfilerCounterDataImageInitialize) \
  X(cuptiRangeProfilerSetConfig)                  \
  X(cuptiRangeProfilerStart)                      \
  X(cuptiRangeProfilerStop)                       \
  X(cuptiRangeProfilerDecodeData)                 \
  X(cuptiRangeProfilerGetCounterDataInfo)
// NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a member
#define DSCOPE_CUPTI_MEMBER(name) decltype(&::name) name = nullptr;
  DSCOPE_CUPTI_FUNCTIONS(DSCOPE_CUPTI_MEMBER)
  DSCOPE_CUPTI_OPTIONAL_FUNCTIONS(DSCOPE_CUPTI_MEMBER)
  DSCOPE_CUPTI_COUNTER_FUNCTIONS(DSCOPE_CUPTI_MEMBER)
#undef DSCOPE_CUPTI_MEMBER

 private:
  SharedLibrary library_;
  std::uint32_t version_ = 0;
};

}  // namespace dscope::collect
