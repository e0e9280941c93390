// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/run_measurement.h"

#include "kernels/cuda/extra_shared.h"
#include "kernels/cuda/read_bandwidth.h"
#include "model/tile_choice.h"
#include "profiler/attribute/analyse.h"
#include "profiler/attribute/range_labels.h"
#include "profiler/cli/decode_loop.h"
#include "profiler/cli/forced_configs.h"
#include "profiler/cli/interrupt.h"
#include "profiler/cli/progress.h"
#include "profiler/cli/version.h"
#include "profiler/collect/cupti_source.h"
#include "profiler/collect/device_probe.h"
#include "profiler/collect/device_state.h"
#include "profiler/collect/host_bandwidth.h"
#include "profiler/collect/host_source.h"
#include "profiler/collect/session.h"
#include "profiler/collect/wall_clock.h"
#include "profiler/export/chrome_trace.h"
#include "workloads/base/error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

namespace dscope::cli {
namespace {

// How often clocks are looked at. NVML's own figures are averages over about as long.
constexpr std::chrono::milliseconds kStatePeriod{100};

// Of several ranks, the one that reports; alone, every one does.
bool is_first_rank(const RunPlan& plan, const Launch& launch) {
  return launch.ranks == 1 || plan.layout.rank == 0;
}

bool hopes_for_cupti(const RunOptions& o, const RunPlan& plan) {
  return plan.cuda && o.collector != "events";
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

collect::SessionOptions session_options(const RunOptions& o, collect::Untraced untraced) {
  collect::SessionOptions options;
  options.warmup_steps = o.warmup;
  options.untraced = untraced;
  options.stop = &interrupted();
  return options;
}

// The stages of the work of a step, as the writer of stage tracks takes them.
attribute::Analysis known_stages(const collect::ActivityList& list) {
  attribute::Analysis analysis;
  for (const Stage stage : attribute::label_work(list, {})) {
    analysis.work.emplace_back().stage = stage;
  }
  return analysis;
}

collect::SessionResult measure(DecodeLoop& loop, const RunPlan& plan, const ChosenSource& chosen,
                               const RunOptions& o, const Launch& launch, bool speaks) {
  collect::TraceSource& source = *chosen.source;
  std::optional<exporter::ChromeTraceWriter> trace;
  if (o.trace && speaks) trace.emplace(*o.trace);
  Progress progress(launch.stderr_is_terminal && speaks, "decoding step", plan.total_steps);
  collect::SessionOptions options = session_options(
      o, o.profile && !chosen.cupti ? collect::Untraced::kEveryOther : collect::Untraced::kNone);
  collect::DeviceStateSampler states(
      plan.cuda ? collect::nvml_observer(collect::probe_device(plan.threads).gpus) : nullptr,
      kStatePeriod);
  options.on_progress = [&](std::int64_t done) {
    progress.update(done);
    states.set_step(done);
  };
  if (trace) {
    options.on_activities = [&](const collect::ActivityList& list) {
      trace->add(list);
      trace->add_stages(list, known_stages(list));
    };
  }
  collect::SessionResult result = collect::run_session(
      source, {[&] { return loop.prepare(source); }, [&] { loop.run(source); }}, options);
  result.measurement.clock_samples = states.finish();
  if (trace) trace->finish();
  loop.finish();
  if (o.trace) result.measurement.trace_file = o.trace->string();
  return result;
}

// Forced configurations; forced occupancy, and the kernels that it did not fit and that ran as they
// are.
void add_forced(profile::Workload& workload, const RunOptions& o) {
  nlohmann::json fields = nlohmann::json::object();
  if (const auto configs = model::forced_configs_json(parse_forced_configs(o.config));
      !configs.empty()) {
    fields["forced_configs"] = configs;
  }
  if (extra_shared_bytes() > 0) fields["extra_shared_bytes"] = extra_shared_bytes();
  for (const ExtraSharedRefusal& refusal : extra_shared_refusals()) {
    fields["extra_shared_refused"].push_back(refusal.kernel);
  }
  if (fields.empty()) return;
  workload.unknown = std::make_shared<const nlohmann::json>(std::move(fields));
}

profile::Profile make_document(const DecodeLoop& loop, const RunPlan& plan, const BackEnd& back_end,
                               const RunOptions& options, const Launch& launch,
                               collect::SessionResult result) {
  profile::Profile document;
  document.provenance = make_provenance(launch.command_line);
  document.provenance->seed = static_cast<std::int64_t>(plan.workload.seed);
  document.provenance->sources = {plan.weights->description()};
  if (back_end.emulated()) document.provenance->kind = profile::Kind::kEmulated;
  document.workload = loop.workload_section();
  document.workload->comm = back_end.comm_name();
  add_forced(*document.workload, options);
  if (plan.trace != nullptr) {
    document.workload->requests = std::make_shared<const nlohmann::json>(plan.trace->summary());
  }
  document.measurement = std::move(result.measurement);
  return document;
}

}  // namespace

std::optional<profile::Perturbation> measure_untraced(const RunOptions& o, RunPlan& plan,
                                                      BackEnds& back_ends, const Launch& launch) {
  if (!o.profile || !hopes_for_cupti(o, plan)) return std::nullopt;
  const BackEnd back_end = back_ends.make(plan, o);
  DecodeLoop loop(plan, *back_end.decoder, o, /*writes_files=*/false);
  collect::WallClock clock;
  Progress progress(launch.stderr_is_terminal && is_first_rank(plan, launch),
                    "decoding step, untraced", plan.total_steps);
  collect::SessionOptions options = session_options(o, collect::Untraced::kAll);
  options.on_progress = [&](std::int64_t done) { progress.update(done); };
  collect::SessionResult result = collect::run_session(
      clock, {[&] { return loop.prepare(clock); }, [&] { loop.run(clock); }}, options);
  loop.finish();
  if (result.stopped) {
    throw Error(ErrorKind::kInterrupted, "interrupted before any step was traced");
  }
  result.measurement.perturbation->method =
      "the workload ran once without CUPTI in the process, then traced";
  return std::move(result.measurement.perturbation);
}

ChosenSource choose_source(const RunOptions& o, const RunPlan& plan) {
  ChosenSource chosen;
  const bool wanted = o.collector == "cupti" || o.cupti || o.hardware_trace;
  if (hopes_for_cupti(o, plan)) {
    collect::CuptiSourceOptions options;
    if (o.cupti) options.libraries = {*o.cupti};
    options.hardware_trace = o.hardware_trace;
    options.steps = plan.total_steps;
    try {
      chosen.source = collect::make_cupti_source(options);
      chosen.cupti = true;
      return chosen;
    } catch (const Error& e) {
      if (wanted || e.kind() != ErrorKind::kUnavailable) throw;
      chosen.note = fmt::format("ops are timed by events, not by CUPTI: {}", e.what());
    }
  }
  chosen.source = std::make_unique<collect::HostSource>();
  return chosen;
}

profile::Device examine_machine(const RunPlan& plan) {
  profile::Device device = collect::probe_device(plan.threads);
  device.read_bandwidth_gbps =
      plan.cuda ? measure_device_read_gbps() : collect::measure_read_bandwidth_gbps(plan.threads);
  return device;
}

void add_machine(profile::Profile& document, const RunPlan& plan, const profile::Device& machine) {
  document.device = machine;
  if (plan.cuda && document.provenance) {
    document.provenance->driver_version = machine.driver_version;
  }
}

RunResult run_configuration(RunPlan& plan, const BackEnd& back_end, const ChosenSource& source,
                            std::optional<profile::Perturbation> untraced,
                            const RunOptions& options, const Launch& launch) {
  RunResult run;
  run.speaks = is_first_rank(plan, launch);
  DecodeLoop loop(plan, *back_end.decoder, options, back_end.writes_files());
  collect::SessionResult result = measure(loop, plan, source, options, launch, run.speaks);
  if (source.cupti) result.measurement.perturbation = std::move(untraced);
  run.stopped = result.stopped;
  if (!run.speaks) return run;
  if (plan.trace != nullptr) report_trace_losses(*plan.trace, plan.source);
  if (result.measurement.steps.empty() && !run.stopped) {
    throw usage_error(
        "no step was measured: the workload ended within its {} warm-up steps "
        "(--warmup 0 measures all){}",
        options.warmup,
        options.profile && !source.cupti ? ", or before the first traced step (--steps)" : "");
  }
  run.document = make_document(loop, plan, back_end, options, launch, std::move(result));
  return run;
}

}  // namespace dscope::cli
