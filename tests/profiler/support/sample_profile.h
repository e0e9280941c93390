// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <vector>

namespace dscope::profile::testing {

// One measured step: MoE and NCCL, the rest idle.
inline StepSample sample_step(std::int64_t index, std::int64_t moe_ns, std::int64_t nccl_ns,
                              std::int64_t wall_ns) {
  StepSample step;
  step.index = index;
  step.wall_ns = wall_ns;
  step.busy_ns = moe_ns + nccl_ns;
  step.gap_ns = wall_ns - step.busy_ns;
  step.tokens = 2;
  step.stage_time_ns[static_cast<std::size_t>(Stage::kMoe)] = moe_ns;
  step.stage_time_ns[static_cast<std::size_t>(Stage::kNccl)] = nccl_ns;
  step.stage_launches[static_cast<std::size_t>(Stage::kMoe)] = 4;
  step.stage_launches[static_cast<std::size_t>(Stage::kNccl)] = 2;
  return step;
}

inline OpTotals sample_op(const char* name, Stage stage, double read_bytes, double wire_bytes) {
  OpTotals op;
  op.op = name;
  op.stage = stage;
  op.calls = 1;
  op.read_bytes = read_bytes;
  op.wire_bytes = wire_bytes;
  op.flops = 2 * read_bytes;
  return op;
}

inline KernelSummary sample_kernel(const char* name, Stage stage,
                                   std::vector<std::int64_t> step_ns) {
  KernelSummary kernel;
  kernel.name = name;
  kernel.stage = stage;
  kernel.step_ns = std::move(step_ns);
  kernel.count = static_cast<std::int64_t>(kernel.step_ns.size());
  for (const std::int64_t ns : kernel.step_ns) kernel.total_ns += ns;
  kernel.min_ns = kernel.median_ns = kernel.max_ns = kernel.step_ns.front();
  kernel.p95_ns = kernel.p99_ns = kernel.max_ns;
  return kernel;
}

// A CPU run of three steps: wall 1000, 1200, 1100 ns; MoE 600, 700, 650; NCCL 100, 100, 200.
inline Profile sample_profile() {
  Profile profile;
  Provenance& provenance = profile.provenance.emplace();
  provenance.tool_version = "0.1.0";
  provenance.git_sha = "abc123";
  provenance.command_line = {"dscope", "run", "--model", "<tiny>"};
  provenance.created_utc = "2026-01-31T12:00:00Z";
  Workload& workload = profile.workload.emplace();
  workload.model.emplace().name = "dsv4-tiny";
  workload.backend = "cpu";
  workload.batch = 2;
  workload.context_min = 64;
  workload.context_max = 66;
  workload.context_mean = 65;
  workload.numerics = Numerics::kServing;
  workload.ops = {sample_op("moe.routed", Stage::kMoe, 1300, 0),
                  sample_op("moe.all_reduce", Stage::kNccl, 0, 500)};
  Device& device = profile.device.emplace();
  device.host.emplace().name = "Some CPU";
  device.read_bandwidth_gbps = 4;
  device.missing = {"GPUs: libcuda.so.1: cannot open"};
  Measurement& measurement = profile.measurement.emplace();
  measurement.steps = {sample_step(1, 600, 100, 1000), sample_step(2, 700, 100, 1200),
                       sample_step(3, 650, 200, 1100)};
  measurement.kernels = {sample_kernel("moe.routed", Stage::kMoe, {600, 700, 650}),
                         sample_kernel("moe.all_reduce", Stage::kNccl, {100, 100, 200})};
  return profile;
}

}  // namespace dscope::profile::testing
