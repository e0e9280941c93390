// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/threads.h"
#include "kernels/cuda/read_bandwidth.h"
#include "profiler/cli/back_end.h"
#include "profiler/cli/command.h"
#include "profiler/cli/decode_loop.h"
#include "profiler/cli/interrupt.h"
#include "profiler/cli/progress.h"
#include "profiler/cli/relaunch.h"
#include "profiler/cli/run_options.h"
#include "profiler/cli/run_plan.h"
#include "profiler/cli/version.h"
#include "profiler/collect/device_probe.h"
#include "profiler/collect/host_bandwidth.h"
#include "profiler/collect/session.h"
#include "profiler/export/chrome_trace.h"
#include "profiler/export/stage_table.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"
#include "workloads/routing/routing_spec.h"
#include "workloads/traces/open_requests.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>

namespace dscope::cli {
namespace {

std::map<std::string, Numerics> numerics_values() {
  std::map<std::string, Numerics> values;
  for (const NumericsInfo& entry : kNumerics) values.emplace(entry.id, entry.numerics);
  return values;
}

void add_workload_options(CLI::App& app, RunOptions& o) {
  app.add_option("--checkpoint", o.checkpoint, "Directory with config.json and *.safetensors")
      ->group("What is decoded")
      ->option_text("DIR");
  app.add_option("--model", o.model,
                 fmt::format("Synthetic weights of a preset ({}) or of a config.json",
                             fmt::join(preset_names(), ", ")))
      ->group("What is decoded")
      ->option_text("NAME");
  app.add_option(
         "--workload", o.workload,
         "A workload document (.json), or a request trace whose decode steps are replayed:\n" +
             traces::request_formats_help())
      ->group("What is decoded")
      ->option_text("FILE");
  app.add_option("--input-ids", o.input_ids,
                 "Teacher forcing: token ids [sequences, tokens], I32 or I64, from an empty cache")
      ->group("What is decoded")
      ->option_text("FILE.safetensors[:TENSOR]");
  app.add_option("--batch", o.batch, "Sequences decoded together [1]")
      ->group("What is decoded")
      ->option_text("N");
  app.add_option("--context", o.context,
                 "Tokens per sequence at the first step; the history is synthetic [4096]")
      ->group("What is decoded")
      ->option_text("TOKENS");
  app.add_option("--steps", o.steps, "Decode steps to measure [16, or all of the input]")
      ->check(CLI::PositiveNumber)
      ->group("What is decoded")
      ->option_text("N");
  app.add_option("--layers", o.layers, "Only the first N layers")
      ->group("What is decoded")
      ->option_text("N");
  app.add_option("--temperature", o.temperature, "Sampling temperature; 0 takes the best token [0]")
      ->check(CLI::NonNegativeNumber)
      ->group("What is decoded")
      ->option_text("T");
  app.add_option("--seed", o.seed, "Of synthetic weights, history, routing and sampling [0]")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{INT64_MAX}))
      ->group("What is decoded")
      ->option_text("N");
  app.add_option("--routing", o.routing,
                 "Where expert ids come from:\n" + routing::routing_spec_help())
      ->group("What is decoded")
      ->option_text("SPEC");
  app.add_option("--selection", o.selection,
                 "Where index selections come from: model, or recorded:FILE[:TENSOR]")
      ->group("What is decoded")
      ->option_text("SPEC");
}

void add_trace_options(CLI::App& app, RunOptions& o) {
  app.add_option("--max-batch", o.max_batch, "Sequences the replaying server decodes together [8]")
      ->group("Request traces")
      ->option_text("N");
  app.add_option("--max-context", o.max_context, "Longer requests are skipped and counted [32768]")
      ->group("Request traces")
      ->option_text("TOKENS");
  app.add_option("--step-time-ms", o.step_time_ms,
                 "Time a step takes on the trace's clock, so that arrivals count. Without it every "
                 "request is ready when a slot is free")
      ->check(CLI::PositiveNumber)
      ->group("Request traces")
      ->option_text("MS");
}

