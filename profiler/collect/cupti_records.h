// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/cupti_api.h"
#include "profiler/collect/record_converter.h"

#include <optional>

namespace dscope::collect {

// Our fields of one CUPTI record; empty for kinds that we do not use. The only place that knows
// CUPTI's layouts.
[[nodiscard]] std::optional<RawRecord> read_record(const CuptiApi& cupti,
                                                   const CUpti_Activity& record);

}  // namespace dscope::collect
