// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/stage.h"

#include <cstdint>

namespace dscope {

// Where the decode step reports what it is doing. The step opens and closes ranges; whoever
// measures (the host time source, an NVTX forwarder, a CUDA-graph labeller) implements this. It
// stands at the lowest layer so that kernels and profiler need not know each other.
//
// Ranges of one thread nest strictly: end() closes the range opened last. `name` must outlive the
// sink (string literals): nothing is copied on the hot path.
class RangeSink {
 public:
  virtual ~RangeSink() = default;
  // False while it ignores ranges: a step that times them at a cost need not.
  [[nodiscard]] virtual bool enabled() const noexcept { return true; }
  // True where it sees by itself when the GPU works (CUPTI) and only has to be told, while work is
  // launched or captured, which op it belongs to: such a step need not time its ranges.
  [[nodiscard]] virtual bool labels_launches() const noexcept { return false; }
  virtual void begin(Stage stage, const char* name) noexcept = 0;
  virtual void end() noexcept = 0;

  // A range of a GPU, timed there and over by now; the times are on std::chrono::steady_clock.
  virtual void add(Stage stage, const char* name, std::int64_t start_ns,
                   std::int64_t end_ns) noexcept = 0;
};

}  // namespace dscope
