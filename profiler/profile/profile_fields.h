// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <concepts>
#include <type_traits>

// The one list of the fields of every struct of the profile document, by their JSON keys. Writer,
// reader and the test of schema.md walk it, so they cannot drift apart.
//
// visit(key, member) is called for fields that have a default, visit(key, member, kRequired) for
// those without which the object makes no sense.
namespace dscope::profile {

enum class Presence : bool { kDefaulted, kRequired };
inline constexpr Presence kRequired = Presence::kRequired;

template <class S, class T>
concept Is = std::same_as<std::remove_const_t<S>, T>;

void visit_fields(Is<Provenance> auto& s, auto&& visit) {
  visit("kind", s.kind, kRequired);
  visit("tool_version", s.tool_version);
  visit("git_sha", s.git_sha);
  visit("git_dirty", s.git_dirty);
  visit("compiler", s.compiler);
  visit("cuda_version", s.cuda_version);
  visit("driver_version", s.driver_version);
  visit("command_line", s.command_line);
  visit("seed", s.seed);
  visit("created_utc", s.created_utc);
  visit("sources", s.sources);
}

void visit_fields(Is<OpTotals> auto& s, auto&& visit) {
  visit("op", s.op, kRequired);
  visit("stage", s.stage, kRequired);
  visit("calls", s.calls);
  visit("weight_bytes", s.weight_bytes);
  visit("read_bytes", s.read_bytes);
  visit("write_bytes", s.write_bytes);
  visit("wire_bytes", s.wire_bytes);
  visit("flops", s.flops);
}

void visit_fields(Is<ParallelLayout> auto& s, auto&& visit) {
  visit("tp", s.tp, kRequired);
  visit("ep", s.ep, kRequired);
  visit("rank", s.rank, kRequired);
}

void visit_fields(Is<Workload> auto& s, auto&& visit) {
  visit("source", s.source);
  visit("model", s.model);
  visit("layout", s.layout);
  visit("numerics", s.numerics);
  visit("backend", s.backend);
  visit("comm", s.comm);
  visit("batch", s.batch);
  visit("context_min", s.context_min);
  visit("context_max", s.context_max);
  visit("context_mean", s.context_mean);
  visit("routing", s.routing);
  visit("requests", s.requests);
  visit("ops", s.ops);
}

void visit_fields(Is<HostCpu> auto& s, auto&& visit) {
  visit("name", s.name);
  visit("cores", s.cores);
  visit("logical_cpus", s.logical_cpus);
  visit("threads_used", s.threads_used);
  visit("memory_bytes", s.memory_bytes);
}

void visit_fields(Is<Gpu> auto& s, auto&& visit) {
  visit("index", s.index, kRequired);
  visit("name", s.name);
  visit("pci_bus_id", s.pci_bus_id);
  visit("compute_capability", s.compute_capability);
  visit("sms", s.sms);
  visit("shared_memory_per_block_bytes", s.shared_memory_per_block_bytes);
  visit("shared_memory_per_sm_bytes", s.shared_memory_per_sm_bytes);
  visit("l2_bytes", s.l2_bytes);
  visit("memory_bytes", s.memory_bytes);
  visit("sm_clock_max_mhz", s.sm_clock_max_mhz);
  visit("memory_clock_max_mhz", s.memory_clock_max_mhz);
  visit("power_limit_w", s.power_limit_w);
  visit("pcie_generation", s.pcie_generation);
  visit("pcie_width", s.pcie_width);
  visit("pcie_max_generation", s.pcie_max_generation);
  visit("pcie_max_width", s.pcie_max_width);
}

void visit_fields(Is<GpuLink> auto& s, auto&& visit) {
  visit("a", s.a, kRequired);
  visit("b", s.b, kRequired);
  visit("path", s.path, kRequired);
}

void visit_fields(Is<Device> auto& s, auto&& visit) {
  visit("host", s.host);
  visit("gpus", s.gpus);
  visit("topology", s.topology);
  visit("driver_version", s.driver_version);
  visit("read_bandwidth_gbps", s.read_bandwidth_gbps);
  visit("missing", s.missing);
}

void visit_fields(Is<StepSample> auto& s, auto&& visit) {
  visit("index", s.index, kRequired);
  visit("wall_ns", s.wall_ns, kRequired);
  visit("busy_ns", s.busy_ns, kRequired);
  visit("gap_ns", s.gap_ns, kRequired);
  visit("closure_error", s.closure_error, kRequired);
  visit("batch", s.batch);
  visit("tokens", s.tokens);
  visit("max_context", s.max_context);
  visit("stage_time_ns", s.stage_time_ns, kRequired);
  visit("stage_launches", s.stage_launches, kRequired);
  visit("device", s.device);
  visit("nccl_wait_ns", s.nccl_wait_ns);
  visit("nccl_transfer_ns", s.nccl_transfer_ns);
  visit("nccl_launch_ns", s.nccl_launch_ns);
  visit("comm_exposed_ns", s.comm_exposed_ns);
  visit("comm_hidden_ns", s.comm_hidden_ns);
}

void visit_fields(Is<KernelSummary> auto& s, auto&& visit) {
  visit("name", s.name, kRequired);
  visit("op", s.op);
  visit("stage", s.stage, kRequired);
  visit("count", s.count, kRequired);
  visit("total_ns", s.total_ns, kRequired);
  visit("waited_ns", s.waited_ns);
  visit("min_ns", s.min_ns);
  visit("median_ns", s.median_ns);
  visit("p95_ns", s.p95_ns);
  visit("p99_ns", s.p99_ns);
  visit("max_ns", s.max_ns);
  visit("position", s.position);
  visit("step_ns", s.step_ns);
}

void visit_fields(Is<Losses> auto& s, auto&& visit) {
  for (const LossInfo& loss : kLosses) visit(loss.key, s.*loss.counter);
}

void visit_fields(Is<Perturbation> auto& s, auto&& visit) {
  visit("method", s.method, kRequired);
  visit("untraced_wall_ns", s.untraced_wall_ns);
  visit("untraced_tokens", s.untraced_tokens);
  visit("range_cost_ns", s.range_cost_ns);
  visit("ranges_per_step", s.ranges_per_step);
}

void visit_fields(Is<Collector> auto& s, auto&& visit) {
  visit("name", s.name, kRequired);
  visit("version", s.version);
  visit("hardware_trace", s.hardware_trace);
  visit("records", s.records);
  visit("buffer_bytes", s.buffer_bytes);
  visit("buffers_high_water", s.buffers_high_water);
  visit("clock_residual_ns", s.clock_residual_ns);
  visit("unlabelled_nodes", s.unlabelled_nodes);
  visit("overhead_ns", s.overhead_ns);
}

void visit_fields(Is<ClockSample> auto& s, auto&& visit) {
  visit("step", s.step, kRequired);
  visit("device", s.device, kRequired);
  visit("sm_clock_mhz", s.sm_clock_mhz);
  visit("memory_clock_mhz", s.memory_clock_mhz);
  visit("power_w", s.power_w);
  visit("temperature_c", s.temperature_c);
  visit("throttle_reasons", s.throttle_reasons);
}

void visit_fields(Is<KernelCounters> auto& s, auto&& visit) {
  visit("name", s.name, kRequired);
  visit("op", s.op);
  visit("stage", s.stage, kRequired);
  visit("calls", s.calls, kRequired);
  visit("time_ns", s.time_ns);
  visit("dram_read_bytes", s.dram_read_bytes);
  visit("dram_write_bytes", s.dram_write_bytes);
  visit("l2_hits", s.l2_hits);
  visit("l2_misses", s.l2_misses);
  visit("shared_utilisation", s.shared_utilisation);
  visit("tensor_utilisation", s.tensor_utilisation);
}

void visit_fields(Is<Counters> auto& s, auto&& visit) {
  visit("method", s.method, kRequired);
  visit("chip", s.chip);
  visit("library", s.library);
  visit("steps", s.steps);
  visit("passes", s.passes);
  visit("missing", s.missing);
  visit("kernels", s.kernels, kRequired);
  visit("ops", s.ops);
}

void visit_fields(Is<LabelTotals> auto& s, auto&& visit) {
  visit("source", s.source, kRequired);
  visit("count", s.count, kRequired);
  visit("time_ns", s.time_ns, kRequired);
  visit("confidence", s.confidence);
}

void visit_fields(Is<UnattributedName> auto& s, auto&& visit) {
  visit("name", s.name, kRequired);
  visit("count", s.count, kRequired);
  visit("time_ns", s.time_ns, kRequired);
}

void visit_fields(Is<SkippedRecords> auto& s, auto&& visit) {
  visit("reason", s.reason, kRequired);
  visit("count", s.count, kRequired);
}

void visit_fields(Is<Measurement> auto& s, auto&& visit) {
  visit("has_steps", s.has_steps);
  visit("clock", s.clock);
  visit("steps_from", s.steps_from);
  visit("excluded_steps", s.excluded_steps);
  visit("steps", s.steps, kRequired);
  visit("kernels", s.kernels);
  visit("label_sources", s.label_sources);
  visit("unattributed_names", s.unattributed);
  visit("nccl_split", s.nccl_split);
  visit("losses", s.losses, kRequired);
  visit("skipped", s.skipped);
  visit("perturbation", s.perturbation);
  visit("collector", s.collector);
  visit("clock_samples", s.clock_samples);
  visit("counters", s.counters);
  visit("trace_file", s.trace_file);
}

void visit_fields(Is<PredictedStage> auto& s, auto&& visit) {
  visit("id", s.stage, kRequired);
  visit("time_ns", s.time_ns, kRequired);
  visit("low_ns", s.low_ns);
  visit("high_ns", s.high_ns);
  visit("limit", s.limit);
  visit("terms", s.terms);
}

void visit_fields(Is<Prediction> auto& s, auto&& visit) {
  visit("tok_s", s.tok_s, kRequired);
  visit("tok_s_low", s.tok_s_low);
  visit("tok_s_high", s.tok_s_high);
  visit("tok_s_per_user", s.tok_s_per_user);
  visit("step_ns", s.step_ns, kRequired);
  visit("stages", s.stages);
  visit("parameters", s.parameters);
  visit("calibration_id", s.calibration_id);
}

void visit_fields(Is<FittedConstant> auto& s, auto&& visit) {
  visit("name", s.name, kRequired);
  visit("value", s.value, kRequired);
  visit("unit", s.unit);
  visit("low", s.low);
  visit("high", s.high);
}

void visit_fields(Is<Residual> auto& s, auto&& visit) {
  visit("source", s.source, kRequired);
  visit("measured_ns", s.measured_ns, kRequired);
  visit("predicted_ns", s.predicted_ns, kRequired);
  visit("held_out", s.held_out);
}

void visit_fields(Is<Calibration> auto& s, auto&& visit) {
  visit("id", s.id, kRequired);
  visit("constants", s.constants);
  visit("sources", s.sources);
  visit("residuals", s.residuals);
  visit("held_out_error", s.held_out_error);
}

void visit_fields(Is<Profile> auto& s, auto&& visit) {
  visit("provenance", s.provenance);
  visit("workload", s.workload);
  visit("device", s.device);
  visit("measurement", s.measurement);
  visit("prediction", s.prediction);
  visit("calibration", s.calibration);
}

}  // namespace dscope::profile
