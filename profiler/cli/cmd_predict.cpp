// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/axes.h"
#include "model/limit.h"
#include "model/predict.h"
#include "profiler/cli/configuration_options.h"
#include "profiler/cli/version.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

namespace dscope::cli {
namespace {

using exporter::Align;
using exporter::Cell;
using exporter::Column;
using exporter::TextTable;
using model::Outcome;

struct PredictOptions {
  ConfigurationOptions configuration;
  std::vector<std::string> what_if;
  bool ops = false;
  bool uncertainty = false;
  std::optional<std::filesystem::path> out;
  exporter::Format format = exporter::Format::kTable;
};

// A configuration with one thing changed.
struct WhatIf {
  std::string assignment;
  Outcome outcome;
};

double stage_ns(const Outcome& outcome, Stage stage) {
  for (const profile::PredictedStage& s : outcome.prediction.stages) {
    if (s.stage == stage) return s.time_ns;
  }
  return 0;
}

Cell delta_cell(double delta_ns) {
  if (delta_ns == 0) return {delta_ns, "="};
  return {delta_ns, (delta_ns > 0 ? "+" : "-") + format_ns(std::abs(delta_ns))};
}

Cell interval_cell(const std::optional<double>& low, const std::optional<double>& high) {
  if (!low || !high) return {};
  return fmt::format("{} .. {}", format_ns(*low), format_ns(*high));
}

std::string limit_label(std::string_view id) {
  for (const model::LimitInfo& limit : model::kLimits) {
    if (limit.id == id) return std::string(limit.label);
  }
  return std::string(id);
}

void add_stage_row(TextTable& table, const Outcome& outcome, const StageInfo& stage,
                   const std::vector<WhatIf>& what_if) {
  const double here = stage_ns(outcome, stage.stage);
  bool shown = here > 0;
  for (const WhatIf& other : what_if) shown = shown || stage_ns(other.outcome, stage.stage) > 0;
  if (!shown) return;
  std::vector<Cell> row{Cell{std::string(stage.label)}, exporter::ns_cell(here)};
  const auto found =
      std::find_if(outcome.prediction.stages.begin(), outcome.prediction.stages.end(),
                   [&](const profile::PredictedStage& s) { return s.stage == stage.stage; });
  const bool has = found != outcome.prediction.stages.end();
  row.push_back(has ? interval_cell(found->low_ns, found->high_ns) : Cell{});
  row.push_back(exporter::share_cell(here / outcome.prediction.step_ns));
  row.push_back(has ? Cell{limit_label(found->limit)} : Cell{});
  for (const WhatIf& other : what_if) {
    row.push_back(delta_cell(stage_ns(other.outcome, stage.stage) - here));
  }
  table.add_row(std::move(row));
}

TextTable stage_table(const Outcome& outcome, const std::vector<WhatIf>& what_if) {
  std::vector<Column> columns{{"stage", "Stage"},
                              {"time_ns", "Time", Align::kRight},
                              {"interval", "Interval", Align::kRight},
                              {"share", "Share", Align::kRight},
                              {"limit", "Waits for"}};
  for (const WhatIf& other : what_if) {
    columns.push_back({"delta_ns " + other.assignment, other.assignment, Align::kRight});
  }
  TextTable table(std::move(columns));
  for (const StageInfo& stage : kStages) add_stage_row(table, outcome, stage, what_if);
  table.add_rule();
  const profile::Prediction& p = outcome.prediction;
  std::vector<Cell> total{"Step", exporter::ns_cell(p.step_ns), Cell{}, exporter::share_cell(1.0),
                          Cell{}};
  for (const WhatIf& other : what_if) {
    total.push_back(delta_cell(other.outcome.prediction.step_ns - p.step_ns));
  }
  table.add_row(std::move(total));
  return table;
}

TextTable op_table(const Outcome& outcome) {
  TextTable table({{"op", "Op"},
                   {"launches", "Kernels", Align::kRight},
                   {"time_ns", "Time", Align::kRight},
                   {"limit", "Waits for"},
                   {"bytes", "Bytes", Align::kRight},
                   {"blocks_per_sm", "Blocks/SM", Align::kRight},
                   {"waves", "Waves", Align::kRight},
                   {"bandwidth_gbps", "Reachable GB/s", Align::kRight}});
  for (const model::OpPrediction& op : outcome.ops) {
    table.add_row({info(op.op).name, Cell{op.launches, std::to_string(op.launches)},
                   exporter::ns_cell(op.time_ns), limit_label(op.limit),
                   exporter::bytes_cell(op.bytes), exporter::number_cell(op.blocks_per_sm),
                   exporter::number_cell(op.waves, 2), exporter::number_cell(op.bandwidth_gbps)});
  }
  return table;
}

TextTable uncertainty_table(const Outcome& outcome) {
  TextTable table({{"input", "Input"},
                   {"value", "Value", Align::kRight},
                   {"low", "Low", Align::kRight},
                   {"high", "High", Align::kRight},
                   {"unit", "Unit"},
                   {"at_low_ns", "Step at low", Align::kRight},
                   {"at_high_ns", "Step at high", Align::kRight},
                   {"source", "Source"},
                   {"where", "Where", Align::kLeft, 60}});
  for (const model::Sensitivity& s : outcome.sensitivities) {
    const auto number = [](double value) { return Cell{value, fmt::format("{:.4g}", value)}; };
    table.add_row({s.input.name, number(s.input.value), number(s.input.low), number(s.input.high),
                   s.input.unit, exporter::ns_cell(s.step_at_low_ns),
                   exporter::ns_cell(s.step_at_high_ns), s.input.source, s.input.where});
  }
  return table;
}

std::string headline(const model::Configuration& c, const Outcome& outcome) {
  const profile::Prediction& p = outcome.prediction;
  std::string text = fmt::format(
      "predicted: {}, {} x {}{}, {}, TP {}{}, batch {}, context {}\n", c.model.name, c.tp,
      c.device.label, c.tp > 1 ? ", " + c.interconnect.label : std::string(), c.kernel_set.label,
      c.tp, c.ep > 1 ? fmt::format(", EP {}", c.ep) : std::string(), c.batch, c.context);
  text += fmt::format("{:.1f} tok/s ({:.1f} .. {:.1f})", p.tok_s, p.tok_s_low.value_or(p.tok_s),
                      p.tok_s_high.value_or(p.tok_s));
  if (c.batch > 1) text += fmt::format(", {:.1f} per user", p.tok_s_per_user.value_or(p.tok_s));
  if (outcome.accepted_per_step > 1) {
    text += fmt::format(", {:.2f} tokens accepted a step", outcome.accepted_per_step);
  }
  return text + "\n\n";
}

std::string footer(const Outcome& outcome) {
  const double step = outcome.prediction.step_ns;
  const model::MemoryFit& memory = outcome.memory;
  std::string text = fmt::format(
      "\nroofline {} ({:.1f} times faster), all bytes over the datasheet's bandwidth {}; {:.0f} "
      "kernels\nmemory: {} of {} on each GPU; batch {} at this context or context {} at this "
      "batch would fit\n",
      format_ns(outcome.roofline_step_ns), step / outcome.roofline_step_ns,
      format_ns(outcome.naive_step_ns), outcome.launches, format_bytes(memory.needed_bytes),
      format_bytes(memory.available_bytes), memory.largest_batch, memory.largest_context);
  for (const std::string& warning : outcome.warnings) text += "note: " + warning + "\n";
  return text;
}

nlohmann::ordered_json stages_json(const Outcome& outcome, const Outcome* base) {
  auto stages = nlohmann::ordered_json::array();
  for (const profile::PredictedStage& s : outcome.prediction.stages) {
    nlohmann::ordered_json row{
        {"id", info(s.stage).id}, {"label", info(s.stage).label}, {"time_ns", s.time_ns}};
    if (base == nullptr) {
      row["low_ns"] = s.low_ns.value_or(s.time_ns);
      row["high_ns"] = s.high_ns.value_or(s.time_ns);
      row["share"] = s.time_ns / outcome.prediction.step_ns;
      row["limit"] = s.limit;
      if (s.terms) row["terms"] = *s.terms;
    } else {
      row["limit"] = s.limit;
      row["delta_ns"] = s.time_ns - stage_ns(*base, s.stage);
    }
    stages.push_back(std::move(row));
  }
  return stages;
}

nlohmann::ordered_json what_if_json(const Outcome& base, const WhatIf& other) {
  const profile::Prediction& p = other.outcome.prediction;
  return {{"change", other.assignment},
          {"step_ns", p.step_ns},
          {"delta_ns", p.step_ns - base.prediction.step_ns},
          {"tok_s", p.tok_s},
          {"stages", stages_json(other.outcome, &base)},
          {"warnings", other.outcome.warnings}};
}

std::string json_text(const Outcome& outcome, const std::vector<WhatIf>& what_if) {
  const profile::Prediction& p = outcome.prediction;
  const model::MemoryFit& memory = outcome.memory;
  nlohmann::ordered_json json{{"kind", "predicted"},
                              {"tok_s", p.tok_s},
                              {"tok_s_low", p.tok_s_low.value_or(p.tok_s)},
                              {"tok_s_high", p.tok_s_high.value_or(p.tok_s)},
                              {"tok_s_per_user", p.tok_s_per_user.value_or(p.tok_s)},
                              {"step_ns", p.step_ns},
                              {"roofline_step_ns", outcome.roofline_step_ns},
                              {"naive_step_ns", outcome.naive_step_ns},
                              {"accepted_per_step", outcome.accepted_per_step},
                              {"launches", outcome.launches},
                              {"stages", stages_json(outcome, nullptr)}};
  json["memory"] = {{"fits", memory.fits()},
                    {"needed_bytes", memory.needed_bytes},
                    {"available_bytes", memory.available_bytes},
                    {"largest_batch", memory.largest_batch},
                    {"largest_context", memory.largest_context}};
  json["parameters"] = *p.parameters;
  json["ops"] = nlohmann::json::parse(op_table(outcome).render(exporter::Format::kJson));
  json["uncertainty"] =
      nlohmann::json::parse(uncertainty_table(outcome).render(exporter::Format::kJson));
  json["what_if"] = nlohmann::json::array();
  for (const WhatIf& other : what_if) json["what_if"].push_back(what_if_json(outcome, other));
  json["warnings"] = outcome.warnings;
  return json.dump(2) + "\n";
}

std::string text_of(const PredictOptions& o, const model::Configuration& c, const Outcome& outcome,
                    const std::vector<WhatIf>& what_if) {
  if (o.format == exporter::Format::kJson) return json_text(outcome, what_if);
  if (o.format == exporter::Format::kCsv) {
    if (o.ops) return op_table(outcome).render(o.format);
    if (o.uncertainty) return uncertainty_table(outcome).render(o.format);
    return stage_table(outcome, what_if).render(o.format);
  }
  std::string text = headline(c, outcome) + stage_table(outcome, what_if).render(o.format);
  if (o.ops) text += "\n" + op_table(outcome).render(o.format);
  if (o.uncertainty) text += "\n" + uncertainty_table(outcome).render(o.format);
  return text + footer(outcome);
}

void predict(const PredictOptions& options, const Launch& launch) {
  const model::Configuration c = make_configuration(options.configuration);
  const Outcome outcome = model::predict(c);
  std::vector<WhatIf> what_if;
  for (const std::string& assignment : options.what_if) {
    what_if.push_back({assignment, model::predict(model::with(c, assignment))});
  }
  if (options.out) {
    profile::Profile document = model::predicted_profile(c, outcome);
    document.provenance = make_provenance(launch.command_line);
    document.provenance->kind = profile::Kind::kPredicted;
    profile::write_profile(*options.out, document);
  }
  print(text_of(options, c, outcome, what_if));
}

}  // namespace

Run add_predict(CLI::App& app, const Launch& launch) {
  const auto options = std::make_shared<PredictOptions>();
  add_configuration_options(app, options->configuration);
  app.add_option("--what-if", options->what_if,
                 "Also predict with this changed, and show the difference of every stage; repeat "
                 "for more")
      ->option_text("NAME=VALUE");
  app.add_flag("--ops", options->ops, "Also show every op: kernels, occupancy, bandwidth");
  app.add_flag("--uncertainty", options->uncertainty,
               "Also show what the interval is made of, the largest part first");
  app.add_option("--out", options->out, "Write the prediction as a profile document")
      ->option_text("PROFILE.json");
  add_format_option(app, options->format);
  app.footer(
      "Examples:\n  dscope predict\n"
      "  dscope predict --interconnect pcie5-no-p2p --what-if p2p=on --what-if captured=64k\n"
      "  dscope predict --device rtx-5090 --tp 4 --kernel-set dscope --context 64k\n"
      "  dscope predict --what-if p2p=off --what-if pcie=gen4 --what-if dram=+10%\n"
      "  dscope predict --kernel-set dscope --what-if smem=227KiB --ops --format json");
  return [options, launch] { predict(*options, launch); };
}

}  // namespace dscope::cli
