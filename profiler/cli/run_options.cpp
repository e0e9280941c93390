// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/run_options.h"

#include "profiler/cli/command.h"
#include "profiler/cli/forced_configs.h"
#include "profiler/collect/counter_table.h"
#include "workloads/model_config.h"
#include "workloads/routing/routing_spec.h"
#include "workloads/traces/open_requests.h"

#include <fmt/format.h>

#include <map>

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
  app.add_option("--batch", o.batches, "Sequences decoded together [1]; several: a grid")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group("What is decoded")
      ->option_text("N[,N...]");
  app.add_option(
         "--context", o.contexts,
         "Tokens per sequence at the first step; the history is synthetic [4096].\nSeveral: "
         "every combination with --batch is run in turn, the weights stay loaded")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group("What is decoded")
      ->option_text("TOKENS[,...]");
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
  app.add_option(
         "--extra-shared", o.extra_shareds,
         "Forced occupancy: dynamic shared memory that every block of a CUDA kernel asks for "
         "on top of what it uses [0]; several: a grid")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group("How it is run")
      ->option_text("SIZE[,SIZE...]");
  app.add_option("--config", o.configs,
                 "Listed configurations that CUDA kernels are forced to where they can run a "
                 "shape: auto, or OP=INDEX joined by +, of " +
                     forced_configs_help() + " [auto]; several: a grid")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group("How it is run")
      ->option_text("CONFIG[,CONFIG...]");
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
  app.add_flag(
         "--profile", o.profile,
         "Also measure what measuring costs. Where CUPTI times the run, the workload runs twice:\n"
         "first without CUPTI in the process, then traced; else every other step is untraced.\n"
         "Time of a step and tok/s are of untraced steps, stage times of traced ones")
      ->group("How it is run");
}

void add_collect_options(CLI::App& app, RunOptions& o) {
  app.add_option("--collector", o.collector,
                 "What times the GPU: cupti (every kernel), events (every op, a second graph with\n"
                 "events between the ops), or auto: cupti where it is there [auto]")
      ->check(CLI::IsMember({"auto", "cupti", "events"}).description(""))
      ->group("How it is measured")
      ->option_text("NAME");
  app.add_option("--cupti", o.cupti, "The libcupti to use [the loader's, or a CUDA Toolkit's]")
      ->group("How it is measured")
      ->option_text("FILE");
  app.add_flag("--hes", o.hardware_trace,
               "Let CUPTI take timestamps from the hardware event system (Blackwell)")
      ->group("How it is measured");
  app.add_flag(
         "--counters{all}", o.counters,
         fmt::format("Read hardware counters of every kernel, in a few eager steps after the\n"
                     "measurement: --counters, or --counters=GROUP,... of {}",
                     fmt::join(collect::kCounterGroupIds, ", ")))
      ->group("How it is measured");
}

void add_result_options(CLI::App& app, RunOptions& o) {
  app.add_option("--out", o.out,
                 "Write the profile document; of a grid: a folder for one document each")
      ->group("Results")
      ->option_text("PROFILE.json");
  app.add_option("--trace,--perfetto", o.trace,
                 "Write every op as a Chrome trace with a track for each stage (opens in Perfetto)")
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

}  // namespace

void add_run_options(CLI::App& app, RunOptions& options) {
  add_workload_options(app, options);
  add_trace_options(app, options);
  add_execution_options(app, options);
  add_collect_options(app, options);
  add_result_options(app, options);
}

}  // namespace dscope::cli
