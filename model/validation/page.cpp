// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/kernel_constants.h"
#include "model/validation/all_reduces.h"
#include "model/validation/validate.h"
#include "profiler/profile/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace dscope::model {
namespace {

constexpr double kMs = 1e6;
constexpr double kUs = 1e3;

const PublishedRow& row_of(const std::string& id) {
  return *std::find_if(published_rows().begin(), published_rows().end(),
                       [&](const PublishedRow& r) { return r.id == id; });
}

std::string percent(double error) {
  return fmt::format("{:+.1f} %", 100 * error);
}

struct Spread {
  double median = 0;
  double worst = 0;
  std::size_t count = 0;
};

Spread spread(const std::vector<double>& errors) {
  if (errors.empty()) return {};
  std::vector<double> sizes;
  for (const double e : errors) sizes.push_back(std::abs(e));
  const double worst = *std::max_element(sizes.begin(), sizes.end());
  return {profile::median(sizes), worst, sizes.size()};
}

std::vector<double> step_errors(const std::vector<ConfigurationError>& configurations) {
  std::vector<double> errors;
  for (const ConfigurationError& c : configurations) errors.push_back(c.error);
  return errors;
}

std::vector<double> stage_errors(const std::vector<ConfigurationError>& configurations) {
  std::vector<double> errors;
  for (const ConfigurationError& c : configurations) {
    for (const StageError& s : c.stages) {
      if (s.stage != Stage::kGap) errors.push_back(s.error);
    }
  }
  return errors;
}

std::string interval_share(const std::vector<ConfigurationError>& configurations) {
  const auto inside =
      std::count_if(configurations.begin(), configurations.end(),
                    [](const ConfigurationError& c) { return c.inside_interval(); });
  return fmt::format("{} of {}", inside, configurations.size());
}

std::string set_row(const ConfigurationError& e, std::string_view use) {
  const PublishedRow& row = row_of(e.source);
  const std::string interval =
      e.low_ns && e.high_ns ? fmt::format("{:.1f} - {:.1f}", *e.low_ns / kMs, *e.high_ns / kMs)
                            : "";
  return fmt::format(
      "| [{}]({}) | {} | {} | {} | {} | {} | {:.2f} | {:.2f} | {:.2f} | {} | {} | {}{} |\n", row.id,
      row.source, row.device, *row.tp, *row.batch, *row.context, *row.graph ? "yes" : "no",
      e.measured_ns / kMs, e.predicted_ns / kMs, e.unexplained_ns / kMs, interval, percent(e.error),
      use, row.stated() ? "" : ", assumed");
}

std::string stage_rows(const std::vector<ConfigurationError>& errors) {
  std::string text;
  for (const ConfigurationError& e : errors) {
    const PublishedRow& row = row_of(e.source);
    for (const auto& [stage, range] : row.stages) {
      for (const StageError& s : e.stages) {
        if (s.stage != stage) continue;
        text += fmt::format("* {} of {}: published {:.0f} - {:.0f} ms, predicted {:.1f} ms\n",
                            info(stage).label, row.id, range.low_ns / kMs, range.high_ns / kMs,
                            s.predicted_ns / kMs);
      }
    }
  }
  return text;
}

std::string constants_of(const SetValidation& set) {
  std::vector<std::string> names;
  for (const profile::FittedConstant& c : set.calibrated.calibration.constants) {
    names.push_back(fmt::format("{} = {:.4g} {} ({:.3g} - {:.3g})", c.name, c.value, c.unit,
                                c.low.value_or(c.value), c.high.value_or(c.value)));
  }
  return fmt::format("{}", fmt::join(names, "; "));
}

std::string set_section(const SetValidation& set) {
  std::string text = fmt::format("### {}\n\n{}\n\n", set.plan->kernel_set, set.plan->why);
  if (!set.refused.empty()) return text + "Refused: " + set.refused + "\n\n";
  if (!set.plan->free.empty()) text += fmt::format("Fitted: {}.\n\n", constants_of(set));
  text +=
      "| row | device | TP | batch | context | graph | measured ms | predicted ms | of it "
      "unexplained | interval ms | error | used "
      "|\n|---|---|--:|--:|--:|---|--:|--:|--:|---|--:|---|\n";
  for (const ConfigurationError& e : set.calibrated.fitted) text += set_row(e, "fitted");
  for (const ConfigurationError& e : set.calibrated.held_out) text += set_row(e, "predicted");
  text += "\n" + stage_rows(set.calibrated.fitted) + stage_rows(set.calibrated.held_out);
  const Spread s = spread(step_errors(set.calibrated.held_out));
  if (s.count > 0) {
    text += fmt::format(
        "\nPredicted rows: {}, median error {:.1f} %, worst {:.1f} %, inside the interval {}.\n",
        s.count, 100 * s.median, 100 * s.worst, interval_share(set.calibrated.held_out));
  }
  return text + "\n";
}

std::string summary(const Validation& validation) {
  std::string text =
      "| kernel set | rows fitted | rows predicted | median error | worst | in interval |\n"
      "|---|--:|--:|--:|--:|---|\n";
  for (const SetValidation& set : validation.sets) {
    const Spread s = spread(step_errors(set.calibrated.held_out));
    text += fmt::format("| {} | {} | {} | ", set.plan->kernel_set, set.plan->rows.size(), s.count);
    text += s.count == 0 ? std::string("| | |\n")
                         : fmt::format("{:.1f} % | {:.1f} % | {} |\n", 100 * s.median,
                                       100 * s.worst, interval_share(set.calibrated.held_out));
  }
  return text + "\n";
}

std::string roofline_section(const Validation& validation) {
  const auto broken = std::count_if(validation.roofline.begin(), validation.roofline.end(),
                                    [](const RooflineCheck& c) { return !c.holds(); });
  std::string text = fmt::format(
      "## Ideal kernels against every usable row\n\nThe set `roofline` must never be slower than a "
      "measurement: {} of {} rows hold.\n\n"
      "| row | kernel set | device | TP | batch | context | measured ms | roofline ms | share |\n"
      "|---|---|---|--:|--:|--:|--:|--:|--:|\n",
      validation.roofline.size() - static_cast<std::size_t>(broken), validation.roofline.size());
  for (const RooflineCheck& c : validation.roofline) {
    const PublishedRow& r = *c.row;
    text += fmt::format("| [{}]({}) | {} | {} | {} | {} | {} | {:.2f} | {:.2f} | {:.0f} %{} |\n",
                        r.id, r.source, r.kernel_set, r.device, *r.tp, *r.batch, *r.context,
                        r.tpot_ns() / kMs, c.roofline_ns / kMs, 100 * c.roofline_ns / r.tpot_ns(),
                        c.holds() ? "" : " **violated**");
  }
  return text + "\n";
}

// Errors of one stage over many configurations.
std::string stage_table(const std::vector<ConfigurationError>& configurations) {
  std::map<Stage, std::vector<double>> by_stage;
  for (const ConfigurationError& c : configurations) {
    for (const StageError& s : c.stages) by_stage[s.stage].push_back(s.error);
  }
  std::string text =
      "| stage | times | median error | worst | mean signed |\n|---|--:|--:|--:|--:|\n";
  for (const auto& [stage, errors] : by_stage) {
    const Spread s = spread(errors);
    text += fmt::format("| {} | {} | {:.1f} % | {:.1f} % | {} |\n", info(stage).label, s.count,
                        100 * s.median, 100 * s.worst, percent(profile::mean(errors)));
  }
  return text + "\n";
}

std::string grid_line(const char* what, const std::vector<ConfigurationError>& errors) {
  if (errors.empty()) return "";
  const Spread steps = spread(step_errors(errors));
  const Spread stages = spread(stage_errors(errors));
  return fmt::format("| {} | {} | {:.1f} % | {:.1f} % | {} | {:.1f} % | {:.1f} % | {} |\n", what,
                     steps.count, 100 * steps.median, 100 * steps.worst, stages.count,
                     100 * stages.median, 100 * stages.worst, interval_share(errors));
}

std::string grid_points(const std::vector<ConfigurationError>& errors, std::string_view use) {
  std::string text;
  for (const ConfigurationError& e : errors) {
    const auto worst = std::max_element(e.stages.begin(), e.stages.end(),
                                        [](const StageError& a, const StageError& b) {
                                          return std::abs(a.error) < std::abs(b.error);
                                        });
    text += fmt::format("| {} | {:.1f} | {:.1f} | {} | {} | {} |\n", e.source, e.measured_ns / kUs,
                        e.predicted_ns / kUs, percent(e.error),
                        worst == e.stages.end()
                            ? std::string()
                            : fmt::format("{} {}", info(worst->stage).label, percent(worst->error)),
                        use);
  }
  return text;
}

std::string bandwidth_section(const std::vector<ThrottledBandwidth>& bandwidths) {
  if (bandwidths.empty()) return "";
  std::map<Stage, std::vector<double>> errors;
  std::string rows;
  for (const ThrottledBandwidth& b : bandwidths) {
    errors[b.stage].push_back(b.error());
    rows += fmt::format("| {} | {} | {:.3f} | {:.3f} | {} |\n", b.source, info(b.stage).label,
                        b.measured, b.predicted, percent(b.error()));
  }
  std::string text = "Bandwidth with padded blocks, of that without padding:\n\n";
  for (const auto& [stage, list] : errors) {
    const Spread s = spread(list);
    constexpr double kBound = 0.15;
    const auto within =
        std::count_if(list.begin(), list.end(), [](double e) { return std::abs(e) <= kBound; });
    text += fmt::format("* {}: median error {:.1f} %, worst {:.1f} %, {} of {} within 15 %\n",
                        info(stage).label, 100 * s.median, 100 * s.worst, within, s.count);
  }
  return text + "\n| point | stage | measured | predicted | error |\n|---|---|--:|--:|--:|\n" +
         rows + "\n";
}

std::string grid_section(const GridValidation& g) {
  const Grid& grid = *g.grid;
  std::string text = fmt::format(
      "## Our own kernels: {} on {}\n\nMeasured with `model/validation/measure_grid.sh`: {}, "
      "driver "
      "{}, CUDA {}, commit {}, {}. {} of {} layers' kinds, numerics {}, one shard without "
      "collectives. Stage times below 5 us are left out.{}\n\n",
      grid.kernel_set, grid.device, grid.gpu, grid.driver, grid.cuda, grid.git_sha.substr(0, 9),
      grid.created_utc, grid.layers, grid.model, grid.numerics,
      is_calibration_grid(grid) ? ""
                                : " Nothing was fitted to this grid: it tests how far what was "
                                  "fitted on another device holds with this one's numbers. Kernels "
                                  "that changed between the commits of both differ for that too.");
  text +=
      "| points | steps | median error | worst | stage times | median error | worst | in interval "
      "|\n|---|--:|--:|--:|--:|--:|--:|---|\n";
  text += grid_line("calibrated on", g.calibration);
  text += grid_line("held out", g.held_out);
  text += grid_line("with forced configurations", g.forced);
  text += grid_line("throttled by shared memory", g.throttled);
  text += "\nHeld-out stage times:\n\n" + stage_table(g.held_out);
  text += bandwidth_section(g.bandwidths);
  text +=
      "| point | measured us | predicted us | error | worst stage | used |\n"
      "|---|--:|--:|--:|---|---|\n";
  text += grid_points(g.calibration, "fitted") + grid_points(g.held_out, "predicted") +
          grid_points(g.forced, "predicted") + grid_points(g.throttled, "predicted");
  return text + "\n";
}

std::string collective_section(const Validation& validation) {
  std::vector<double> errors;
  std::string rows;
  for (const CollectiveCheck& c : validation.collectives) {
    const double error = c.predicted_ns / c.measured_ns - 1;
    if (c.row->doubtful.empty()) errors.push_back(error);
    rows += fmt::format("| [{}]({}) | {} | {} | {} | {:.0f} | {:.1f} | {:.1f} | {}{} |\n",
                        c.row->id, c.row->source, c.row->interconnect, *c.row->ranks, c.what,
                        *c.row->payload_bytes, c.measured_ns / kUs, c.predicted_ns / kUs,
                        percent(error), c.row->doubtful.empty() ? "" : ", doubtful");
  }
  const Spread s = spread(errors);
  return fmt::format(
             "## All-reduces over PCIe\n\nPublished micro-benchmarks against the collective terms "
             "(constants of `dscope`, derived from some of these rows): {} times, median error "
             "{:.0f} %, worst {:.0f} %. The default NCCL of the dual-socket box picked its Simple "
             "protocol with two channels where LL would have been faster; the model lets NCCL take "
             "the fastest.\n\n"
             "| row | links | ranks | what | bytes | measured us | predicted us | error |\n"
             "|---|---|--:|---|--:|--:|--:|--:|\n",
             s.count, 100 * s.median, 100 * s.worst) +
         rows + "\n";
}

std::string own_all_reduce_section() {
  const AllReduceTable& table = measured_all_reduces();
  std::map<std::string_view, std::vector<double>> errors;
  std::string rows;
  for (const MeasuredAllReduce& m : table.times) {
    const double predicted = predicted_ns(m);
    const double error = predicted / m.time_ns - 1;
    const bool fitted = is_calibration_time(m);
    const bool gathered = m.algorithm == AllReduce::kGathered;
    errors[fitted     ? "fitted"
           : gathered ? "gather and sum, predicted"
                      : "NCCL, predicted"]
        .push_back(error);
    rows +=
        fmt::format("| {} | {} | {} | {:.0f} | {:.1f} | {:.1f} | {} | {} |\n", m.interconnect,
                    m.ranks, gathered ? "gather and sum" : "NCCL", m.payload_bytes, m.time_ns / kUs,
                    predicted / kUs, percent(error), fitted ? "fitted" : "predicted");
  }
  std::string text = fmt::format(
      "## Our own all-reduces\n\nMeasured with `dscope bench --collectives`: {}, driver {}, CUDA "
      "{}, NCCL {}, commit {}. Over NVLink, and with P2P off through host memory. Base of a "
      "collective, hop of either link, and what host memory costs were fitted to NCCL's times for "
      "the shortest, a middle and the longest vector.\n\n"
      "| times | number | median error | worst |\n|---|--:|--:|--:|\n",
      table.card, table.driver, table.cuda, table.nccl, table.commit);
  for (const auto& [what, list] : errors) {
    const Spread s = spread(list);
    text += fmt::format("| {} | {} | {:.1f} % | {:.1f} % |\n", what, s.count, 100 * s.median,
                        100 * s.worst);
  }
  return text +
         "\n| links | ranks | what | bytes | measured us | predicted us | error | used |\n"
         "|---|--:|---|--:|--:|--:|--:|---|\n" +
         rows + "\n";
}

std::string assumed_section() {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const PublishedRow& row : published_rows()) {
    if (!row.usable()) continue;
    for (const auto& [field, reason] : row.assumed) {
      by_reason[fmt::format("{}: {}", field, reason)].push_back(row.id);
    }
  }
  std::string text = "## What was assumed\n\nRows marked \"assumed\" above do not say:\n\n";
  for (const auto& [reason, ids] : by_reason) {
    text += fmt::format("* {} ({} rows: {})\n", reason, ids.size(), fmt::join(ids, ", "));
  }
  return text + "\n";
}

