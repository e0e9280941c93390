// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/op.h"
#include "workloads/range_sink.h"

#if DSCOPE_HAVE_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

namespace dscope {

// One op of the decode step for as long as this object lives: reported to the sink (may be null)
// and, where the build has NVTX, as an NVTX range that Nsight and other profilers show.
class StageRange {
 public:
  StageRange(RangeSink* sink, Op op) noexcept : sink_(sink) {
#if DSCOPE_HAVE_NVTX
    nvtxRangePushA(info(op).name);
#endif
    if (sink_ != nullptr) sink_->begin(info(op).stage, info(op).name);
  }
  ~StageRange() {
    if (sink_ != nullptr) sink_->end();
#if DSCOPE_HAVE_NVTX
    nvtxRangePop();
#endif
  }
  StageRange(const StageRange&) = delete;
  StageRange& operator=(const StageRange&) = delete;

 private:
  RangeSink* sink_;
};

}  // namespace dscope