void add_execution_options(CLI::App& app, RunOptions& o) {
  app.add_option("--backend", o.backend, "cpu, cuda or auto [auto]")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}).description(""))
      ->group("How it is run")
      ->option_text("NAME");
  app.add_option("--comm", o.comm,
                 "Collectives of the CUDA back end: nccl (ranks of mpirun or --gpus), "
                 "pcie_loopback (the other ranks emulated through host memory), none, or auto "
                 "[auto]")
      ->check(CLI::IsMember({"auto", "nccl", "pcie_loopback", "none"}).description(""))
      ->group("How it is run")
      ->option_text("NAME");
  add_tuning_option(app, o.tuning);
  app.add_option("--gpus", o.gpus, "Start N ranks with mpirun, one a GPU")
      ->check(CLI::Range(1, 64))
      ->group("How it is run")
      ->option_text("N");
  app.add_flag("--eager", o.eager, "Launch every kernel instead of one CUDA graph a step")
      ->group("How it is run");
  app.add_option("--numerics", o.numerics,
                 "exact (float32), bf16, serving (BF16, FP8 caches), serving-a8 (FP8 activations "
                 "too) [serving]")
      ->transform(CLI::CheckedTransformer(numerics_values()).description(""))
      ->group("How it is run")
      ->option_text("NAME");
  app.add_option("--tp", o.tp,
                 "Tensor-parallel ranks [1, or as many as mpirun started]. In a single process: "
                 "this rank's shard alone, collectives left out")
      ->group("How it is run")
      ->option_text("N");
  app.add_option("--ep", o.ep, "Groups of ranks that hold different routed experts [1]")
      ->group("How it is run")
      ->option_text("N");
  app.add_option("--rank", o.rank, "Which shard to run in a single process [0]")
      ->group("How it is run")
      ->option_text("R");
  app.add_option("--threads", o.threads, "CPU threads [all, divided among ranks]")
      ->check(CLI::PositiveNumber)
      ->group("How it is run")
      ->option_text("N");
  app.add_option("--warmup", o.warmup, "Steps run first and not counted [1]")
      ->check(CLI::NonNegativeNumber)
      ->group("How it is run")
      ->option_text("N");
  app.add_flag("--profile", o.profile,
               "Also measure what measuring costs: every other step of --steps runs untraced\nand "
               "stays out of the stage table")
      ->group("How it is run");
}

void add_result_options(CLI::App& app, RunOptions& o) {
  app.add_option("--out", o.out, "Write the profile document")
      ->group("Results")
      ->option_text("PROFILE.json");
  app.add_option("--trace", o.trace, "Write every op as a Chrome trace (opens in Perfetto)")
      ->group("Results")
      ->option_text("TRACE.json");
  app.add_option("--dump-logits", o.dump_logits,
                 "Write the logits of all steps: tensor logits [B, T, V], float32")
      ->group("Results")
      ->option_text("FILE.safetensors");
  app.add_option("--record-routing", o.record_routing, "Write the chosen expert ids")
      ->group("Results")
      ->option_text("FILE.safetensors");
  app.add_option("--record-selection", o.record_selection, "Write the index selections")
      ->group("Results")
      ->option_text("FILE.safetensors");
  add_format_option(app, o.format);
}

// Rows of a request trace that could not be used, and requests that were left out.
void report_trace_losses(const traces::ServingSteps& trace, const std::string& file) {
  const traces::BadRows& bad = trace.bad_rows();
  for (const traces::BadRow& row : bad.first) {
    fmt::print(stderr, "{}:{}: {}\n", file, row.line, row.reason);
  }
  if (bad.count > 0) fmt::print(stderr, "{}: {} bad rows left out\n", file, bad.count);
  const traces::ServingSummary s = trace.summary();
  const std::int64_t skipped = s.skipped_prefill_only + s.skipped_empty_prompt + s.skipped_too_long;
  if (skipped > 0) {
    fmt::print(stderr,
               "{}: {} of {} requests skipped: {} without a decode step, {} with an empty prompt, "
               "{} longer than --max-context\n",
               file, skipped, s.requests, s.skipped_prefill_only, s.skipped_empty_prompt,
               s.skipped_too_long);
  }
}

