// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/nvtx_tap.h"

#include "profiler/collect/range_stack.h"

#include <nvtx3/nvToolsExt.h>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cwchar>
#include <string>
#include <unordered_map>
#include <utility>

namespace dscope::inject {
namespace {

using collect::RangeStack;

std::int64_t now_ns() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_start).count();
}

std::string narrow(const wchar_t* text) {
  std::string out;
  for (; text != nullptr && *text != 0; ++text) {
    out += *text > 0 && *text < 0x80 ? static_cast<char>(*text) : '?';
  }
  return out;
}

// Strings that the target registered, by handle; handles are their addresses and stay.
struct Registered {
  std::string text;
};

std::string message_of(const nvtxEventAttributes_t* attributes) {
  if (attributes == nullptr) return {};
  switch (attributes->messageType) {
    case NVTX_MESSAGE_TYPE_ASCII:
      return attributes->message.ascii != nullptr ? attributes->message.ascii : "";
    case NVTX_MESSAGE_TYPE_UNICODE:
      return narrow(attributes->message.unicode);
    case NVTX_MESSAGE_TYPE_REGISTERED:
      // Made by register_a() or register_w() below, or null.
      return attributes->message.registered != nullptr
                 ? reinterpret_cast<const Registered*>(attributes->message.registered)->text
                 : "";
    default:
      return {};
  }
}

std::int32_t thread() {
  thread_local const auto id = static_cast<std::int32_t>(gettid());
  return id;
}

thread_local int depth = 0;  // of the default domain, which is what push and pop answer

int push(std::string name, const void* domain) {
  RangeStack::of_thread().push(
      {.name = std::move(name), .stage = std::nullopt, .domain = domain, .start_ns = now_ns()});
  return depth++;
}

int pop(const void* domain) {
  const std::int64_t end_ns = now_ns();
  if (auto range = RangeStack::of_thread().pop(domain)) {
    nvtx_log().add({std::move(range->name), range->start_ns, end_ns, thread()});
  }
  return depth > 0 ? --depth : -1;
}

// Ranges that start and end anywhere, by number.
class StartedRanges {
 public:
  nvtxRangeId_t start(std::string name) {
    const std::lock_guard lock(mutex_);
    if (open_.size() >= RangeLog::kCapacity) return 0;
    open_[++last_] = {std::move(name), now_ns(), 0, thread()};
    return last_;
  }
  void end(nvtxRangeId_t id) {
    ClosedRange range;
    {
      const std::lock_guard lock(mutex_);
      const auto found = open_.find(id);
      if (found == open_.end()) return;
      range = std::move(found->second);
      open_.erase(found);
    }
    range.end_ns = now_ns();
    nvtx_log().add(std::move(range));
  }

 private:
  std::mutex mutex_;
  std::unordered_map<nvtxRangeId_t, ClosedRange> open_;
  nvtxRangeId_t last_ = 0;
};

// Never destroyed: ranges may end while the process exits.
StartedRanges& started() {
  static auto* const ranges = new StartedRanges;
  return *ranges;
}

int push_a(const char* name) {
  return push(name != nullptr ? name : "", nullptr);
}
int push_w(const wchar_t* name) {
  return push(narrow(name), nullptr);
}
int push_ex(const nvtxEventAttributes_t* attributes) {
  return push(message_of(attributes), nullptr);
}
int pop_default() {
  return pop(nullptr);
}
nvtxRangeId_t start_a(const char* name) {
  return started().start(name != nullptr ? name : "");
}
nvtxRangeId_t start_w(const wchar_t* name) {
  return started().start(narrow(name));
}
nvtxRangeId_t start_ex(const nvtxEventAttributes_t* attributes) {
  return started().start(message_of(attributes));
}
void end_range(nvtxRangeId_t id) {
  started().end(id);
}

