// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/tuning.h"
#include "kernels/cuda/bench_support.h"
#include "kernels/cuda/extra_shared.h"
#include "profiler/cli/bench_collectives.h"
#include "profiler/cli/command.h"
#include "profiler/cli/interrupt.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <optional>
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

// Kernels that were measured as they are, whatever --extra-shared says.
void report_refusals() {
  for (const ExtraSharedRefusal& r : extra_shared_refusals()) {
    fmt::print(stderr,
               "dscope: without --extra-shared, which does not fit: {} ({} of {} a block)\n",
               r.kernel, format_bytes(static_cast<double>(r.shared_bytes)),
               format_bytes(static_cast<double>(r.most_bytes)));
  }
}

struct BenchOptions {
  bool tune = false;
  std::filesystem::path tuning;
  std::string filter;
  std::int64_t extra_shared = 0;
  bool collectives = false;
  std::optional<int> gpus;
  exporter::Format format = exporter::Format::kTable;
};

void add_options(CLI::App& app, BenchOptions& o) {
  app.add_flag("--tune", o.tune,
               "Measure the configurations of the CUDA kernels (those that --filter matches) and "
               "keep the fastest");
  app.add_option("--filter", o.filter, "Of --tune: a regular expression [all]")
      ->option_text("REGEX");
  app.add_option("--extra-shared", o.extra_shared,
                 "Forced occupancy: dynamic shared memory that every block of a CUDA kernel asks "
                 "for on top of what it uses; kernels that it does not fit are named [0]")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true))
      ->option_text("SIZE");
  app.add_flag("--collectives", o.collectives,
               "Measure all-reduces over NCCL among several ranks instead");
  app.add_option("--gpus", o.gpus, "Of --collectives: start N ranks with mpirun, one a GPU")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  add_format_option(app, o.format);
  add_tuning_option(app, o.tuning);
  app.allow_extras();
}

void run_bench(const BenchOptions& o, const std::vector<std::string>& rest, const Launch& launch) {
  if (o.collectives) return bench_collectives(o.format, o.gpus, launch);
  set_extra_shared_bytes(o.extra_shared);
  if (o.tune) return run_tuning(o.tuning, o.filter);
  load_tuning(o.tuning);
  run_benchmarks(rest);
  report_refusals();
}

}  // namespace

Run add_bench(CLI::App& app, const Launch& launch) {
  const auto options = std::make_shared<BenchOptions>();
  options->tuning = launch.tuning_file;
  add_options(app, *options);
  app.footer(
      "Options are those of Google Benchmark, among them:\n"
      "  --benchmark_list_tests            list the cases\n"
      "  --benchmark_filter=REGEX          run some of them\n"
      "  --benchmark_repetitions=N         with mean, median and deviation\n"
      "  --benchmark_format=console|json|csv, --benchmark_out=FILE\n"
      "--format is that of --collectives alone.\n\n"
      "cpu/ cases are the references on the shapes of V4-Flash, with warm caches. gpu/ cases are "
      "the\nCUDA kernels on the shapes of V4-Flash and V4-Pro, timed in a CUDA graph with operands "
      "in DRAM;\nof_read_bw is the fraction of the read bandwidth measured in the same run. "
      "import/ cases read\n"
      "generated traces of 50 MB and 1 GB, which they keep in the temporary folder meanwhile.\n\n"
      "Examples:\n"
      "  dscope bench --benchmark_filter=moe\n"
      "  dscope bench --tune --filter 'moe/flash/tp:8'\n"
      "  dscope bench --extra-shared 32KiB --benchmark_filter=gpu/moe/flash/tp:1/T:1/\n"
      "  dscope bench --collectives --gpus 4 --format json");
  return [&app, options, &launch] { run_bench(*options, app.remaining(), launch); };
}

}  // namespace dscope::cli
