// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/cupti_collector.h"

#include "profiler/collect/cupti_records.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <chrono>

namespace dscope::collect {
namespace {

// CUPTI's buffer callbacks carry no user data.
std::atomic<CuptiCollector*> current{nullptr};
std::atomic<BufferPool*> current_pool{nullptr};

// Records are stamped by the clock that our own steps and ranges use. (CUPTI's own choice,
// CLOCK_REALTIME, jumps when somebody sets it.)
std::uint64_t timestamp() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_start).count());
}

constexpr CUpti_CallbackIdResource kGraphCallbacks[] = {
    CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED,
    CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED,
    CUPTI_CBID_RESOURCE_GRAPHNODE_DESTROY_STARTING,
};

// Calls that frameworks make all the time and that explain nothing: left out where CUPTI can. (To
// enable single calls instead answers success in CUPTI 13.0 and records none.)
constexpr CUpti_CallbackId kIdleRuntimeCalls[] = {
    CUPTI_RUNTIME_TRACE_CBID_cudaGetDevice_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaSetDevice_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaGetLastError_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaPeekAtLastError_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaEventQuery_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaEventRecord_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaStreamWaitEvent_v3020,
    CUPTI_RUNTIME_TRACE_CBID_cudaStreamIsCapturing_v10000,
    CUPTI_RUNTIME_TRACE_CBID_cudaFuncSetAttribute_v9000,
    CUPTI_RUNTIME_TRACE_CBID_cudaDeviceGetAttribute_v5000,
};
constexpr CUpti_CallbackId kIdleDriverCalls[] = {
    CUPTI_DRIVER_TRACE_CBID_cuCtxGetCurrent,      CUPTI_DRIVER_TRACE_CBID_cuCtxSetCurrent,
    CUPTI_DRIVER_TRACE_CBID_cuCtxGetDevice,       CUPTI_DRIVER_TRACE_CBID_cuEventQuery,
    CUPTI_DRIVER_TRACE_CBID_cuEventRecord,        CUPTI_DRIVER_TRACE_CBID_cuStreamIsCapturing,
    CUPTI_DRIVER_TRACE_CBID_cuStreamWaitEvent,    CUPTI_DRIVER_TRACE_CBID_cuFuncSetAttribute,
    CUPTI_DRIVER_TRACE_CBID_cuFuncGetAttribute,   CUPTI_DRIVER_TRACE_CBID_cuPointerGetAttribute,
    CUPTI_DRIVER_TRACE_CBID_cuDeviceGetAttribute,
};

}  // namespace

CuptiCollector::CuptiCollector(const CuptiCollectorOptions& options)
    : api_(options.libraries),
      pool_(options.buffer_bytes, options.buffers_ready, options.buffers_limit) {
  CuptiCollector* none = nullptr;
  if (!current.compare_exchange_strong(none, this)) {
    throw unavailable_error("CUPTI serves one collector of a process, and there is one already");
  }
  current_pool = &pool_;
  try {
    subscribe();
    if (options.hardware_trace) {
      if (api_.cuptiActivityEnableHWTrace == nullptr) {
        throw unavailable_error("the hardware event system needs CUPTI 12.8 or newer, this is {}",
                                version());
      }
      if (const CUptiResult result = api_.cuptiActivityEnableHWTrace(1); result != CUPTI_SUCCESS) {
        throw unavailable_error(
            "the hardware event system (--hes) answers: {}. It is a feature of Blackwell GPUs; "
            "without --hes CUPTI times kernels by its own instrumentation",
            api_.describe(result));
      }
    }
    set_attributes();
    if (options.flush_period_ms > 0) {
      (void)api_.cuptiActivityFlushPeriod(options.flush_period_ms);
    }
  } catch (...) {
    if (subscriber_ != nullptr) (void)api_.cuptiUnsubscribe(subscriber_);
    current_pool = nullptr;
    current = nullptr;
    throw;
  }
}

CuptiCollector::~CuptiCollector() {
  set_enabled(false);
  flush(/*forced=*/true);
  (void)api_.cuptiUnsubscribe(subscriber_);
  current_pool = nullptr;
  current = nullptr;
}

void CuptiCollector::subscribe() {
  subscriber_ = api_.subscribe(&on_callback, this);
  for (const CUpti_CallbackIdResource id : kGraphCallbacks) {
    api_.check(api_.cuptiEnableCallback(1, subscriber_, CUPTI_CB_DOMAIN_RESOURCE, id),
               "watching graph nodes");
  }
}

