// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/buffer_pool.h"
#include "profiler/collect/cupti_api.h"
#include "profiler/collect/graph_labels.h"
#include "profiler/collect/record_converter.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace dscope::collect {

struct CuptiCollectorOptions {
  std::vector<std::string> libraries;  // files of libcupti, tried in order
  bool hardware_trace = false;         // timestamps from the hardware event system
  std::size_t buffer_bytes = 1u << 20;
  std::size_t buffers_ready = 8;
  std::size_t buffers_limit = 512;
  std::uint32_t flush_period_ms = 0;  // full buffers come back so often; 0: when CUPTI likes
};

// Takes activity records from CUPTI: sees every kernel, copy and fill of this process, watches
// graph nodes being made, and hands the records over when asked. One per process. Made before the
// CUDA context, it sees all graphs.
//
// CUPTI calls back in threads of the program (launches, captures) and in one of its own (full
// buffers). Records are converted only in read(), in the caller's thread.
class CuptiCollector {
 public:
  // Throws Error{kUnavailable}: no CUPTI, too old, no permission, another profiler is attached.
  explicit CuptiCollector(const CuptiCollectorOptions& options);
  ~CuptiCollector();
  CuptiCollector(const CuptiCollector&) = delete;
  CuptiCollector& operator=(const CuptiCollector&) = delete;

  // Whether work is recorded from now on. Work in flight may be recorded either way.
  void set_enabled(bool enabled);

  // Asks for the records of all work that is complete; `forced`: also for buffers with records
  // that are not (at the end, when no more will come).
  void flush(bool forced);

  // Hands over what came since the last read.
  void read(const std::function<void(const RawRecord&)>& take);

  [[nodiscard]] GraphLabels& labels() { return labels_; }
  [[nodiscard]] const BufferPool& buffers() const { return pool_; }
  // Records that CUPTI dropped or that could not be read.
  [[nodiscard]] std::int64_t dropped() const { return dropped_; }
  [[nodiscard]] std::string version() const { return api_.version_text(); }

 private:
  void subscribe();
  void set_attributes();
  void enable(CUpti_ActivityKind kind, bool on);
  void enable_calls(bool on);
  void on_resource(CUpti_CallbackIdResource what, const CUpti_GraphData& graph);

  static void on_callback(void* self, CUpti_CallbackDomain domain, CUpti_CallbackId id,
                          const void* data);
  static void on_buffer_requested(std::uint8_t** buffer, std::size_t* size, std::size_t* records);
  static void on_buffer_completed(CUcontext context, std::uint32_t stream, std::uint8_t* buffer,
                                  std::size_t size, std::size_t valid);

  CuptiApi api_;
  BufferPool pool_;
  GraphLabels labels_;
  CUpti_SubscriberHandle subscriber_ = nullptr;
  std::vector<CUpti_ActivityKind> enabled_;
  std::int64_t dropped_ = 0;
};

}  // namespace dscope::collect
