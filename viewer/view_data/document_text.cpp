// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/document_text.h"

#include "profiler/export/report_facts.h"
#include "profiler/export/text.h"
#include "viewer/view_data/axis.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace dscope::view_data {
namespace {

using exporter::Align;
using exporter::Cell;
using exporter::CellValue;
using exporter::Column;

Table key_value_table(std::string id, std::string title) {
  Table table{.id = std::move(id), .title = std::move(title)};
  table.columns = {Column{.key = "what", .title = "What"},
                   Column{.key = "value", .title = "Value"}};
  return table;
}

Column number(std::string key, std::string title) {
  return Column{.key = std::move(key), .title = std::move(title), .align = Align::kRight};
}

Cell text_cell(const std::string& text) {
  return {exporter::printable(text)};
}

Cell count_cell(std::int64_t count) {
  return {CellValue(count), fmt::format("{}", count)};
}

std::string times(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string losses_in_words(const profile::Losses& losses) {
  const std::int64_t lost = losses.lost_records();
  return lost == 0 ? "nothing lost" : times(lost, "record") + " lost";
}

std::string gpu_of(std::int64_t device) {
  return device < 0 ? "host" : fmt::format("GPU {}", device);
}

template <class Value>
Cell optional_cell(const std::optional<Value>& value, const char* unit) {
  if (!value) return {};
  if constexpr (std::is_same_v<Value, std::int64_t>) {
    return {CellValue(*value), fmt::format("{}{}", *value, unit)};
  } else {
    return {CellValue(*value), fmt::format("{:.0f}{}", *value, unit)};
  }
}

// Series of one quantity, one for each device that has it.
template <class Get>
std::vector<StepSeries> series_of(const Document& document, const char* what, Get get) {
  std::map<std::int64_t, StepSeries> by_device;
  if (!document.profile.measurement) return {};
  for (const profile::ClockSample& sample : document.profile.measurement->clock_samples) {
    const auto value = get(sample);
    if (!value) continue;
    StepSeries& series = by_device[sample.device];
    series.name = gpu_of(sample.device) + " " + what;
    series.steps.push_back(static_cast<double>(sample.step));
    series.values.push_back(static_cast<double>(*value));
  }
  std::vector<StepSeries> list;
  for (auto& [device, series] : by_device) list.push_back(std::move(series));
  return list;
}

}  // namespace

std::string status_line(const Document& document) {
  std::string line = exporter::printable(exporter::headline(document.profile));
  if (document.report) {
    const exporter::StageReport& report = *document.report;
    line += report.steps ? fmt::format("  \u00b7  {} of {}", times(*report.steps, "step"),
                                       format_ns(report.step_ns))
                         : fmt::format("  \u00b7  {} in all", format_ns(report.step_ns));
    line += fmt::format("  \u00b7  closure {:.3f} %", report.closure_error * 100);
    line += "  \u00b7  " + losses_in_words(report.losses);
  }
  if (!document.complete) line += "  \u00b7  analysing: stages and steps follow";
  if (document.timeline->slice_count > 0 && document.timeline->has_events) {
    line +=
        "  \u00b7  " + times(static_cast<std::int64_t>(document.timeline->slice_count), "event");
  }
  return line;
}

std::string short_facts(const Document& document) {
  std::string facts(profile::id(document.kind()));
  if (!document.complete) return facts + ", analysing";
  if (document.report) {
    facts += document.report->steps
                 ? fmt::format(", {} a step", format_ns(document.report->step_ns))
                 : fmt::format(", {}", format_ns(document.report->step_ns));
  } else if (document.profile.prediction) {
    facts += ", " + format_value(document.profile.prediction->tok_s, Unit::kTokS);
  }
  return facts;
}

Table facts_table(const Document& document) {
  Table table = key_value_table("document_facts", "What this is");
  const auto add = [&](const std::string& what, const std::string& value) {
    if (value.find_first_not_of(' ') == std::string::npos) return;
    table.add({text_cell(what), text_cell(value)});
  };
  if (!document.files.empty()) {
    const std::string more = document.files.size() == 1
                                 ? std::string()
                                 : fmt::format(" and {} more", document.files.size() - 1);
    add("File",
        fmt::format("{}{} ({}, read in {:.2f} s)", document.files.front().string(), more,
                    format_bytes(static_cast<double>(document.file_bytes)), document.load_seconds));
  }
  for (const exporter::Fact& fact : exporter::facts(document.profile)) add(fact.label, fact.value);
  if (document.report) {
    for (const exporter::Fact& fact : exporter::verdicts(*document.report)) {
      add(fact.label, fact.value);
    }
  }
  if (document.profile.device) {
    for (const profile::GpuLink& link : document.profile.device->topology) {
      add(fmt::format("GPU {} to {}", link.a, link.b), link.path);
    }
    for (const std::string& missing : document.profile.device->missing) add("Not known", missing);
  }
  if (document.profile.prediction) {
    const profile::Prediction& p = *document.profile.prediction;
    std::string speed = format_value(p.tok_s, Unit::kTokS);
    if (p.tok_s_low && p.tok_s_high) {
      speed += fmt::format(" ({} to {})", format_value(*p.tok_s_low, Unit::kTokS),
                           format_value(*p.tok_s_high, Unit::kTokS));
    }
    add("Predicted", fmt::format("{}, {} a step", speed, format_ns(p.step_ns)));
    if (p.calibration_id) add("Calibration", *p.calibration_id);
  }
  for (const std::string& note : document.notes) add("Note", note);
  return table;
}

Table losses_table(const Document& document) {
  Table table{.id = "document_losses", .title = "Lost, set aside, skipped"};
  table.columns = {number("count", "Count"), Column{.key = "what", .title = "What"},
                   Column{.key = "kind", .title = "Kind"}};
  table.empty_text = "Nothing was lost, set aside or skipped.";
  if (document.profile.measurement) {
    for (const profile::LossInfo& loss : profile::kLosses) {
      const std::int64_t count = document.profile.measurement->losses.*loss.counter;
      if (count == 0) continue;
      table.add({count_cell(count), Cell(loss.label), Cell(loss.record ? "lost" : "set aside")});
    }
    for (const profile::SkippedRecords& skipped : document.profile.measurement->skipped) {
      table.add({count_cell(skipped.count), text_cell(skipped.reason), Cell("not used")});
    }
  }
  if (document.timeline->depth_limited > 0) {
    table.add({count_cell(static_cast<std::int64_t>(document.timeline->depth_limited)),
               Cell("events nested too deeply to be drawn"), Cell("not drawn")});
  }
  return table;
}

Table devices_table(const Document& document) {
  Table table{.id = "document_devices", .title = "Devices"};
  table.columns = {Column{.key = "device", .title = "Device"},
                   Column{.key = "name", .title = "Name"},
                   number("sms", "SMs"),
                   number("shared_memory_per_block_bytes", "Shared memory / block"),
                   number("l2_bytes", "L2"),
                   number("memory_bytes", "Memory"),
                   number("sm_clock_max_mhz", "SM clock, max"),
                   number("power_limit_w", "Power limit"),
                   Column{.key = "pcie", .title = "PCIe"}};
  table.empty_text = "The document does not say what it ran on.";
  if (!document.profile.device) return table;
  const auto bytes = [](const std::optional<std::int64_t>& value) {
    return value ? exporter::bytes_cell(static_cast<double>(*value)) : Cell();
  };
  for (const profile::Gpu& gpu : document.profile.device->gpus) {
    std::string pcie;
    if (gpu.pcie_generation && gpu.pcie_width) {
      pcie = fmt::format("gen {} x{}", *gpu.pcie_generation, *gpu.pcie_width);
    }
    table.add({Cell(gpu_of(gpu.index)), text_cell(gpu.name), optional_cell(gpu.sms, ""),
               bytes(gpu.shared_memory_per_block_bytes), bytes(gpu.l2_bytes),
               bytes(gpu.memory_bytes), optional_cell(gpu.sm_clock_max_mhz, " MHz"),
               optional_cell(gpu.power_limit_w, " W"), Cell(pcie)});
  }
  if (document.profile.device->host) {
    const profile::HostCpu& host = *document.profile.device->host;
    table.add({Cell("host"), text_cell(host.name), Cell(), Cell(), Cell(), bytes(host.memory_bytes),
               Cell(), Cell(), Cell()});
  }
  drop_empty_columns(table);
  return table;
}

Table steps_table(const Document& document) {
  Table table{.id = "document_steps", .title = "Steps"};
  table.columns = {number("step", "Step"),       number("wall_ns", "Wall"),
                   number("busy_ns", "Busy"),    number("gap_ns", "Idle"),
                   number("batch", "Batch"),     number("tokens", "Tokens"),
                   number("context", "Context"), number("closure_error", "Closure")};
  table.empty_text = "No steps were measured.";
  if (!document.profile.measurement) return table;
  const auto ns = [](std::int64_t value) { return exporter::ns_cell(static_cast<double>(value)); };
  for (const profile::StepSample& step : document.profile.measurement->steps) {
    table.add(
        {count_cell(step.index), ns(step.wall_ns), ns(step.busy_ns), ns(step.gap_ns),
         optional_cell(step.batch, ""), optional_cell(step.tokens, ""),
         optional_cell(step.max_context, ""),
         Cell(CellValue(step.closure_error), fmt::format("{:.3f} %", step.closure_error * 100))});
  }
  drop_empty_columns(table);
  return table;
}

Table calibration_table(const Document& document) {
  Table table{.id = "document_calibration", .title = "Fitted constants"};
  table.columns = {Column{.key = "name", .title = "Constant"}, number("value", "Value"),
                   Column{.key = "unit", .title = "Unit"}, number("low", "Low"),
                   number("high", "High")};
  if (!document.profile.calibration) return table;
  const auto value = [](std::optional<double> v) {
    return v ? Cell(CellValue(*v), format_value(*v, Unit::kNone)) : Cell();
  };
  for (const profile::FittedConstant& c : document.profile.calibration->constants) {
    table.add({text_cell(c.name), value(c.value), text_cell(c.unit), value(c.low), value(c.high)});
  }
  return table;
}

Table residuals_table(const Document& document) {
  Table table{.id = "document_residuals", .title = "Residuals of the calibration"};
  table.columns = {Column{.key = "source", .title = "Source"}, number("measured_ns", "Measured"),
                   number("predicted_ns", "Predicted"), number("relative", "Error"),
                   Column{.key = "held_out", .title = "Held out"}};
  table.tone_column = 3;
  if (!document.profile.calibration) return table;
  for (const profile::Residual& r : document.profile.calibration->residuals) {
    std::optional<double> relative;
    if (r.measured_ns > 0) relative = (r.predicted_ns - r.measured_ns) / r.measured_ns;
    table.add({text_cell(r.source), exporter::ns_cell(r.measured_ns),
               exporter::ns_cell(r.predicted_ns), exporter::share_cell(relative),
               Cell(CellValue(r.held_out), r.held_out ? "yes" : "no")});
  }
  return table;
}

std::vector<StepSeries> clock_series(const Document& document) {
  auto list =
      series_of(document, "SM clock", [](const profile::ClockSample& s) { return s.sm_clock_mhz; });
  auto memory = series_of(document, "memory clock",
                          [](const profile::ClockSample& s) { return s.memory_clock_mhz; });
  list.insert(list.end(), memory.begin(), memory.end());
  return list;
}

std::vector<StepSeries> power_series(const Document& document) {
  return series_of(document, "power", [](const profile::ClockSample& s) { return s.power_w; });
}

std::vector<StepSeries> wall_series(const Document& document) {
  if (!document.profile.measurement || !document.profile.measurement->has_steps) return {};
  StepSeries wall{.name = "wall"};
  StepSeries busy{.name = "busy"};
  for (const profile::StepSample& step : document.profile.measurement->steps) {
    for (StepSeries* series : {&wall, &busy})
      series->steps.push_back(static_cast<double>(step.index));
    wall.values.push_back(static_cast<double>(step.wall_ns));
    busy.values.push_back(static_cast<double>(step.busy_ns));
  }
  if (wall.steps.empty()) return {};
  return {std::move(wall), std::move(busy)};
}

Table throttle_table(const Document& document) {
  Table table{.id = "document_throttling", .title = "Clocks held back"};
  table.columns = {number("samples", "Samples"), Column{.key = "reason", .title = "Reason"}};
  table.empty_text = "No sample reports a throttle reason.";
  std::map<std::string, std::int64_t> counts;
  if (document.profile.measurement) {
    for (const profile::ClockSample& sample : document.profile.measurement->clock_samples) {
      for (const std::string& reason : sample.throttle_reasons) ++counts[reason];
    }
  }
  for (const auto& [reason, count] : counts) table.add({count_cell(count), text_cell(reason)});
  return table;
}

}  // namespace dscope::view_data