void CuptiCollector::set_attributes() {
  // We zero buffers when nothing waits for them; CUPTI would do it inside a launch.
  std::uint8_t zeroed = 1;
  std::size_t size = sizeof zeroed;
  (void)api_.cuptiActivitySetAttribute(CUPTI_ACTIVITY_ATTR_ZEROED_OUT_ACTIVITY_BUFFER, &size,
                                       &zeroed);
  (void)api_.cuptiSetThreadIdType(CUPTI_ACTIVITY_THREAD_ID_TYPE_SYSTEM);
  api_.check(api_.cuptiActivityRegisterTimestampCallback(&timestamp), "setting the clock");
  api_.check(api_.cuptiActivityRegisterCallbacks(&on_buffer_requested, &on_buffer_completed),
             "registering buffers");
}

void CuptiCollector::enable(CUpti_ActivityKind kind, bool on) {
  const auto found = std::find(enabled_.begin(), enabled_.end(), kind);
  if (on == (found != enabled_.end())) return;
  if (on) {
    api_.check(api_.cuptiActivityEnable(kind), "enabling records");
    enabled_.push_back(kind);
  } else {
    (void)api_.cuptiActivityDisable(kind);
    enabled_.erase(found);
  }
}

void CuptiCollector::enable_calls(bool on) {
  enable(CUPTI_ACTIVITY_KIND_RUNTIME, on);
  enable(CUPTI_ACTIVITY_KIND_DRIVER, on);
  if (!on) return;
  if (api_.cuptiActivityEnableRuntimeApi != nullptr) {
    for (const CUpti_CallbackId id : kIdleRuntimeCalls) {
      (void)api_.cuptiActivityEnableRuntimeApi(id, 0);
    }
  }
  if (api_.cuptiActivityEnableDriverApi != nullptr) {
    for (const CUpti_CallbackId id : kIdleDriverCalls) {
      (void)api_.cuptiActivityEnableDriverApi(id, 0);
    }
  }
}

// Never GRAPH_TRACE: CUPTI 13.0 crashes in cuGraphLaunch when it is to record graphs as a whole
// whose nodes it knows.
void CuptiCollector::set_enabled(bool enabled) {
  enable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, enabled);
  enable(CUPTI_ACTIVITY_KIND_MEMCPY, enabled);
  enable(CUPTI_ACTIVITY_KIND_MEMSET, enabled);
  enable(CUPTI_ACTIVITY_KIND_OVERHEAD, enabled);
  enable(CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, enabled);
  enable_calls(enabled);
}

void CuptiCollector::flush(bool forced) {
  (void)api_.cuptiActivityFlushAll(forced ? CUPTI_ACTIVITY_FLAG_FLUSH_FORCED : 0);
  std::size_t dropped = 0;
  if (api_.cuptiActivityGetNumDroppedRecords(nullptr, 0, &dropped) == CUPTI_SUCCESS) {
    dropped_ += static_cast<std::int64_t>(dropped);
  }
}

void CuptiCollector::read(const std::function<void(const RawRecord&)>& take) {
  pool_.drain([&](std::uint8_t* buffer, std::size_t valid) {
    CUpti_Activity* record = nullptr;
    while (valid > 0 && api_.cuptiActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) {
      if (const auto raw = read_record(api_, *record)) take(*raw);
    }
  });
}

void CuptiCollector::on_resource(CUpti_CallbackIdResource what, const CUpti_GraphData& graph) {
  std::uint64_t node = 0;
  if (graph.node == nullptr || api_.cuptiGetGraphNodeId(graph.node, &node) != CUPTI_SUCCESS) {
    return;
  }
  const RangeStack& open = RangeStack::of_thread();
  if (what == CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED) {
    labels_.created(node, open);
  } else if (what == CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED) {
    std::uint64_t original = 0;
    if (graph.originalNode != nullptr) {
      (void)api_.cuptiGetGraphNodeId(graph.originalNode, &original);
    }
    labels_.cloned(node, original, open);
  } else {
    labels_.destroyed(node);
  }
}

void CuptiCollector::on_callback(void* self, CUpti_CallbackDomain domain, CUpti_CallbackId id,
                                 const void* data) {
  if (domain != CUPTI_CB_DOMAIN_RESOURCE || data == nullptr) return;
  const auto* resource = static_cast<const CUpti_ResourceData*>(data);
  if (resource->resourceDescriptor == nullptr) return;
  static_cast<CuptiCollector*>(self)->on_resource(
      static_cast<CUpti_CallbackIdResource>(id),
      *static_cast<const CUpti_GraphData*>(resource->resourceDescriptor));
}

void CuptiCollector::on_buffer_requested(std::uint8_t** buffer, std::size_t* size,
                                         std::size_t* records) {
  BufferPool* const pool = current_pool.load();
  *buffer = pool != nullptr ? pool->take() : nullptr;
  *size = *buffer != nullptr ? pool->buffer_bytes() : 0;
  *records = 0;  // as many as fit
}

void CuptiCollector::on_buffer_completed(CUcontext, std::uint32_t, std::uint8_t* buffer,
                                         std::size_t, std::size_t valid) {
  if (BufferPool* const pool = current_pool.load()) pool->give(buffer, valid);
}

}  // namespace dscope::collect
