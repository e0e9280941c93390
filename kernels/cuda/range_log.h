// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/stream.h"
#include "workloads/range_sink.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace dscope {

// Ranges of a stream by the GPU's own clock: an event is recorded where each range begins and ends.
// While the stream is being captured the events become nodes of the graph, and every replay sets
// them anew. All work must be enqueued inside of ranges: where one ends the next begins.
//
// The events stand between kernels, which therefore no longer overlap at their ends: use it for
// what each op takes, not for what the step takes. Resolution: about half a microsecond.
class CudaRangeLog final : public RangeSink {
 public:
  CudaRangeLog();
  ~CudaRangeLog() override;
  CudaRangeLog(const CudaRangeLog&) = delete;
  CudaRangeLog& operator=(const CudaRangeLog&) = delete;

  // Where the ranges that follow are recorded. Forgets those before.
  void start(Stream stream);

  void begin(Stage stage, const char* name) noexcept override;
  void end() noexcept override;
  void add(Stage, const char*, std::int64_t, std::int64_t) noexcept override {}

  struct TimedRange {
    Stage stage = Stage::kOther;
    const char* name = "";
    double start_ns = 0;  // since the first range began
    double end_ns = 0;
  };
  // Of the last execution, which must be complete. Throws where recording failed.
  [[nodiscard]] std::vector<TimedRange> read() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dscope
