// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/back_end.h"
#include "profiler/cli/command.h"
#include "profiler/cli/relaunch.h"
#include "profiler/cli/run_counters.h"
#include "profiler/cli/run_grid.h"
#include "profiler/cli/run_measurement.h"
#include "profiler/cli/run_options.h"
#include "profiler/cli/run_plan.h"
#include "profiler/export/stage_table.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace dscope::cli {
namespace {

// What uses CUPTI and the GPU for it is gone when this returns.
RunResult measure(const RunOptions& o, RunPlan& plan, BackEnds& back_ends,
                  std::optional<profile::Perturbation> untraced, const Launch& launch) {
  const ChosenSource source = choose_source(o, plan);
  if (!source.note.empty()) fmt::print(stderr, "dscope: {}\n", source.note);
  const BackEnd back_end = back_ends.make(plan, o);
  return run_configuration(plan, back_end, source, std::move(untraced), o, launch);
}

// The measurement is kept where counters cannot be had.
void add_counters(profile::Profile& document, const RunOptions& o, BackEnds& back_ends,
                  const Launch& launch) {
  try {
    document.measurement->counters = count_hardware(o, back_ends, launch);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kUnavailable) throw;
    fmt::print(stderr, "dscope: no hardware counters: {}\n", e.what());
    document.device->missing.push_back(fmt::format("hardware counters: {}", e.what()));
  }
}

void run_one(const RunOptions& o, std::unique_ptr<Communicator> ranks, const Launch& launch) {
  BackEnds back_ends(std::move(ranks), launch);
  RunPlan plan = back_ends.plan(o);
  std::optional<profile::Perturbation> untraced = measure_untraced(o, plan, back_ends, launch);
  if (untraced) plan = back_ends.plan(o);
  RunResult result = measure(o, plan, back_ends, std::move(untraced), launch);
  if (!result.speaks) return;
  if (result.stopped) fmt::print(stderr, "dscope: interrupted; what was measured is kept\n");
  add_machine(result.document, plan, examine_machine(plan));
  if (!o.counters.empty() && !result.stopped) add_counters(result.document, o, back_ends, launch);
  if (o.out) profile::write_profile(*o.out, result.document);
  print(exporter::render(exporter::stage_report(result.document), o.format));
}

void run_decode(const RunOptions& o, const Launch& launch) {
  if (o.gpus && *o.gpus > 1 && launch.ranks == 1) {
    relaunch_with_mpirun(launch.command_line, *o.gpus);
  }
  // MPI first: whatever fails later must not leave the other ranks waiting.
  std::unique_ptr<Communicator> ranks;
  if (launch.ranks > 1) ranks = make_mpi_communicator();
  const std::vector<RunOptions> list = configurations(o);
  if (list.size() == 1) {
    run_one(list.front(), std::move(ranks), launch);
  } else {
    run_grid(list, std::move(ranks), launch);
  }
}

}  // namespace

Run add_run(CLI::App& app, const Launch& launch) {
  const auto options = std::make_shared<RunOptions>();
  options->tuning = launch.tuning_file;
  add_run_options(app, *options);
  app.footer(
      "Examples:\n"
      "  dscope run --checkpoint DIR --input-ids ids.safetensors --numerics exact\n"
      "  dscope run --model dsv4-flash --layers 2 --context 8192 --out profile.json\n"
      "  dscope run --model dsv4-flash --tp 8 --rank 0 --layers 2 --batch 8 --routing zipf:1.1\n"
      "  dscope run --model dsv4-flash --tp 8 --batch 1,8,32 --context 1024,8192 --profile --out "
      "grid\n"
      "  dscope run --model dsv4-flash --tp 8 --rank 0 --counters --out profile.json\n"
      "  dscope run --checkpoint DIR --workload requests.jsonl --max-batch 4 --steps 100\n"
      "  mpirun -np 2 dscope run --checkpoint DIR --input-ids ids.safetensors");
  return [options, &launch] { run_decode(*options, launch); };
}

}  // namespace dscope::cli
