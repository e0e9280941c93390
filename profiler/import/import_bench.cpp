// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/trace.h"
#include "profiler/import/trace_generator.h"

#include <benchmark/benchmark.h>

#include <unistd.h>

#include <filesystem>
#include <string>

namespace dscope::importer {
namespace {

namespace fs = std::filesystem;

// A generated trace that lasts as long as its case.
class BenchFile {
 public:
  explicit BenchFile(const std::string& name)
      : path_(fs::temp_directory_path() / (std::to_string(getpid()) + name)) {}
  ~BenchFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  BenchFile(const BenchFile&) = delete;
  BenchFile& operator=(const BenchFile&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] std::int64_t bytes() const {
    return static_cast<std::int64_t>(fs::file_size(path_));
  }

 private:
  fs::path path_;
};

std::int64_t wanted_bytes(const benchmark::State& state) {
  return state.range(0) * 1'000'000;
}

void read(benchmark::State& state, const fs::path& path, std::int64_t bytes) {
  std::int64_t activities = 0;
  for (auto _ : state) {
    const Trace trace = read_trace(path);
    activities += static_cast<std::int64_t>(trace.list.activities.size());
  }
  state.SetBytesProcessed(state.iterations() * bytes);
  state.counters["activities"] =
      benchmark::Counter(static_cast<double>(activities), benchmark::Counter::kIsRate);
}

void bench_kineto(benchmark::State& state) {
  const BenchFile file(".json");
  write_kineto_trace(file.path(), kineto_shape(wanted_bytes(state)));
  read(state, file.path(), file.bytes());
}

// Bytes are those of the text.
void bench_kineto_gzip(benchmark::State& state) {
  const BenchFile file(".json.gz");
  write_kineto_trace(file.path(), kineto_shape(wanted_bytes(state)), true);
  read(state, file.path(), wanted_bytes(state));
}

void bench_nsys(benchmark::State& state) {
  const BenchFile file(".sqlite");
  write_nsys_trace(file.path(), nsys_shape(wanted_bytes(state)));
  read(state, file.path(), file.bytes());
}

// The activities of an export of that size.
void bench_dscope(benchmark::State& state) {
  const BenchFile file(".dscope");
  write_dscope_trace(file.path(), nsys_shape(wanted_bytes(state)));
  read(state, file.path(), file.bytes());
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgName("mb")->Arg(50)->Arg(1000)->UseRealTime()->MeasureProcessCPUTime()->Unit(
      benchmark::kMillisecond);
}

[[maybe_unused]] const auto* const kKineto =
    benchmark::RegisterBenchmark("import/kineto", bench_kineto) -> Apply(sizes);
[[maybe_unused]] const auto* const kKinetoGzip =
    benchmark::RegisterBenchmark("import/kineto_gz", bench_kineto_gzip) -> Apply(sizes);
[[maybe_unused]] const auto* const kNsys =
    benchmark::RegisterBenchmark("import/nsys", bench_nsys) -> Apply(sizes);
[[maybe_unused]] const auto* const kDscope =
    benchmark::RegisterBenchmark("import/dscope", bench_dscope) -> Apply(sizes);

}  // namespace
}  // namespace dscope::importer
