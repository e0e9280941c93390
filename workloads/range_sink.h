// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/stage.h"

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
  virtual void begin(Stage stage, const char* name) noexcept = 0;
  virtual void end() noexcept = 0;
};

}  // namespace dscope
