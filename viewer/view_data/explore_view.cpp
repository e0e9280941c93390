// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/explore_view.h"

#include "model/limit.h"
#include "viewer/view_data/explore_controls.h"
#include "viewer/view_data/finite.h"
#include "viewer/view_data/kernel_list.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace dscope::view_data {
namespace {

using model::Configuration;
using model::Outcome;

std::string tok_s_text(double tok_s) {
  return fmt::format("{:.{}f}", tok_s, tok_s >= 1000 ? 0 : tok_s >= 100 ? 1 : 2);
}

// A share of another value, "+3.1 %".
std::optional<double> against(double value, double other) {
  if (!has_logarithm(other)) return std::nullopt;
  return finite(value / other - 1);
}

// The parts of a stage: an object of "dram_ns": 123 and the like.
std::vector<std::pair<std::string, double>> terms_of(const profile::PredictedStage& stage) {
  std::vector<std::pair<std::string, double>> terms;
  if (!stage.terms || !stage.terms->is_object()) return terms;
  for (const model::LimitInfo& limit : model::kLimits) {
    const auto found = stage.terms->find(fmt::format("{}_ns", limit.id));
    if (found == stage.terms->end() || !found->is_number()) continue;
    const double ns = drawable(found->get<double>());
    if (ns > 0) terms.emplace_back(limit.label, ns);
  }
  std::stable_sort(terms.begin(), terms.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return terms;
}

void fill_stages(ExploreView& view, const profile::Prediction& prediction,
                 const Counterpart* other) {
  double total = 0;
  for (const profile::PredictedStage& stage : prediction.stages) total += drawable(stage.time_ns);
  for (const profile::PredictedStage& from : prediction.stages) {
    ExploreStage& stage = view.stages.emplace_back();
    stage.stage = from.stage;
    stage.label = info(from.stage).label;
    stage.time_ns = drawable(from.time_ns);
    stage.low_ns = finite(from.low_ns);
    stage.high_ns = finite(from.high_ns);
    stage.share = total > 0 ? stage.time_ns / total : 0;
    stage.limit = limit_label(from.limit);
    stage.terms = terms_of(from);
    if (other == nullptr) continue;
    stage.other_ns = other->ns[static_cast<std::size_t>(from.stage)];
    stage.relative = against(stage.time_ns, stage.other_ns.value_or(0));
  }
}

// What only the counterpart spends time on is a row, too: a stage that the model does not know of.
void add_stages_of(ExploreView& view, const Counterpart& other) {
  for (const StageInfo& info : kStages) {
    const std::optional<double>& ns = other.ns[static_cast<std::size_t>(info.stage)];
    const bool known = std::any_of(view.stages.begin(), view.stages.end(),
                                   [&](const ExploreStage& s) { return s.stage == info.stage; });
    if (known || ns.value_or(0) <= 0) continue;
    ExploreStage& stage = view.stages.emplace_back();
    stage.stage = info.stage;
    stage.label = info.label;
    stage.other_ns = ns;
  }
  std::stable_sort(view.stages.begin(), view.stages.end(),
                   [](const auto& a, const auto& b) { return a.stage < b.stage; });
}

void fill_limits(ExploreView& view) {
  double total = 0;
  for (const ExploreStage& stage : view.stages) {
    for (const auto& [label, ns] : stage.terms) {
      auto found =
          std::find_if(view.limits.begin(), view.limits.end(),
                       [&l = label](const ExploreLimit& limit) { return limit.label == l; });
      if (found == view.limits.end()) {
        found = view.limits.insert(view.limits.end(), ExploreLimit{label, 0, 0});
      }
      found->ns += ns;
      total += ns;
    }
  }
  for (ExploreLimit& limit : view.limits) limit.share = total > 0 ? limit.ns / total : 0;
  std::stable_sort(view.limits.begin(), view.limits.end(),
                   [](const auto& a, const auto& b) { return a.ns > b.ns; });
}

std::string input_text(double value, const std::string& unit) {
  if (unit == "ns") return format_ns(value);
  const bool whole = std::fabs(value) >= 1e4 && std::fabs(value) < 1e15;
  const std::string number = whole ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
  return unit.empty() || unit == "1" || unit == "share" ? number : number + " " + unit;
}

// "DRAM read" for "device.dram_read_gbps": the unit stands behind the values.
std::string input_label(std::string name) {
  static constexpr std::array<std::string_view, 8> kNames{"DRAM", "L2",  "BF16", "FP8",
                                                          "FP32", "MLA", "MoE",  "NCCL"};
  if (const std::size_t dot = name.find('.'); dot != std::string::npos && dot < 13) {
    name.erase(0, dot + 1);
  }
  for (const std::string_view unit : {"_gbps", "_tflops", "_ns", "_cycles", "_bytes"}) {
    if (name.ends_with(unit)) name.erase(name.size() - unit.size());
  }
  std::string label;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const std::size_t end = std::min(name.find('_', begin), name.size());
    std::string word = name.substr(begin, end - begin);
    for (const std::string_view known : kNames) {
      const bool same = word.size() == known.size() && contains_ignoring_case(word, known);
      if (same) word = known;
    }
    label += label.empty() ? word : " " + word;
    begin = end + 1;
  }
  if (!label.empty() && label[0] >= 'a' && label[0] <= 'z') {
    label[0] = static_cast<char>(label[0] - 'a' + 'A');
  }
  return label;
}

void fill_tornado(ExploreView& view, const Outcome& outcome, std::size_t most) {
  const double tokens = drawable(outcome.prediction.tok_s) * drawable(outcome.prediction.step_ns);
  for (const model::Sensitivity& from : outcome.sensitivities) {
    if (view.tornado.size() == most) break;
    if (!has_logarithm(from.step_at_low_ns) || !has_logarithm(from.step_at_high_ns)) continue;
    TornadoRow& row = view.tornado.emplace_back();
    row.label = input_label(from.input.name);
    row.tok_s_at_low = drawable(tokens / from.step_at_low_ns);
    row.tok_s_at_high = drawable(tokens / from.step_at_high_ns);
    // The unit once, but for times: each has its own.
    row.low_text = input_text(from.input.low, from.input.unit == "ns" ? "ns" : "");
    row.high_text = input_text(from.input.high, from.input.unit);
    row.details = {{"input", from.input.name},
                   {"value", input_text(from.input.value, from.input.unit)},
                   {"interval", fmt::format("{} to {}", row.low_text, row.high_text)},
                   {"tok/s", fmt::format("{} to {}", tok_s_text(row.tok_s_at_low),
                                         tok_s_text(row.tok_s_at_high))},
                   {from.input.source, from.input.where}};
  }
}

std::string memory_text(const model::MemoryFit& memory) {
  std::string text = fmt::format("{} of {}", format_bytes(drawable(memory.needed_bytes)),
                                 format_bytes(drawable(memory.available_bytes)));
  if (memory.largest_batch > 0) text += fmt::format(", batch up to {}", memory.largest_batch);
  if (memory.largest_context > 0) text += fmt::format(", context up to {}", memory.largest_context);
  return text;
}

void fill_facts(ExploreView& view, const Answer& answer) {
  const Outcome& outcome = *answer.outcome;
  const profile::Prediction& p = outcome.prediction;
  const auto of_step = [&](double bound_ns) {
    return fmt::format("{}, {:.1f} % of the step", format_ns(drawable(bound_ns)),
                       drawable(bound_ns) / p.step_ns * 100);
  };
  view.facts.push_back({"Step", format_ns(p.step_ns)});
  if (answer.configuration.batch > 1 && p.tok_s_per_user) {
    view.facts.push_back({"Per sequence", tok_s_text(drawable(*p.tok_s_per_user)) + " tok/s"});
  }
  if (answer.configuration.speculation.depth > 0) {
    view.facts.push_back(
        {"Accepted", fmt::format("{:.2f} tokens a step", drawable(outcome.accepted_per_step))});
  }
  view.facts.push_back({"Roofline bound", of_step(outcome.roofline_step_ns)});
  view.facts.push_back({"Data-sheet bound", of_step(outcome.naive_step_ns)});
  view.facts.push_back({"Launches", fmt::format("{:.0f} a step", drawable(outcome.launches))});
  view.facts.push_back({"Memory", memory_text(outcome.memory)});
  view.facts.push_back({"Calibration", p.calibration_id.value_or("none")});
}

void fill_other(ExploreView& view, const Outcome& outcome, const Counterpart& other) {
  view.other_name = other.name;
  view.other_step_ns = other.step_ns;
  view.other_measured = other.measured;
  const auto relative = against(outcome.prediction.step_ns, other.step_ns);
  view.other_text = format_ns(other.step_ns);
  if (other.tok_s > 0) view.other_text += fmt::format(", {} tok/s", tok_s_text(other.tok_s));
  if (relative) view.other_text += fmt::format("; the step here is {:+.1f} %", *relative * 100);
}

exporter::Cell text_cell(double value, std::string text) {
  return std::isfinite(value) ? exporter::Cell(value, std::move(text)) : exporter::Cell();
}

std::vector<exporter::Cell> point_cells(const AnswerPoint& point) {
  if (point.step_ns <= 0) return {{}, {}, {}, {}, {}, {}, {}, point.blocked};
  return {text_cell(point.tok_s, tok_s_text(point.tok_s)),
          text_cell(point.tok_s_low, tok_s_text(point.tok_s_low)),
          text_cell(point.tok_s_high, tok_s_text(point.tok_s_high)),
          text_cell(point.tok_s_per_user, tok_s_text(point.tok_s_per_user)),
          exporter::ns_cell(point.step_ns),
          exporter::bytes_cell(point.memory_bytes),
          point.limit,
          point.blocked};
}

void add_point_columns(Table& table) {
  using exporter::Align;
  table.columns.insert(table.columns.end(), {{"tok_s", "tok/s", Align::kRight},
                                             {"tok_s_low", "Low", Align::kRight},
                                             {"tok_s_high", "High", Align::kRight},
                                             {"tok_s_per_user", "Per sequence", Align::kRight},
                                             {"step_ns", "Step", Align::kRight},
                                             {"memory_bytes", "Memory", Align::kRight},
                                             {"limit", "Limited by"},
                                             {"blocked", "Not possible because"}});
}

}  // namespace

