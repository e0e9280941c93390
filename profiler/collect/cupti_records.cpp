// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/cupti_records.h"

namespace dscope::collect {
namespace {

#if CUPTI_API_VERSION >= 130000
using KernelRecord = CUpti_ActivityKernel10;
using OverheadRecord = CUpti_ActivityOverhead3;
#else
using KernelRecord = CUpti_ActivityKernel9;
using OverheadRecord = CUpti_ActivityOverhead3;
#endif
using MemcpyRecord = CUpti_ActivityMemcpy5;
using MemsetRecord = CUpti_ActivityMemset4;

template <class Record>
const Record& as(const CUpti_Activity& record) {
  return reinterpret_cast<const Record&>(record);
}

// What records of work have in common.
template <class Record>
RawRecord work(RawRecord::Kind kind, const Record& record) {
  RawRecord raw;
  raw.kind = kind;
  raw.start_ns = record.start;
  raw.end_ns = record.end;
  raw.device = record.deviceId;
  raw.lane = record.streamId;
  raw.correlation = record.correlationId;
  raw.graph_node = record.graphNodeId;
  return raw;
}

const char* copy_name(std::uint8_t kind) {
  switch (kind) {
    case CUPTI_ACTIVITY_MEMCPY_KIND_HTOD:
      return "Memcpy HtoD";
    case CUPTI_ACTIVITY_MEMCPY_KIND_DTOH:
      return "Memcpy DtoH";
    case CUPTI_ACTIVITY_MEMCPY_KIND_DTOD:
      return "Memcpy DtoD";
    case CUPTI_ACTIVITY_MEMCPY_KIND_HTOH:
      return "Memcpy HtoH";
    case CUPTI_ACTIVITY_MEMCPY_KIND_PTOP:
      return "Memcpy PtoP";
    default:
      return "Memcpy";
  }
}

RawRecord call(const CuptiApi& cupti, CUpti_CallbackDomain domain,
               const CUpti_ActivityAPI& record) {
  RawRecord raw;
  raw.kind = RawRecord::Kind::kRuntimeCall;
  raw.start_ns = record.start;
  raw.end_ns = record.end;
  raw.lane = record.threadId;
  raw.correlation = record.correlationId;
  (void)cupti.cuptiGetCallbackName(domain, record.cbid, &raw.name);
  return raw;
}

RawRecord overhead(const OverheadRecord& record) {
  RawRecord raw;
  raw.kind = RawRecord::Kind::kOverhead;
  raw.start_ns = record.start;
  raw.end_ns = record.end;
  return raw;
}

RawRecord external(const CUpti_ActivityExternalCorrelation& record) {
  RawRecord raw;
  raw.kind = RawRecord::Kind::kExternal;
  raw.correlation = record.correlationId;
  raw.external = record.externalId;
  return raw;
}

}  // namespace

std::optional<RawRecord> read_record(const CuptiApi& cupti, const CUpti_Activity& record) {
  switch (record.kind) {
    case CUPTI_ACTIVITY_KIND_KERNEL:
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: {
      RawRecord raw = work(RawRecord::Kind::kKernel, as<KernelRecord>(record));
      raw.name = as<KernelRecord>(record).name;
      return raw;
    }
    case CUPTI_ACTIVITY_KIND_MEMCPY: {
      const auto& copy = as<MemcpyRecord>(record);
      RawRecord raw = work(RawRecord::Kind::kMemcpy, copy);
      raw.bytes = copy.bytes;
      raw.name = copy_name(copy.copyKind);
      return raw;
    }
    case CUPTI_ACTIVITY_KIND_MEMSET: {
      RawRecord raw = work(RawRecord::Kind::kMemset, as<MemsetRecord>(record));
      raw.bytes = as<MemsetRecord>(record).bytes;
      return raw;
    }
    case CUPTI_ACTIVITY_KIND_RUNTIME:
      return call(cupti, CUPTI_CB_DOMAIN_RUNTIME_API, as<CUpti_ActivityAPI>(record));
    case CUPTI_ACTIVITY_KIND_DRIVER:
      return call(cupti, CUPTI_CB_DOMAIN_DRIVER_API, as<CUpti_ActivityAPI>(record));
    case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION:
      return external(as<CUpti_ActivityExternalCorrelation>(record));
    case CUPTI_ACTIVITY_KIND_OVERHEAD:
      return overhead(as<OverheadRecord>(record));
    default:
      return std::nullopt;
  }
}

}  // namespace dscope::collect
