// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/shared_library.h"

#include <cupti.h>

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
#define DSCOPE_CUPTI_MEMBER(name) decltype(&::name) name = nullptr;
  DSCOPE_CUPTI_FUNCTIONS(DSCOPE_CUPTI_MEMBER)
  DSCOPE_CUPTI_OPTIONAL_FUNCTIONS(DSCOPE_CUPTI_MEMBER)
#undef DSCOPE_CUPTI_MEMBER

 private:
  SharedLibrary library_;
  std::uint32_t version_ = 0;
};

}  // namespace dscope::collect
