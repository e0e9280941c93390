// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/documents_panel.h"

#include "viewer/view_data/document_text.h"
#include "viewer/view_data/histogram.h"
#include "viewer/widgets/data_table.h"
#include "viewer/widgets/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace dscope::viewer {
namespace {

using view_data::StepSeries;
using view_data::Table;

// What is drawn of one document, made once.
struct Contents {
  std::uint64_t key = 0;      // Document::key()
  std::vector<Table> tables;  // those with rows, the facts first
  std::vector<StepSeries> wall;
  std::vector<StepSeries> clocks;
  std::vector<StepSeries> power;
};

std::vector<Table> tables_of(const view_data::Document& document) {
  std::vector<Table> tables;
  tables.push_back(view_data::facts_table(document));
  tables.push_back(view_data::losses_table(document));
  for (Table table : {view_data::devices_table(document), view_data::throttle_table(document),
                      view_data::steps_table(document), view_data::calibration_table(document),
                      view_data::residuals_table(document)}) {
    if (!table.rows.empty()) tables.push_back(std::move(table));
  }
  return tables;
}

class DocumentsPanel final : public Panel {
 public:
  [[nodiscard]] std::string_view id() const override { return "documents"; }
  [[nodiscard]] std::string_view title() const override { return "Documents"; }
  [[nodiscard]] bool works_on_previews() const override { return true; }

  void draw(PanelContext& context) override {
    const view_data::DocumentPtr document = context.active();
    if (!document) return;
    if (contents_.key != document->key()) fill(*document);
    ImGui::BeginChild("##scroll");
    for (const Table& table : contents_.tables) draw_table(context, table);
    draw_series(context.ui, "Time of the steps", contents_.wall, view_data::Unit::kNs);
    draw_series(context.ui, "Clocks over the steps", contents_.clocks, view_data::Unit::kMhz);
    draw_series(context.ui, "Power over the steps", contents_.power, view_data::Unit::kWatts);
    ImGui::EndChild();
  }

  [[nodiscard]] std::vector<Table> tables(PanelContext& context) override {
    const view_data::DocumentPtr document = context.active();
    return document ? tables_of(*document) : std::vector<Table>{};
  }

 private:
  void fill(const view_data::Document& document) {
    contents_ = {document.key(), tables_of(document), view_data::wall_series(document),
                 view_data::clock_series(document), view_data::power_series(document)};
  }

  static void draw_table(PanelContext& context, const Table& table) {
    const float row = ImGui::GetTextLineHeight() + ImGui::GetStyle().CellPadding.y * 2;
    const auto rows = static_cast<float>(std::min<std::size_t>(table.rows.size(), 16));
    DataTableOptions options;
    options.height = (rows + 1) * row + context.ui.px(4);
    options.wraps = table.id == "document_facts";
    const DataTableResult result = data_table(context.ui, table, options);
    if (result.export_csv) context.actions.export_csv(table.id, result.csv);
    if (result.clicked && !table.rows[*result.clicked].cells.empty() && ImGui::GetIO().KeyCtrl) {
      context.actions.copy(table.rows[*result.clicked].cells.back().text);
    }
    ImGui::Dummy({1, context.ui.px(8)});
  }

  static void draw_series(const Ui& ui, const char* title, const std::vector<StepSeries>& list,
                          view_data::Unit unit) {
    if (list.empty()) return;
    heading(ui, title);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) ImGui::SameLine(0, ui.px(16));
      swatch(ui, ui.palette.of_series(i + 1));
      text(list[i].name);
    }
    double first = INFINITY;
    double last = -INFINITY;
    double most = 0;
    for (const StepSeries& series : list) {
      first = std::min(first, series.steps.front());
      last = std::max(last, series.steps.back());
      for (const double value : series.values) most = std::max(most, value);
    }
    Plot plot(ui, title, {0, ui.px(170)},
              AxisSpec{.label = "step",
                       .low = first,
                       .high = std::max(last, first + 1),
                       .unit = view_data::Unit::kCount},
              AxisSpec{.low = 0, .high = view_data::round_up(most), .unit = unit});
    for (std::size_t i = 0; i < list.size(); ++i) {
      const StepSeries& series = list[i];
      std::vector<PlotPoint> points;
      for (std::size_t k = 0; k < series.steps.size(); ++k) {
        points.push_back({series.steps[k], series.values[k]});
      }
      const view_data::Color color = ui.palette.of_series(i + 1);
      plot.line(points, color);
      if (points.size() <= 60) plot.points(points, color, 2.5F);
      if (const auto near = plot.nearest(points)) {
        tooltip(ui, series.name,
                {{"step", fmt::format("{:.0f}", points[*near].x)},
                 {"value", view_data::format_value(points[*near].y, unit)}},
                {}, &color);
      }
    }
  }

  Contents contents_;
};

}  // namespace

PanelPtr make_documents_panel() {
  return std::make_unique<DocumentsPanel>();
}

}  // namespace dscope::viewer
