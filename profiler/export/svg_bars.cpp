// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/svg_bars.h"

#include "profiler/export/report_facts.h"
#include "profiler/export/stage_colors.h"
#include "profiler/export/text.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace dscope::exporter {
namespace {

using profile::StepSample;

constexpr double kWidth = 860;
constexpr double kMargin = 16;
constexpr double kInner = kWidth - 2 * kMargin;
constexpr double kTitleHeight = 40;
constexpr const char* kInk = "#1f2430";
constexpr const char* kFaint = "#6b7280";
constexpr const char* kGrid = "#e4e7ec";

std::string rect(double x, double y, double width, double height, const char* fill,
                 const std::string& tooltip) {
  return fmt::format(
      "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\">"
      "<title>{}</title></rect>\n",
      x, y, width, height, fill, escape_html(tooltip));
}

std::string text(double x, double y, std::string_view content, const char* fill = kInk,
                 const char* anchor = "start", int size = 12) {
  return fmt::format(
      "<text x=\"{:.2f}\" y=\"{:.2f}\" fill=\"{}\" text-anchor=\"{}\" font-size=\"{}\">{}</text>\n",
      x, y, fill, anchor, size, escape_html(content));
}

std::string picture(double height, const std::string& title, const std::string& body) {
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
             "width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\" "
             "font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\">\n"
             "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#ffffff\"/>\n",
             kWidth, height) +
         fmt::format(
             "<text x=\"{:.0f}\" y=\"26\" fill=\"{}\" font-size=\"15\" font-weight=\"600\">{}"
             "</text>\n",
             kMargin, kInk, escape_html(title)) +
         body + "</svg>\n";
}

std::string line_of(const StageRow& row) {
  return fmt::format("{}: {} ({:.1f} %)", row.label, format_ns(row.time_ns), row.share * 100);
}

// The part of collectives that is waiting, over their colour.
constexpr const char* kWait = "#f4cfb3";

std::string wait_line(double ns) {
  return fmt::format("NCCL, waiting for other ranks: {}", format_ns(ns));
}

// Mean stage times of a run of consecutive steps.
struct Bar {
  std::int64_t first = 0;  // StepSample::index
  std::int64_t last = 0;
  std::array<double, kStageCount> time_ns{};
  double wait_ns = 0;  // of the NCCL stage
  [[nodiscard]] double total() const {
    return std::accumulate(time_ns.begin(), time_ns.end(), 0.0);
  }
};

std::vector<Bar> bars_of(const std::vector<StepSample>& steps, std::size_t group) {
  std::vector<Bar> bars;
  for (std::size_t begin = 0; begin < steps.size(); begin += group) {
    const std::size_t end = std::min(begin + group, steps.size());
    Bar& bar = bars.emplace_back();
    bar.first = steps[begin].index;
    bar.last = steps[end - 1].index;
    for (std::size_t i = begin; i < end; ++i) {
      bar.wait_ns +=
          static_cast<double>(steps[i].nccl_wait_ns.value_or(0)) / static_cast<double>(end - begin);
      for (const StageInfo& stage : kStages) {
        bar.time_ns[static_cast<std::size_t>(stage.stage)] +=
            static_cast<double>(steps[i].time_ns(stage.stage)) / static_cast<double>(end - begin);
      }
    }
  }
  return bars;
}

std::string name_of(const Bar& bar) {
  return bar.first == bar.last ? fmt::format("step {}", bar.first)
                               : fmt::format("steps {}-{}", bar.first, bar.last);
}

}  // namespace

std::string stage_bar_svg(const StageReport& report) {
  constexpr double kBarTop = kTitleHeight + 4;
  constexpr double kBarHeight = 44;
  constexpr double kLegendTop = kBarTop + kBarHeight + 24;
  constexpr double kRowHeight = 20;
  constexpr int kColumns = 3;
  std::string body;
  double x = kMargin;
  int entry = 0;
  for (const StageRow& row : report.stages) {
    if (row.total_ns <= 0) continue;
    const double width = row.share * kInner;
    body += rect(x, kBarTop, width, kBarHeight, color(row.stage).hex, line_of(row));
    if (row.wait_ns && row.time_ns > 0) {
      const double waiting = width * std::min(1.0, *row.wait_ns / row.time_ns);
      body += rect(x, kBarTop, waiting, kBarHeight, kWait, wait_line(*row.wait_ns));
    }
    x += width;
    const double column = kMargin + (entry % kColumns) * kInner / kColumns;
    const int row_index = entry / kColumns;
    const double line = kLegendTop + row_index * kRowHeight;
    body += rect(column, line - 10, 12, 12, color(row.stage).hex, row.label);
    body += text(column + 18, line, line_of(row));
    ++entry;
  }
  const int rows = (entry + kColumns - 1) / kColumns;
  const std::optional<double> untraced_ns = untraced_step_ns(report);
  const std::string title =
      fmt::format("{} — {} {}", report.title, format_ns(report.step_ns),
                  !report.steps ? "in all"
                  : untraced_ns ? "a step, traced"
                                : "a step") +
      (untraced_ns ? fmt::format(", {} untraced", format_ns(*untraced_ns)) : "");
  return picture(kLegendTop + rows * kRowHeight + 4, title, body);
}

