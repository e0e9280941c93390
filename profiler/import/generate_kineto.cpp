// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/generated_step.h"
#include "profiler/import/trace_generator.h"
#include "workloads/base/error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <zlib.h>

#include <iterator>
#include <string>
#include <vector>

namespace dscope::importer {
namespace {

// Plain or gzip, in pieces of a megabyte.
class TextSink {
 public:
  TextSink(const std::filesystem::path& path, bool gzip)
      : path_(path.string()), file_(gzopen(path_.c_str(), gzip ? "wb1" : "wbT")) {
    if (file_ == nullptr) throw input_error("{}: cannot write", path_);
  }
  ~TextSink() {
    if (file_ != nullptr) gzclose(file_);
  }
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;

  template <class... Args>
  void add(const char* format, const Args&... args) {
    fmt::format_to(std::back_inserter(buffer_), fmt::runtime(format), args...);
    if (buffer_.size() > 1 << 20) flush();
  }

  void finish() {
    flush();
    const int status = gzclose(file_);
    file_ = nullptr;
    if (status != Z_OK) throw input_error("{}: cannot write", path_);
  }

 private:
  void flush() {
    const auto bytes = static_cast<unsigned>(buffer_.size());
    if (bytes > 0 && gzwrite(file_, buffer_.data(), bytes) != static_cast<int>(bytes)) {
      throw input_error("{}: cannot write", path_);
    }
    buffer_.clear();
  }

  std::string path_;
  gzFile file_;
  std::string buffer_;
};

std::string us(std::int64_t ns) {
  return fmt::format("{}.{:03}", ns / 1000, ns % 1000);
}

constexpr const char* kProlog = R"({{
  "schemaVersion": 1,
  "deviceProperties": [{{"id": 0, "name": "NVIDIA H200", "totalGlobalMem": 150109880320, "computeMajor": 9, "computeMinor": 0, "numSms": 132, "sharedMemPerBlockOptin": 232448, "sharedMemPerMultiprocessor": 233472}}],
  "distributedInfo": {{"backend": "nccl", "rank": 0, "world_size": 2}},
  "displayTimeUnit": "ms",
  "baseTimeNanoseconds": 1790857026000000000,
  "traceEvents": [)";

constexpr const char* kKernel = R"(
  {{
    "ph": "X", "cat": "kernel", "name": {}, "pid": {}, "tid": 7,
    "ts": {}, "dur": {},
    "args": {{
      "External id": {},"queued": 0, "device": {}, "context": 1, "stream": 7, "correlation": {}, "registers per thread": 40, "shared memory": 16384, "blocks per SM": 1.939394, "warps per SM": 7.757576, "grid": [256, 1, 1], "block": [128, 1, 1], "est. achieved occupancy %": 12, "graph node id": {}{}
    }}
  }},)";

constexpr const char* kMessage =
    R"(, "Collective name": "allreduce", "In msg nelems": 4096, "Out msg nelems": 4096, "Group size": 2, "dtype": "BFloat16")";

constexpr const char* kTransfer = R"json(
  {{
    "ph": "X", "cat": "{}", "name": "{}", "pid": {}, "tid": 7,
    "ts": {}, "dur": {},
    "args": {{
      "External id": {}, "device": {}, "context": 1, "stream": 7, "correlation": {}, "bytes": {}, "memory bandwidth (GB/s)": 1.5
    }}
  }},)json";

constexpr const char* kLaunch = R"(
  {{
    "ph": "X", "cat": "cpu_op", "name": "aten::mul", "pid": 432, "tid": {},
    "ts": {}, "dur": {},
    "args": {{
      "External id": {},"Record function id": 0, "Ev Idx": {}
    }}
  }},
  {{
    "ph": "X", "cat": "cuda_runtime", "name": "{}", "pid": 432, "tid": {},
    "ts": {}, "dur": {},
    "args": {{
      "External id": {}, "cbid": 211, "correlation": {}
    }}
  }},
  {{
    "ph": "s", "id": {}, "pid": 432, "tid": {}, "ts": {},
    "cat": "ac2g", "name": "ac2g"
  }},)";

constexpr const char* kArrival = R"(
  {{
    "ph": "f", "id": {}, "pid": {}, "tid": 7, "ts": {},
    "cat": "ac2g", "name": "ac2g", "bp": "e"
  }},)";

constexpr const char* kStep = R"(
  {{
    "ph": "X", "cat": "user_annotation", "name": "ProfilerStep#{}", "pid": 432, "tid": {},
    "ts": {}, "dur": {},
    "args": {{
      "External id": {}, "Ev Idx": 0
    }}
  }},)";

constexpr const char* kEpilog = R"(
  {{
    "name": "process_name", "ph": "M", "ts": 0, "pid": 432, "tid": 0, "args": {{ "name": "python3" }}
  }},
  {{
    "name": "thread_name", "ph": "M", "ts": 0, "pid": 0, "tid": 7, "args": {{ "name": "stream 7 " }}
  }}],
  "traceName": "generated"
}}
)";

}  // namespace

TraceTotals write_kineto_trace(const std::filesystem::path& path, const TraceShape& shape,
                               bool gzip) {
  TextSink sink(path, gzip);
  std::vector<std::string> names;
  for (const std::string_view name : kGeneratedKernels)
    names.push_back(nlohmann::json(name).dump());
  sink.add(kProlog);
  const auto work = [&](const GeneratedWork& w) {
    const std::int64_t thread = 432 + w.device;
    const std::string start = us(w.start_ns);
    const std::string duration = us(w.end_ns - w.start_ns);
    if (w.launched) {
      sink.add(kLaunch, thread, us(w.launch_ns - 200), us(kGeneratedLaunchNs + 300), w.correlation,
               w.correlation, shape.graph ? "cudaGraphLaunch" : "cudaLaunchKernel", thread,
               us(w.launch_ns), us(kGeneratedLaunchNs), w.correlation, w.correlation, w.correlation,
               thread, us(w.launch_ns));
    }
    if (w.is_kernel()) {
      sink.add(kKernel, names[w.kernel], w.device, start, duration, w.correlation, w.device,
               w.correlation, w.node, w.kernel == kGeneratedNccl ? kMessage : "");
    } else {
      sink.add(kTransfer, w.is_copy() ? "gpu_memcpy" : "gpu_memset",
               w.is_copy() ? "Memcpy DtoD (Device -> Device)" : "Memset (Device)", w.device, start,
               duration, w.correlation, w.device, w.correlation, w.bytes);
    }
    sink.add(kArrival, w.correlation, w.device, start);
  };
  const auto step = [&](std::int64_t device, std::int64_t number, std::int64_t begin,
                        std::int64_t end) {
    sink.add(kStep, number, 432 + device, us(begin), us(end - begin), number);
  };
  const TraceTotals totals = generate(shape, work, step);
  sink.add(kEpilog);
  sink.finish();
  return totals;
}

TraceShape kineto_shape(std::int64_t bytes) {
  constexpr std::int64_t kBytesPerKernel = 1254;
  TraceShape shape;
  shape.kernels_per_step = 1000;
  shape.steps = std::max<std::int64_t>(1, bytes / kBytesPerKernel / shape.kernels_per_step);
  return shape;
}

}  // namespace dscope::importer
