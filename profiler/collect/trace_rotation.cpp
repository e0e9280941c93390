// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/trace_rotation.h"

#include "workloads/base/error.h"

#include <utility>

namespace dscope::collect {

TraceRotation::TraceRotation(std::vector<TraceDetail> details, std::int64_t block,
                             std::int64_t settle)
    : details_(std::move(details)), block_(block), settle_(settle) {
  DSCOPE_REQUIRE(!details_.empty() && block_ > 0 && settle_ >= 0 && settle_ < block_,
                 "blocks of {} steps, {} of them for settling", block_, settle_);
}

TraceRotation::Step TraceRotation::at(std::int64_t step) const {
  const auto block = static_cast<std::size_t>(step / block_);
  return {details_[block % details_.size()], details_.size() == 1 || step % block_ >= settle_};
}

}  // namespace dscope::collect
