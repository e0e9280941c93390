// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/trace.h"

#include <filesystem>

namespace dscope::importer {

// Reads a Chrome trace as torch.profiler (Kineto) writes it, for itself or below SGLang and vLLM:
// JSON, plain or gzip, of any length. Memory: the activities, and a few megabytes. One thread reads
// and inflates while another one parses. Throws as read_trace() does.
[[nodiscard]] Trace read_kineto(const std::filesystem::path& path, const ReadOptions& options = {});

}  // namespace dscope::importer