std::string limit_label(std::string_view id) {
  for (const model::LimitInfo& limit : model::kLimits) {
    if (limit.id == id) return std::string(limit.label);
  }
  return std::string(id);
}

std::string axis_note(std::string_view axis, const Configuration& configuration) {
  const bool is_tile = axis.starts_with("moe_") || axis.starts_with("mla_") || axis == "padding";
  if (is_tile && !configuration.kernel_set.trait("library_launches")) {
    return fmt::format("{} is not described by tiles: take the kernel set of this library",
                       configuration.kernel_set.label);
  }
  const bool is_link = axis == "link" || axis == "hop" || axis == "pcie" || axis == "p2p" ||
                       axis == "interconnect" || axis == "allreduce";
  if (is_link && configuration.tp == 1) return "One GPU alone has no links";
  const bool is_draft = axis == "acceptance" || axis == "draft";
  if (is_draft && configuration.speculation.depth == 0) return "Speculation is off: its depth is 0";
  return "";
}

std::string configuration_name(const Configuration& c) {
  const auto axis_text = [&](const char* axis) {
    return shown_value(model::find_axis(axis), model::find_axis(axis).get(c));
  };
  return fmt::format("{} x {}, batch {}, context {}, {}", c.tp, axis_text("device"), c.batch,
                     c.context, c.kernel_set.name);
}

