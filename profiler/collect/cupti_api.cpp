// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/cupti_api.h"

#include "workloads/base/error.h"

#include <fmt/format.h>

#include <type_traits>

namespace dscope::collect {
namespace {

// CUPTI_API_VERSION of CUDA 12.4, the first whose kernel records have the layout of today.
constexpr std::uint32_t kOldestVersion = 22;

}  // namespace

CuptiApi::CuptiApi(const std::vector<std::string>& files) : library_(files) {
  if (!library_.loaded()) {
    throw unavailable_error(
        "CUPTI cannot be loaded: {} (it comes with the CUDA Toolkit and with PyTorch's "
        "nvidia-cuda-cupti wheel; --cupti FILE names one)",
        library_.detail());
  }
#define DSCOPE_CUPTI_LOAD(name) \
  name = library_.function<std::remove_pointer_t<decltype(name)>>(#name);
  DSCOPE_CUPTI_FUNCTIONS(DSCOPE_CUPTI_LOAD)
  DSCOPE_CUPTI_OPTIONAL_FUNCTIONS(DSCOPE_CUPTI_LOAD)
  DSCOPE_CUPTI_COUNTER_FUNCTIONS(DSCOPE_CUPTI_LOAD)
#undef DSCOPE_CUPTI_LOAD
  if (cuptiGetVersion != nullptr) (void)cuptiGetVersion(&version_);
  if (version_ < kOldestVersion) {
    throw unavailable_error("{} is too old: API version {}, needed is {} (CUDA 12.4)",
                            library_.detail(), version_, kOldestVersion);
  }
#define DSCOPE_CUPTI_REQUIRE(name) \
  if ((name) == nullptr) throw unavailable_error("{} has no {}", library_.detail(), #name);
  DSCOPE_CUPTI_FUNCTIONS(DSCOPE_CUPTI_REQUIRE)
#undef DSCOPE_CUPTI_REQUIRE
}

// 130001 is CUDA 13.0 update 1; before CUDA 13 the versions were counted.
std::string CuptiApi::version_text() const {
  const std::string number = version_ >= 100000 ? fmt::format("{}.{}.{}", version_ / 10000,
                                                              version_ / 100 % 100, version_ % 100)
                                                : fmt::format("API {}", version_);
  return fmt::format("{} ({})", number, library_.detail());
}

std::string CuptiApi::describe(CUptiResult result) const {
  const char* name = nullptr;
  if (cuptiGetResultString(result, &name) != CUPTI_SUCCESS || name == nullptr) name = "unknown";
  const char* meaning = "";
  switch (result) {
    case CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED:
      meaning =
          "another profiler is attached to this process (Nsight, PyTorch's profiler, a "
          "debugger or a sanitizer); only one can be";
      break;
    case CUPTI_ERROR_INSUFFICIENT_PRIVILEGES:
    case CUPTI_ERROR_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES:
      meaning =
          "no permission: the driver keeps profiling for administrators "
          "(ERR_NVGPUCTRPERM; run as root, or load the nvidia module with "
          "NVreg_RestrictProfilingToAdminUsers=0)";
      break;
    case CUPTI_ERROR_VIRTUALIZED_DEVICE_NOT_SUPPORTED:
      meaning = "this virtual GPU does not allow profiling";
      break;
    case CUPTI_ERROR_MIG_DEVICE_NOT_SUPPORTED:
      meaning = "a GPU that is divided (MIG) does not allow this; use an undivided one";
      break;
    case CUPTI_ERROR_NOT_SUPPORTED:
      meaning = "not supported by this driver and GPU";
      break;
    case CUPTI_ERROR_NOT_COMPATIBLE:
      meaning = "this CUPTI does not fit the driver";
      break;
    default:
      break;
  }
  return *meaning != 0 ? fmt::format("{} ({})", meaning, name) : std::string(name);
}

void CuptiApi::check(CUptiResult result, const char* what) const {
  if (result != CUPTI_SUCCESS) throw unavailable_error("CUPTI, {}: {}", what, describe(result));
}

CUpti_SubscriberHandle CuptiApi::subscribe(CUpti_CallbackFunc handler, void* data) const {
  CUpti_SubscriberHandle subscriber = nullptr;
  CUptiResult result = CUPTI_SUCCESS;
  char other[CUPTI_OLD_SUBSCRIBER_NAME_MIN_LEN + 1] = {};
  if (cuptiSubscribe_v2 != nullptr) {
    CUpti_SubscriberParams params{};
    params.structSize = CUpti_SubscriberParams_STRUCT_SIZE;
    params.subscriberName = "dscope";
    params.oldSubscriberName = other;
    params.oldSubscriberSize = CUPTI_OLD_SUBSCRIBER_NAME_MIN_LEN;
    result = cuptiSubscribe_v2(&subscriber, handler, data, &params);
  } else {
    result = cuptiSubscribe(&subscriber, handler, data);
  }
  if (result != CUPTI_SUCCESS && other[0] != 0) {
    throw unavailable_error("CUPTI, attaching: {}: {}", describe(result), other);
  }
  check(result, "attaching");
  return subscriber;
}

bool CuptiApi::has_range_profiler() const {
  bool all = true;
#define DSCOPE_CUPTI_HAS(name) all = all && (name) != nullptr;
  DSCOPE_CUPTI_COUNTER_FUNCTIONS(DSCOPE_CUPTI_HAS)
#undef DSCOPE_CUPTI_HAS
  return all;
}

}  // namespace dscope::collect