collect::SessionResult measure(DecodeLoop& loop, const RunPlan& plan, const RunOptions& o,
                               const Launch& launch, bool speaks) {
  collect::HostSource source;
  std::optional<exporter::ChromeTraceWriter> trace;
  if (o.trace && speaks) trace.emplace(*o.trace);
  Progress progress(launch.stderr_is_terminal && speaks, "decoding step", plan.total_steps);
  collect::SessionOptions options;
  options.warmup_steps = o.warmup;
  options.measure_perturbation = o.profile;
  options.stop = &interrupted();
  options.on_progress = [&](std::int64_t done) { progress.update(done); };
  if (trace) options.on_activities = [&](const collect::ActivityList& list) { trace->add(list); };
  collect::SessionResult result = collect::run_session(
      source, {[&] { return loop.prepare(); }, [&] { loop.run(source); }}, options);
  if (trace) trace->finish();
  loop.finish();
  if (o.trace) result.measurement.trace_file = o.trace->string();
  return result;
}

// What bytes can be read at on this machine: the ceiling of the floors in the stage table.
double read_bandwidth_gbps(const RunPlan& plan) {
  return plan.cuda ? measure_device_read_gbps()
                   : collect::measure_read_bandwidth_gbps(plan.threads);
}

profile::Profile make_document(const DecodeLoop& loop, const RunPlan& plan, const BackEnd& back_end,
                               const Launch& launch, collect::SessionResult result) {
  profile::Profile document;
  document.provenance = make_provenance(launch.command_line);
  document.provenance->seed = static_cast<std::int64_t>(plan.workload.seed);
  document.provenance->sources = {plan.weights->description()};
  if (back_end.emulated()) document.provenance->kind = profile::Kind::kEmulated;
  document.workload = loop.workload_section();
  document.workload->comm = back_end.comm_name();
  if (plan.trace != nullptr) {
    document.workload->requests = std::make_shared<const nlohmann::json>(plan.trace->summary());
  }
  document.device = collect::probe_device(plan.threads);
  document.device->read_bandwidth_gbps = read_bandwidth_gbps(plan);
  document.measurement = std::move(result.measurement);
  return document;
}

void run_decode(const RunOptions& o, const Launch& launch) {
  if (o.gpus && *o.gpus > 1 && launch.ranks == 1) {
    relaunch_with_mpirun(launch.command_line, *o.gpus);
  }
  // MPI first: whatever fails later must not leave the other ranks waiting.
  std::unique_ptr<Communicator> ranks;
  if (launch.ranks > 1) ranks = make_mpi_communicator();
  RunPlan plan = make_run_plan(o, launch);
  if (ranks) plan.layout.rank = ranks->rank();
  const bool speaks = launch.ranks == 1 || plan.layout.rank == 0;
  set_cpu_threads(plan.threads);
  const BackEnd back_end = make_back_end(plan, std::move(ranks), o, launch);
  DecodeLoop loop(plan, *back_end.decoder, o, back_end.writes_files());
  collect::SessionResult result = measure(loop, plan, o, launch, speaks);
  if (!speaks) return;
  if (plan.trace != nullptr) report_trace_losses(*plan.trace, plan.source);
  if (result.stopped) fmt::print(stderr, "dscope: interrupted; what was measured is kept\n");
  if (result.measurement.steps.empty()) {
    throw usage_error(
        "no step was measured: the workload ended within its {} warm-up steps "
        "(--warmup 0 measures all)",
        o.warmup);
  }
  const profile::Profile document = make_document(loop, plan, back_end, launch, std::move(result));
  if (o.out) profile::write_profile(*o.out, document);
  print(exporter::render(exporter::stage_report(document), o.format));
}

}  // namespace

Run add_run(CLI::App& app, const Launch& launch) {
  const auto options = std::make_shared<RunOptions>();
  options->tuning = launch.tuning_file;
  add_workload_options(app, *options);
  add_trace_options(app, *options);
  add_execution_options(app, *options);
  add_result_options(app, *options);
  app.footer(
      "Examples:\n"
      "  dscope run --checkpoint DIR --input-ids ids.safetensors --numerics exact\n"
      "  dscope run --model dsv4-flash --layers 2 --context 8192 --out profile.json\n"
      "  dscope run --model dsv4-flash --tp 8 --rank 0 --layers 2 --batch 8 --routing zipf:1.1\n"
      "  dscope run --checkpoint DIR --workload requests.jsonl --max-batch 4 --steps 100\n"
      "  mpirun -np 2 dscope run --checkpoint DIR --input-ids ids.safetensors");
  return [options, &launch] { run_decode(*options, launch); };
}

}  // namespace dscope::cli
