// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/comparability.h"

#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dscope::exporter {
namespace {

using profile::Kind;
using profile::Profile;
using profile::Workload;

std::string differs(const char* what, std::string_view a, std::string_view b) {
  return fmt::format("{} differs: {} against {}", what, a, b);
}

Kind kind_of(const Profile& profile) {
  const Kind kind = profile.provenance ? profile.provenance->kind : Kind::kMeasured;
  return kind == Kind::kImported ? Kind::kMeasured : kind;
}

bool has_steps(const Profile& profile) {
  return profile.measurement && !profile.measurement->steps.empty();
}

std::string describe(const ParallelLayout& layout) {
  return fmt::format("tp {} ep {}", layout.tp, layout.ep);
}

// Two models are the same when their dimensions are: the name is only where they came from.
bool same_dimensions(ModelConfig a, const ModelConfig& b) {
  a.name = b.name;
  return a == b;
}

// The first reason why nothing of the two can be compared.
std::string obstacle(const Profile& a, const Profile& b) {
  if (!has_steps(a) || !has_steps(b)) {
    return fmt::format("{} holds no measured step", has_steps(a) ? "B" : "A");
  }
  if (kind_of(a) != kind_of(b)) {
    return differs("kind", profile::id(kind_of(a)), profile::id(kind_of(b)));
  }
  if (a.measurement->has_steps != b.measurement->has_steps) {
    return fmt::format("{} is a whole trace without step marks",
                       a.measurement->has_steps ? "B" : "A");
  }
  if (!a.workload || !b.workload) return "";
  const Workload& x = *a.workload;
  const Workload& y = *b.workload;
  if (x.model && y.model && !same_dimensions(*x.model, *y.model)) {
    return x.model->name == y.model->name
               ? differs("model", fmt::format("{} layers", x.model->layers),
                         fmt::format("{} layers or other dimensions", y.model->layers))
               : differs("model", x.model->name, y.model->name);
  }
  if (x.layout && y.layout && (x.layout->tp != y.layout->tp || x.layout->ep != y.layout->ep)) {
    return differs("layout", describe(*x.layout), describe(*y.layout));
  }
  if (x.numerics && y.numerics && x.numerics != y.numerics) {
    return differs("numerics", id(*x.numerics), id(*y.numerics));
  }
  if (x.batch && y.batch && x.batch != y.batch) {
    return differs("batch", fmt::format("{}", *x.batch), fmt::format("{}", *y.batch));
  }
  return "";
}

// What a stage moves and computes in a step.
struct Work {
  double bytes = 0;
  double flops = 0;
};

Work work_of(Stage stage, const Workload& workload) {
  Work work;
  for (const profile::OpTotals& op : workload.ops) {
    if (op.stage != stage) continue;
    work.bytes += op.dram_bytes() + op.wire_bytes;
    work.flops += op.flops;
  }
  return work;
}

bool nearly_equal(double a, double b, double tolerance) {
  return std::fabs(a - b) <= tolerance * std::max(std::fabs(a), std::fabs(b));
}

std::string work_differs(Stage stage, const Profile& a, const Profile& b, double tolerance) {
  if (!a.workload || !b.workload || a.workload->ops.empty() || b.workload->ops.empty()) return "";
  const Work x = work_of(stage, *a.workload);
  const Work y = work_of(stage, *b.workload);
  if (!nearly_equal(x.bytes, y.bytes, tolerance)) {
    return differs("work", format_bytes(x.bytes), format_bytes(y.bytes));
  }
  if (!nearly_equal(x.flops, y.flops, tolerance)) {
    return differs("work", format_flops(x.flops), format_flops(y.flops));
  }
  return "";
}

// Without op costs on both sides, contexts are what is left to tell whether the work is equal.
std::string contexts_differ(const Profile& a, const Profile& b, double tolerance) {
  if (!a.workload || !b.workload) return "";
  const Workload& x = *a.workload;
  const Workload& y = *b.workload;
  if (!x.ops.empty() && !y.ops.empty()) return "";
  if (!x.context_mean || !y.context_mean) return "";
  if (nearly_equal(*x.context_mean, *y.context_mean, tolerance)) return "";
  return differs("context", fmt::format("{:.0f}", *x.context_mean),
                 fmt::format("{:.0f}", *y.context_mean));
}

// What ran the steps: the GPUs, or the CPU with its threads.
std::string machine(const Profile& profile) {
  if (!profile.device) return "";
  const profile::Device& device = *profile.device;
  const bool on_cpu = profile.workload && profile.workload->backend == "cpu";
  if (!on_cpu && !device.gpus.empty()) {
    return fmt::format("{} x {}", device.gpus.size(), device.gpus.front().name);
  }
  if (!device.host) return "";
  return fmt::format("{}, {} threads", device.host->name, device.host->threads_used.value_or(0));
}

std::vector<std::string> notes(const Profile& a, const Profile& b) {
  std::vector<std::string> list;
  const std::string machine_a = machine(a);
  const std::string machine_b = machine(b);
  if (!machine_a.empty() && !machine_b.empty() && machine_a != machine_b) {
    list.push_back(differs("device", machine_a, machine_b));
  }
  if (a.workload && b.workload && a.workload->backend && b.workload->backend &&
      a.workload->backend != b.workload->backend) {
    list.push_back(differs("backend", *a.workload->backend, *b.workload->backend));
  }
  if (!a.workload || !b.workload) {
    list.push_back(
        "the workload of at least one document is unknown: whether both did the same "
        "work is for the reader to judge");
  }
  for (const auto& [name, profile] : {std::pair("A", &a), std::pair("B", &b)}) {
    const std::int64_t lost =
        profile->measurement ? profile->measurement->losses.lost_records() : 0;
    if (lost > 0) list.push_back(fmt::format("{} lost {} records", name, lost));
  }
  return list;
}

}  // namespace

Comparability comparability(const Profile& a, const Profile& b, double tolerance) {
  Comparability result;
  result.notes = notes(a, b);
  result.step = obstacle(a, b);
  if (result.step.empty()) result.step = contexts_differ(a, b, tolerance);
  for (const StageInfo& stage : kStages) {
    std::string& of_stage = result.stages[static_cast<std::size_t>(stage.stage)];
    of_stage = result.step.empty() ? work_differs(stage.stage, a, b, tolerance) : result.step;
  }
  if (!result.step.empty()) return result;
  for (const StageInfo& stage : kStages) {
    if (!result.of(stage.stage).empty()) {
      result.step = fmt::format("{}: {}", stage.label, result.of(stage.stage));
      break;
    }
  }
  result.stages[static_cast<std::size_t>(Stage::kGap)] = result.step;
  return result;
}

}  // namespace dscope::exporter