std::optional<Counterpart> counterpart_of(const Answer& answer) {
  if (!answer.outcome) return std::nullopt;
  const profile::Prediction& p = answer.outcome->prediction;
  Counterpart other;
  other.name = "pinned: " + configuration_name(answer.configuration);
  other.step_ns = drawable(p.step_ns);
  other.tok_s = drawable(p.tok_s);
  for (const profile::PredictedStage& stage : p.stages) {
    other.ns[static_cast<std::size_t>(stage.stage)] = drawable(stage.time_ns);
  }
  return other;
}

std::optional<Counterpart> counterpart_of(const Breakdown& document) {
  if (!document.problem.empty()) return std::nullopt;
  Counterpart other;
  other.name = document.name;
  other.measured = document.measurement.has_value();
  other.step_ns = document.step_ns;
  if (document.measurement) other.tok_s = drawable(document.measurement->tok_s.value_or(0));
  for (const BreakdownRow& row : document.rows) {
    other.ns[static_cast<std::size_t>(row.color)] = row.time_ns;
  }
  return other;
}

ExploreView explore_view(const Answer& answer, const Counterpart* other, std::size_t most_tornado) {
  ExploreView view;
  view.problem = answer.problem;
  if (!answer.outcome) return view;
  const Outcome& outcome = *answer.outcome;
  view.blocked = outcome.obstacle;
  const profile::Prediction& p = outcome.prediction;
  view.tok_s_value = drawable(p.tok_s);
  view.tok_s = tok_s_text(view.tok_s_value) + " tok/s";
  if (p.tok_s_low && p.tok_s_high) {
    view.interval = fmt::format("{} to {}", tok_s_text(drawable(*p.tok_s_low)),
                                tok_s_text(drawable(*p.tok_s_high)));
  }
  // The step's interval is that of the rate, turned over.
  const double tokens = p.tok_s * p.step_ns;
  if (p.tok_s_high && has_logarithm(*p.tok_s_high)) view.step_low_ns = tokens / *p.tok_s_high;
  if (p.tok_s_low && has_logarithm(*p.tok_s_low)) view.step_high_ns = tokens / *p.tok_s_low;
  for (const std::string& warning : outcome.warnings) {
    if (warning != view.blocked) view.warnings.push_back(warning);
  }
  fill_facts(view, answer);
  fill_stages(view, p, other);
  fill_limits(view);
  fill_tornado(view, outcome, most_tornado);
  if (other == nullptr) return view;
  add_stages_of(view, *other);
  fill_other(view, outcome, *other);
  return view;
}

