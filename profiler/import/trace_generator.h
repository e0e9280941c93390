// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

// Traces of any size with known totals, in every format that is read: for the tests (small) and for
// `dscope bench` (as large as real ones). No part of the importer.
namespace dscope::importer {

struct TraceShape {
  std::int64_t steps = 3;
  std::int64_t kernels_per_step = 200;
  std::int64_t devices = 1;
  bool graph = false;  // one launch for all kernels of a step, with node ids
};

// What a generated trace holds, of all devices.
struct TraceTotals {
  std::int64_t kernels = 0;
  std::int64_t kernel_ns = 0;
  std::int64_t nccl_ns = 0;  // of that
  std::int64_t copies = 0;
  std::int64_t copy_bytes = 0;
  std::int64_t fills = 0;
  std::int64_t calls = 0;
  std::int64_t ranges = 0;  // of the host: one per step and one per launch
};

// The shape that makes a file of about `bytes` in the format.
[[nodiscard]] TraceShape kineto_shape(std::int64_t bytes);
[[nodiscard]] TraceShape nsys_shape(std::int64_t bytes);

// Both throw Error{kInput} when the file cannot be written.
TraceTotals write_kineto_trace(const std::filesystem::path& path, const TraceShape& shape,
                               bool gzip = false);
TraceTotals write_nsys_trace(const std::filesystem::path& path, const TraceShape& shape);
// The activities alone, in our own form.
TraceTotals write_dscope_trace(const std::filesystem::path& path, const TraceShape& shape);

}  // namespace dscope::importer