std::string excluded_section() {
  std::map<std::string, std::vector<std::string>> by_reason;
  std::size_t rows = 0;
  for (const PublishedRow& row : published_rows()) {
    if (row.usable()) continue;
    by_reason[row.excluded].push_back(row.id);
    ++rows;
  }
  std::string text = fmt::format("## What could not be used\n\n{} of {} published rows:\n\n", rows,
                                 published_rows().size());
  for (const auto& [reason, ids] : by_reason) {
    text += fmt::format("* {} ({}: {})\n", reason, ids.size(), fmt::join(ids, ", "));
  }
  return text;
}

}  // namespace

std::string validation_page(const Validation& validation) {
  std::string text =
      "<!--\nSPDX-FileCopyrightText: 2026 The DecodeScope Authors\n"
      "SPDX-License-Identifier: Apache-2.0\n-->\n"
      "# Predictions against measurements\n\n"
      "Generated by `make validate`; do not edit. \"Measured\" is what a source published, as time "
      "between two tokens of one sequence, or what we measured; \"predicted\" is `dscope predict`. "
      "Each kernel set is calibrated on the rows marked \"fitted\" and on nothing else; which ones "
      "is written in `model/validation/calibrations.json`. The structure of a set of published "
      "kernels "
      "(traits, counts of launches) was chosen while looking at its rows, so what the predicted "
      "rows "
      "test is how times depend on batch, context and TP, not their level. Sources and reasons of "
      "every row: `model/validation/field_reports.json`.\n\n";
  for (const GridValidation& grid : validation.grids) text += grid_section(grid);
  text += "## Published measurements by kernel set\n\n" + summary(validation);
  for (const SetValidation& set : validation.sets) text += set_section(set);
  text += roofline_section(validation);
  text += own_all_reduce_section();
  text += collective_section(validation);
  text += assumed_section();
  text += excluded_section();
  return text;
}

}  // namespace dscope::model