Table explore_stage_table(const ExploreView& view) {
  using exporter::Align;
  Table table;
  table.id = "explore_stages";
  table.title = "Stages";
  table.empty_text = view.problem;
  table.columns = {{"stage", "Stage"},
                   {"time_ns", "Time", Align::kRight},
                   {"share", "Share", Align::kRight},
                   {"low_ns", "Low", Align::kRight},
                   {"high_ns", "High", Align::kRight},
                   {"limit", "Limited by"}};
  if (view.other_step_ns > 0) {
    table.columns.push_back({"other_ns", "Compared", Align::kRight});
    table.columns.push_back({"relative", "Difference", Align::kRight});
    table.tone_column = table.columns.size() - 1;
  }
  for (const ExploreStage& stage : view.stages) {
    std::vector<exporter::Cell> cells{stage.label,
                                      exporter::ns_cell(stage.time_ns),
                                      exporter::share_cell(stage.share),
                                      exporter::ns_cell(stage.low_ns),
                                      exporter::ns_cell(stage.high_ns),
                                      stage.limit};
    if (view.other_step_ns > 0) {
      cells.push_back(exporter::ns_cell(stage.other_ns));
      cells.push_back(
          stage.relative
              ? exporter::Cell(*stage.relative, fmt::format("{:+.1f} %", *stage.relative * 100))
              : exporter::Cell());
    }
    table.add(std::move(cells), stage.stage, std::string(info(stage.stage).id));
    if (stage.relative) table.rows.back().tone = std::clamp(*stage.relative * 5, -1.0, 1.0);
  }
  return table;
}

Table explore_op_table(const Answer& answer) {
  using exporter::Align;
  Table table;
  table.id = "explore_ops";
  table.title = "Ops";
  table.empty_text = answer.problem;
  table.columns = {{"op", "Op"},
                   {"launches", "Launches", Align::kRight},
                   {"time_ns", "Time", Align::kRight},
                   {"bytes", "Bytes", Align::kRight},
                   {"flops", "FLOPs", Align::kRight},
                   {"gbps", "GB/s", Align::kRight},
                   {"limit", "Limited by"},
                   {"blocks_per_sm", "Blocks per SM", Align::kRight},
                   {"waves", "Waves", Align::kRight}};
  if (!answer.outcome) return table;
  for (const model::OpPrediction& op : answer.outcome->ops) {
    const double time = drawable(op.time_ns);
    const double bytes = drawable(op.bytes);
    const auto rate = time > 0 && bytes > 0 ? finite(bytes / time) : std::nullopt;
    table.add({info(op.op).name,
               {op.launches, std::to_string(op.launches)},
               exporter::ns_cell(time),
               exporter::bytes_cell(bytes),
               exporter::Cell(drawable(op.flops), format_flops(drawable(op.flops))),
               exporter::number_cell(rate, 1),
               limit_label(op.limit),
               exporter::number_cell(finite(op.blocks_per_sm)),
               exporter::number_cell(finite(op.waves), 2)},
              info(op.op).stage, info(op.op).name);
  }
  return without_empty_columns(std::move(table));
}

Table explore_curve_table(const ExploreCurve& curve) {
  Table table;
  table.id = "explore_curve";
  table.title = "Curve";
  table.columns = {{"series", "Configuration"},
                   {curve.axis, std::string(model::find_axis(curve.axis).label)}};
  add_point_columns(table);
  const auto add = [&](const char* name, const std::vector<AnswerPoint>& points) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      std::vector<exporter::Cell> cells{name, curve.values[i]};
      for (exporter::Cell& cell : point_cells(points[i])) cells.push_back(std::move(cell));
      table.add(std::move(cells));
    }
  };
  add("now", curve.now);
  add("pinned", curve.pinned);
  return table;
}

Table explore_map_table(const ExploreMap& map) {
  Table table;
  table.id = "explore_map";
  table.title = "Map";
  table.columns = {{map.x_axis, model::find_axis(map.x_axis).label},
                   {map.y_axis, model::find_axis(map.y_axis).label}};
  add_point_columns(table);
  for (std::size_t i = 0; i < map.cells.size(); ++i) {
    std::vector<exporter::Cell> cells{map.x_values[i % map.x_values.size()],
                                      map.y_values[i / map.x_values.size()]};
    for (exporter::Cell& cell : point_cells(map.cells[i])) cells.push_back(std::move(cell));
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace dscope::view_data
