// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/range_log.h"

namespace dscope {

struct CudaRangeLog::State {
  struct Range {
    Stage stage;
    const char* name;
    std::size_t first_event;
    std::size_t last_event;
  };
  Stream stream = nullptr;
  std::vector<cudaEvent_t> events;  // used from the front; never destroyed before the log
  std::size_t used = 0;
  std::vector<Range> ranges;
  bool at_event = false;  // nothing was enqueued since the last event
  cudaError_t failure = cudaSuccess;

  void note(cudaError_t status) {
    if (failure == cudaSuccess) failure = status;
  }

  // The index of an event at this point of the stream.
  std::size_t mark() {
    if (at_event) return used - 1;
    if (used == events.size()) {
      cudaEvent_t event = nullptr;
      note(cudaEventCreate(&event));
      events.push_back(event);
    }
    cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
    note(cudaStreamIsCapturing(stream, &capture));
    // In a graph, an external record is a node whose time can be read after each replay.
    const unsigned flags =
        capture == cudaStreamCaptureStatusActive ? cudaEventRecordExternal : cudaEventRecordDefault;
    note(cudaEventRecordWithFlags(events[used], stream, flags));
    at_event = true;
    return used++;
  }
};

CudaRangeLog::CudaRangeLog() : state_(std::make_unique<State>()) {}

CudaRangeLog::~CudaRangeLog() {
  for (cudaEvent_t event : state_->events) (void)cudaEventDestroy(event);
}

void CudaRangeLog::start(Stream stream) {
  state_->stream = stream;
  state_->used = 0;
  state_->ranges.clear();
  state_->at_event = false;
  state_->failure = cudaSuccess;
}

void CudaRangeLog::begin(Stage stage, const char* name) noexcept {
  const std::size_t event = state_->mark();
  state_->ranges.push_back({stage, name, event, event});
  state_->at_event = false;
}

void CudaRangeLog::end() noexcept {
  state_->ranges.back().last_event = state_->mark();
}

std::vector<CudaRangeLog::TimedRange> CudaRangeLog::read() const {
  DSCOPE_CUDA_CHECK(state_->failure);
  const auto since_start = [&](std::size_t event) {
    float milliseconds = 0;
    DSCOPE_CUDA_CHECK(
        cudaEventElapsedTime(&milliseconds, state_->events[0], state_->events[event]));
    return static_cast<double>(milliseconds) * 1e6;
  };
  std::vector<TimedRange> timed;
  for (const State::Range& range : state_->ranges) {
    timed.push_back(
        {range.stage, range.name, since_start(range.first_event), since_start(range.last_event)});
  }
  return timed;
}

}  // namespace dscope
