// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/cli/command.h"

#include <optional>

namespace dscope::cli {

// Measures all-reduces over NCCL among the ranks that mpirun started, or starts `gpus` of them.
// Rank 0 prints the table. Throws Error{kUsage} for a single rank.
void bench_collectives(exporter::Format format, const std::optional<int>& gpus,
                       const Launch& launch);

}  // namespace dscope::cli
