// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "profiler/cli/command.h"
#include "workloads/base/error.h"

#include <benchmark/benchmark.h>

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

Run add_bench(CLI::App& app, const Launch&) {
  app.allow_extras();
  app.footer(
      "Options are those of Google Benchmark, among them:\n"
      "  --benchmark_list_tests            list the cases\n"
      "  --benchmark_filter=REGEX          run some of them\n"
      "  --benchmark_repetitions=N         with mean, median and deviation\n"
      "  --benchmark_format=console|json|csv, --benchmark_out=FILE\n\n"
      "cpu/ cases are the references on the shapes of V4-Flash, with warm caches. gpu/ cases are "
      "the\nCUDA kernels on the shapes of V4-Flash and V4-Pro, timed in a CUDA graph with operands "
      "in DRAM;\nof_read_bw is the fraction of the read bandwidth measured in the same run.\n\n"
      "Example:\n  dscope bench --benchmark_filter=moe");
  return [&app] { run_benchmarks(app.remaining()); };
}

}  // namespace dscope::cli