std::string step_bars_svg(const profile::Profile& profile, std::size_t most) {
  static const std::vector<StepSample> none;
  const auto& steps = profile.measurement ? profile.measurement->steps : none;
  constexpr double kLeft = kMargin + 64;
  constexpr double kTop = kTitleHeight + 8;
  constexpr double kHeight = 200;
  constexpr int kGridLines = 4;
  const std::size_t group = std::max<std::size_t>(1, (steps.size() + most - 1) / most);
  const std::vector<Bar> bars = bars_of(steps, group);
  double tallest = 1;
  for (const Bar& bar : bars) tallest = std::max(tallest, bar.total());

  std::string body;
  for (int i = 0; i <= kGridLines; ++i) {
    const double y = kTop + kHeight - kHeight * i / kGridLines;
    body += fmt::format(
        "<line x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.2f}\" y2=\"{:.2f}\" stroke=\"{}\"/>\n", kLeft,
        kWidth - kMargin, y, y, kGrid);
    body += text(kLeft - 8, y + 4, format_ns(tallest * i / kGridLines), kFaint, "end", 11);
  }
  const double pitch =
      (kWidth - kMargin - kLeft) / static_cast<double>(std::max<std::size_t>(1, bars.size()));
  const double width = std::min(pitch * 0.9, 40.0);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double x = kLeft + pitch * static_cast<double>(i) + (pitch - width) / 2;
    double y = kTop + kHeight;
    for (const StageInfo& stage : kStages) {
      const double ns = bars[i].time_ns[static_cast<std::size_t>(stage.stage)];
      if (ns <= 0) continue;
      const double height = ns / tallest * kHeight;
      y -= height;
      body += rect(x, y, width, height, color(stage.stage).hex,
                   fmt::format("{}, {}: {}", name_of(bars[i]), stage_label(stage.stage, profile),
                               format_ns(ns)));
      if (stage.stage == Stage::kNccl && bars[i].wait_ns > 0) {
        body += rect(x, y, width, height * std::min(1.0, bars[i].wait_ns / ns), kWait,
                     fmt::format("{}, {}", name_of(bars[i]), wait_line(bars[i].wait_ns)));
      }
    }
  }
  const std::string axis = group == 1
                               ? "steps, in order"
                               : fmt::format("steps, in order; each bar is the mean of {}", group);
  body += text(kLeft, kTop + kHeight + 20, axis, kFaint, "start", 11);
  return picture(kTop + kHeight + 32, "Time of each step by stage", body);
}

std::string op_bars_svg(const profile::Profile& profile, std::size_t most) {
  static const std::vector<profile::KernelSummary> none;
  const auto& kernels = profile.measurement ? profile.measurement->kernels : none;
  constexpr double kLeft = kMargin + 250;
  constexpr double kRight = 190;  // room for the numbers
  constexpr double kRowHeight = 22;
  constexpr std::size_t kNameLength = 36;
  const std::size_t shown = std::min(most, kernels.size());
  double all_ns = 0;
  for (const profile::KernelSummary& kernel : kernels)
    all_ns += static_cast<double>(kernel.total_ns);
  const double longest = shown == 0 ? 1 : std::max(1.0, static_cast<double>(kernels[0].total_ns));
  std::string body;
  for (std::size_t i = 0; i < shown; ++i) {
    const profile::KernelSummary& kernel = kernels[i];
    const double total = static_cast<double>(kernel.total_ns);
    const double y = kTitleHeight + 8 + kRowHeight * static_cast<double>(i);
    const double width = total / longest * (kWidth - kMargin - kRight - kLeft);
    const std::string numbers =
        fmt::format("{:.1f} %, {} × {}", all_ns > 0 ? total / all_ns * 100 : 0, kernel.count,
                    format_ns(static_cast<double>(kernel.median_ns)));
    body += text(kLeft - 8, y + 12, shorten(printable(kernel_label(kernel.name)), kNameLength),
                 kInk, "end");
    body +=
        rect(kLeft, y, width, kRowHeight - 6, color(kernel.stage).hex,
             fmt::format("{} ({}): {}", kernel.name, stage_label(kernel.stage, profile), numbers));
    body += text(kLeft + width + 8, y + 12, numbers, kFaint);
  }
  const std::string title =
      shown < kernels.size()
          ? fmt::format("The {} ops that take most time, of {}", shown, kernels.size())
          : "Ops by time";
  return picture(kTitleHeight + 16 + kRowHeight * static_cast<double>(shown), title, body);
}

}  // namespace dscope::exporter
