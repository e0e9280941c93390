// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/trace.h"

#include <filesystem>

namespace dscope::importer {

// Reads what `nsys export --type sqlite` writes, of any schema: tables and columns are looked up,
// and what an export lacks is named in Trace::device.missing. Two threads, one for the work of the
// GPUs, one for the host. Throws as read_trace() does.
[[nodiscard]] Trace read_nsys(const std::filesystem::path& path, const ReadOptions& options = {});

}  // namespace dscope::importer
