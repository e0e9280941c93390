// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_file.h"
#include "profiler/import/generated_step.h"
#include "profiler/import/trace_generator.h"
#include "workloads/base/error.h"

namespace dscope::importer {

TraceTotals write_dscope_trace(const std::filesystem::path& path, const TraceShape& shape) {
  using collect::ActivityKind;
  ActivityFileWriter writer;
  writer.open(path.string());
  for (const std::string_view name : kGeneratedKernels) writer.intern(name);
  const std::uint32_t copy = writer.intern("Memcpy DtoD");
  const std::uint32_t fill = writer.intern("Memset");
  const std::uint32_t launch = writer.intern(shape.graph ? "cudaGraphLaunch" : "cudaLaunchKernel");
  const std::uint32_t range = writer.intern("moe");
  const auto work = [&](const GeneratedWork& w) {
    collect::Activity a;
    if (w.launched) {
      a.lane = static_cast<std::int32_t>(432 + w.device);
      a.kind = ActivityKind::kRange;
      a.name = range;
      a.start_ns = w.launch_ns - 200;
      a.end_ns = w.launch_ns + kGeneratedLaunchNs + 100;
      writer.add(a);
      a.kind = ActivityKind::kRuntimeCall;
      a.name = launch;
      a.start_ns = w.launch_ns;
      a.end_ns = w.launch_ns + kGeneratedLaunchNs;
      a.correlation = static_cast<std::uint64_t>(w.correlation);
      writer.add(a);
    }
    a.kind = w.is_kernel() ? ActivityKind::kKernel
             : w.is_copy() ? ActivityKind::kMemcpy
                           : ActivityKind::kMemset;
    a.name = w.is_kernel() ? static_cast<std::uint32_t>(w.kernel) : w.is_copy() ? copy : fill;
    a.device = static_cast<std::int32_t>(w.device);
    a.lane = 7;
    a.start_ns = w.start_ns;
    a.end_ns = w.end_ns;
    a.correlation = static_cast<std::uint64_t>(w.correlation);
    a.graph_node = static_cast<std::uint64_t>(w.node);
    a.bytes = static_cast<std::uint64_t>(w.bytes);
    writer.add(a);
  };
  const auto step = [&](std::int64_t device, std::int64_t number, std::int64_t begin,
                        std::int64_t end) {
    collect::Activity a;
    a.kind = ActivityKind::kRange;
    a.lane = static_cast<std::int32_t>(432 + device);
    a.name = writer.intern("step[" + std::to_string(number) + "]");
    a.start_ns = begin;
    a.end_ns = end;
    writer.add(a);
  };
  const TraceTotals totals = generate(shape, work, step);
  if (const std::error_code error = writer.finish()) {
    throw input_error("{}: cannot write: {}", path.string(), error.message());
  }
  return totals;
}

}  // namespace dscope::importer
