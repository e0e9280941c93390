// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/tuning.h"
#include "kernels/cuda/bench_support.h"
#include "profiler/cli/command.h"
#include "profiler/cli/interrupt.h"
#include "workloads/base/error.h"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dscope::cli {
namespace {

// Hands the arguments to Google Benchmark, which takes out those it knows.
void run_benchmarks(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "dscope bench");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  auto count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (count > 1) {
    throw usage_error("bench: unknown argument \"{}\"\nTry 'dscope bench --help'.", pointers[1]);
  }
  if (const Support gpu = bench::register_gpu_cases(); !gpu.ok()) {
    fmt::print(stderr, "dscope: no gpu/ cases: {}\n", gpu.reason);
  }
  if (benchmark::RunSpecifiedBenchmarks() == 0) {
    throw usage_error("bench: no case matches --benchmark_filter");
  }
  benchmark::Shutdown();
}

}  // namespace

// Measures configurations instead of cases, and keeps the better ones for later runs.
void run_tuning(const std::filesystem::path& file, const std::string& filter) {
  if (file.empty()) throw usage_error("bench: no home directory for the tuning file: use --tuning");
  if (std::filesystem::exists(file)) process_tuning() = TuningTable::read(file);
  const std::int64_t cases = bench::tune(
      filter, [](const std::string& line) { print(line + "\n"); },
      [] { return interrupted().load(); });
  if (cases == 0) throw usage_error("bench: no case with configurations matches \"{}\"", filter);
  process_tuning().write(file);
  print(fmt::format("{} cases measured; {}\n", cases, file.string()));
}

Run add_bench(CLI::App& app, const Launch& launch) {
  const auto tune = std::make_shared<bool>(false);
  const auto tuning = std::make_shared<std::filesystem::path>(launch.tuning_file);
  const auto filter = std::make_shared<std::string>();
  app.add_flag("--tune", *tune,
               "Measure the configurations of the CUDA kernels (those that --filter matches) and "
               "keep the fastest");
  app.add_option("--filter", *filter, "Of --tune: a regular expression [all]")
      ->option_text("REGEX");
  add_tuning_option(app, *tuning);
  app.allow_extras();
  app.footer(
      "Options are those of Google Benchmark, among them:\n"
      "  --benchmark_list_tests            list the cases\n"
      "  --benchmark_filter=REGEX          run some of them\n"
      "  --benchmark_repetitions=N         with mean, median and deviation\n"
      "  --benchmark_format=console|json|csv, --benchmark_out=FILE\n\n"
      "cpu/ cases are the references on the shapes of V4-Flash, with warm caches. gpu/ cases are "
      "the\nCUDA kernels on the shapes of V4-Flash and V4-Pro, timed in a CUDA graph with operands "
      "in DRAM;\nof_read_bw is the fraction of the read bandwidth measured in the same run. "
      "import/ cases read\n"
      "generated traces of 50 MB and 1 GB, which they keep in the temporary folder meanwhile.\n\n"
      "Examples:\n"
      "  dscope bench --benchmark_filter=moe\n"
      "  dscope bench --tune --filter 'moe/flash/tp:8'");
  return [&app, tune, tuning, filter] {
    if (*tune) return run_tuning(*tuning, *filter);
    load_tuning(*tuning);
    run_benchmarks(app.remaining());
  };
}

}  // namespace dscope::cli