int domain_push(nvtxDomainHandle_t domain, const nvtxEventAttributes_t* attributes) {
  return push(message_of(attributes), domain);
}
int domain_pop(nvtxDomainHandle_t domain) {
  return pop(domain);
}
nvtxRangeId_t domain_start(nvtxDomainHandle_t, const nvtxEventAttributes_t* attributes) {
  return start_ex(attributes);
}
void domain_end(nvtxDomainHandle_t, nvtxRangeId_t id) {
  end_range(id);
}
// Handles of domains and strings live as long as the process: there are few.
nvtxDomainHandle_t create_domain(const char*) {
  return reinterpret_cast<nvtxDomainHandle_t>(new char);
}
nvtxDomainHandle_t create_domain_w(const wchar_t*) {
  return create_domain(nullptr);
}
nvtxStringHandle_t register_a(nvtxDomainHandle_t, const char* text) {
  return reinterpret_cast<nvtxStringHandle_t>(new Registered{text != nullptr ? text : ""});
}
nvtxStringHandle_t register_w(nvtxDomainHandle_t, const wchar_t* text) {
  return reinterpret_cast<nvtxStringHandle_t>(new Registered{narrow(text)});
}

struct Hook {
  unsigned id;
  NvtxFunctionPointer function;
};

template <class Function>
NvtxFunctionPointer pointer(Function* function) {
  return reinterpret_cast<NvtxFunctionPointer>(function);
}

bool install(const NvtxExportTableCallbacks& callbacks, NvtxCallbackModule module,
             std::initializer_list<Hook> hooks) {
  NvtxFunctionTable table = nullptr;
  unsigned size = 0;
  if (callbacks.GetModuleFunctionTable(module, &table, &size) == 0 || table == nullptr) {
    return false;
  }
  for (const Hook& hook : hooks) {
    if (hook.id < size && table[hook.id] != nullptr) *table[hook.id] = hook.function;
  }
  return true;
}

}  // namespace

RangeLog& nvtx_log() {
  static auto* const log = new RangeLog;
  return *log;
}

bool tap_nvtx(const void* (*get_export_table)(unsigned id)) {
  const auto* callbacks =
      static_cast<const NvtxExportTableCallbacks*>(get_export_table(NVTX_ETID_CALLBACKS));
  if (callbacks == nullptr || callbacks->struct_size < sizeof *callbacks) return false;
  const bool core = install(*callbacks, NVTX_CB_MODULE_CORE,
                            {{NVTX_CBID_CORE_RangePushA, pointer(&push_a)},
                             {NVTX_CBID_CORE_RangePushW, pointer(&push_w)},
                             {NVTX_CBID_CORE_RangePushEx, pointer(&push_ex)},
                             {NVTX_CBID_CORE_RangePop, pointer(&pop_default)},
                             {NVTX_CBID_CORE_RangeStartA, pointer(&start_a)},
                             {NVTX_CBID_CORE_RangeStartW, pointer(&start_w)},
                             {NVTX_CBID_CORE_RangeStartEx, pointer(&start_ex)},
                             {NVTX_CBID_CORE_RangeEnd, pointer(&end_range)}});
  (void)install(*callbacks, NVTX_CB_MODULE_CORE2,
                {{NVTX_CBID_CORE2_DomainRangePushEx, pointer(&domain_push)},
                 {NVTX_CBID_CORE2_DomainRangePop, pointer(&domain_pop)},
                 {NVTX_CBID_CORE2_DomainRangeStartEx, pointer(&domain_start)},
                 {NVTX_CBID_CORE2_DomainRangeEnd, pointer(&domain_end)},
                 {NVTX_CBID_CORE2_DomainCreateA, pointer(&create_domain)},
                 {NVTX_CBID_CORE2_DomainCreateW, pointer(&create_domain_w)},
                 {NVTX_CBID_CORE2_DomainRegisterStringA, pointer(&register_a)},
                 {NVTX_CBID_CORE2_DomainRegisterStringW, pointer(&register_w)}});
  return core;
}

}  // namespace dscope::inject
