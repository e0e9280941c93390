// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/report_facts.h"

#include "profiler/export/text.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace dscope::exporter {
namespace {

using profile::Profile;

std::string plural(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string contexts(const profile::Workload& w) {
  if (!w.context_min || !w.context_max) return "";
  if (*w.context_min == *w.context_max) return fmt::format("context {}", *w.context_min);
  return fmt::format("context {}-{}", *w.context_min, *w.context_max);
}

std::string describe(const profile::Workload& w) {
  std::vector<std::string> parts;
  if (w.model) parts.push_back(w.model->name);
  if (w.layout && w.layout->tp > 1) {
    parts.push_back(fmt::format("tp {} ep {} rank {}", w.layout->tp, w.layout->ep, w.layout->rank));
  }
  if (w.batch) parts.push_back(fmt::format("batch {}", *w.batch));
  if (std::string text = contexts(w); !text.empty()) parts.push_back(std::move(text));
  if (w.numerics) parts.emplace_back(id(*w.numerics));
  if (w.backend) parts.push_back(*w.backend);
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe(const profile::HostCpu& cpu) {
  std::string text = cpu.name.empty() ? "unknown CPU" : cpu.name;
  if (cpu.threads_used) text += ", " + plural(*cpu.threads_used, "thread");
  if (cpu.memory_bytes) {
    text += ", " + format_bytes(static_cast<double>(*cpu.memory_bytes));
  }
  return text;
}

std::string describe(const profile::Gpu& gpu) {
  std::string text = gpu.name;
  if (gpu.compute_capability) text += ", compute capability " + *gpu.compute_capability;
  if (gpu.sms) text += fmt::format(", {} SMs", *gpu.sms);
  if (gpu.memory_bytes) text += ", " + format_bytes(static_cast<double>(*gpu.memory_bytes));
  if (gpu.pcie_generation && gpu.pcie_width) {
    text += fmt::format(", PCIe {} x{}", *gpu.pcie_generation, *gpu.pcie_width);
  }
  return text;
}

std::string describe(const profile::Counters& counters) {
  std::string text = fmt::format("{}; means over {} on {}", counters.method,
                                 plural(counters.steps, "step"), counters.chip);
  if (!counters.missing.empty()) {
    text += fmt::format("; this chip has no {}", fmt::join(counters.missing, ", "));
  }
  return text;
}

std::string describe(const profile::Losses& losses) {
  std::vector<std::string> parts;
  for (const profile::LossInfo& loss : profile::kLosses) {
    if (const std::int64_t count = losses.*loss.counter; count != 0) {
      parts.push_back(fmt::format("{} {}", count, loss.label));
    }
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string describe(const PerturbationSummary& p, double step_ns) {
  std::vector<std::string> parts;
  if (p.untraced_step_ns && p.slowdown) {
    parts.push_back(
        fmt::format("stage times are of traced steps, which take {:.1f} % {} ({} against {})",
                    std::fabs(*p.slowdown) * 100, *p.slowdown < 0 ? "less" : "longer",
                    format_ns(step_ns), format_ns(*p.untraced_step_ns)));
  }
  if (p.range_cost_ns && p.ranges_per_step) {
    parts.push_back(fmt::format("{:.0f} ranges a step at {:.0f} ns each", *p.ranges_per_step,
                                *p.range_cost_ns));
  }
  return parts.empty() ? p.method : fmt::format("{}", fmt::join(parts, "; "));
}

std::string describe(const CommSummary& comm) {
  std::vector<std::string> parts;
  const auto part = [&](const std::optional<double>& ns, const char* what) {
    if (ns) parts.push_back(fmt::format("{} {}", format_ns(*ns), what));
  };
  part(comm.wait_ns, "waiting for other ranks");
  part(comm.transfer_ns, "transfer");
  if (comm.split == "minimum duration") {
    parts.back() += " (estimated from the shortest of each kind)";
  } else if (comm.split == "minimum duration, bounded") {
    parts.back() +=
        " (estimated from the shortest of each kind, at most 100 us and its bytes at 1 GB/s, which "
        "decided)";
  } else if (!comm.split.empty()) {
    parts.back() += fmt::format(" ({})", comm.split);
  }
  part(comm.launch_ns, "idle before");
  part(comm.exposed_ns, "exposed");
  part(comm.hidden_ns, "hidden");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe(const std::vector<profile::LabelTotals>& sources) {
  double all_ns = 0;
  for (const profile::LabelTotals& totals : sources) all_ns += static_cast<double>(totals.time_ns);
  std::vector<std::string> parts;
  for (const profile::LabelTotals& totals : sources) {
    const double share = all_ns > 0 ? static_cast<double>(totals.time_ns) / all_ns * 100 : 0;
    std::string part = totals.source == "none"     ? fmt::format("{:.2f} % unknown", share)
                       : totals.source == "source" ? fmt::format("{:.2f} % from the source", share)
                       : totals.source == "neighbour"
                           ? fmt::format("{:.2f} % by position", share)
                           : fmt::format("{:.2f} % by {}", share, totals.source);
    part += fmt::format(" ({} call{}", totals.count, totals.count == 1 ? "" : "s");
    if (totals.confidence) part += fmt::format(", confidence {:.2f}", *totals.confidence);
    parts.push_back(part + ")");
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe(const std::vector<profile::UnattributedName>& names) {
  constexpr std::size_t kShown = 5;
  constexpr std::size_t kLongest = 60;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    parts.push_back(fmt::format("{} ({} x, {})", shorten(names[i].name, kLongest), names[i].count,
                                format_ns(static_cast<double>(names[i].time_ns))));
  }
  if (names.size() > kShown) parts.push_back(fmt::format("{} more", names.size() - kShown));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string describe_speed(const StageReport& report) {
  if (!report.tok_s) return "";
  std::string text = fmt::format("{:.2f} tok/s", *report.tok_s);
  if (report.traced_tok_s) text += fmt::format(" untraced ({:.2f} traced)", *report.traced_tok_s);
  return text;
}

std::string describe_steps(const StageReport& report) {
  std::string text = report.steps_from.empty() ? "" : "from " + report.steps_from;
  if (report.excluded_steps > 0) {
    text += fmt::format("; {} partial one{} at the ends left out", report.excluded_steps,
                        report.excluded_steps == 1 ? "" : "s");
  }
  return text;
}

// What the columns are statistics of. Where one step took far longer than the others, shares and
// medians tell different stories: the mean gives it away.
std::string describe_times(const StageReport& report) {
  const std::int64_t steps = report.steps.value_or(0) * report.devices;
  if (steps < 2) return "";
  std::string text = fmt::format("medians of {} steps; shares are of the sum of all", steps);
  const double mean_ns = static_cast<double>(report.wall_ns) / static_cast<double>(steps);
  constexpr double kFar = 1.2;
  if (mean_ns > kFar * report.step_ns) {
    text += fmt::format(", which slow steps dominate: {} on average", format_ns(mean_ns));
  }
  return text;
}

void add(std::vector<Fact>& facts, const char* label, std::string value) {
  if (!value.empty()) facts.push_back({label, std::move(value)});
}

}  // namespace

std::string headline(const Profile& profile) {
  const profile::Kind kind =
      profile.provenance ? profile.provenance->kind : profile::Kind::kMeasured;
  std::string text(profile::id(kind));
  std::string what = profile.workload ? describe(*profile.workload) : "";
  if (what.empty() && profile.provenance) {
    what = fmt::format("{}", fmt::join(profile.provenance->sources, ", "));
  }
  return what.empty() ? text : text + ": " + what;
}

std::string stage_label(Stage stage, const Profile& profile) {
  const bool on_host = profile.workload && profile.workload->backend == "cpu";
  return stage == Stage::kGap && on_host ? "Host idle" : std::string(info(stage).label);
}

std::vector<Fact> facts(const Profile& profile) {
  std::vector<Fact> list;
  if (profile.workload) add(list, "Workload", describe(*profile.workload));
  if (profile.device) {
    const profile::Device& device = *profile.device;
    if (device.host) add(list, "Host", describe(*device.host));
    for (const profile::Gpu& gpu : device.gpus) {
      add(list, fmt::format("GPU {}", gpu.index).c_str(), describe(gpu));
    }
    if (device.driver_version) add(list, "Driver", *device.driver_version);
    if (device.read_bandwidth_gbps) {
      add(list, "Read bandwidth",
          fmt::format("{:.1f} GB/s, measured in this run", *device.read_bandwidth_gbps));
    }
  }
  if (profile.measurement && profile.measurement->counters) {
    add(list, "Counters", describe(*profile.measurement->counters));
  }
  if (profile.provenance) {
    const profile::Provenance& p = *profile.provenance;
    add(list, "Kind", std::string(profile::id(p.kind)));
    add(list, "Command", fmt::format("{}", fmt::join(p.command_line, " ")));
    add(list, "Sources", fmt::format("{}", fmt::join(p.sources, ", ")));
    if (p.seed) add(list, "Seed", fmt::format("{}", *p.seed));
    add(list, "Time", p.created_utc);
    add(list, "Tool",
        fmt::format("{} {}{} {}", p.tool_version, p.git_sha, p.git_dirty ? " (modified)" : "",
                    p.compiler));
  }
  return list;
}

std::vector<Fact> verdicts(const StageReport& report) {
  std::vector<Fact> list;
  add(list, "Speed", describe_speed(report));
  list.push_back({"Closure", fmt::format("stages + idle = wall time{} to within {:.3f} %{}",
                                         untraced_step_ns(report) ? " of the traced steps" : "",
                                         report.closure_error * 100,
                                         report.closure_error > 0.01 ? ": MORE THAN 1 %" : "")});
  list.push_back({"Losses", describe(report.losses)});
  add(list, "Steps", describe_steps(report));
  add(list, "Times", describe_times(report));
  if (report.comm) add(list, "NCCL", describe(*report.comm));
  add(list, "Labels", describe(report.label_sources));
  add(list, "Unknown", describe(report.unattributed));
  if (report.perturbation) {
    list.push_back({"Tracing", describe(*report.perturbation, report.step_ns)});
  }
  return list;
}

}  // namespace dscope::exporter
