// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/roofline_panel.h"

#include "viewer/view_data/kernel_list.h"
#include "viewer/view_data/roofline.h"
#include "viewer/widgets/data_table.h"
#include "viewer/widgets/plot.h"
#include "viewer/widgets/splitter.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace dscope::viewer {
namespace {

using view_data::DocumentPtr;
using view_data::RooflinePoint;
using view_data::RooflineSeries;

// Areas of points grow with their time: what matters is seen first.
constexpr float kSmallestRadius = 3;
constexpr float kLargestRadius = 12;

// Colours show stages.
constexpr std::array<std::string_view, 10> kColumns{"op",       "source",        "calls", "time_ns",
                                                    "bytes",    "flop_per_byte", "gbps",  "gflops",
                                                    "of_floor", "limit"};

class RooflinePanel final : public Panel {
 public:
  [[nodiscard]] std::string_view id() const override { return "roofline"; }
  [[nodiscard]] std::string_view title() const override { return "Roofline"; }
  void draw(PanelContext& context) override;
  [[nodiscard]] std::vector<view_data::Table> tables(PanelContext& context) override;
  [[nodiscard]] std::vector<Key> keys() const override {
    return {{"click", "on a point or a row: select the op"}};
  }
  void save(nlohmann::json& json) const override;
  void load(const nlohmann::json& json) override;

 private:
  struct Made {
    std::vector<std::uint64_t> documents;  // that are shown, Document::key()
    std::uint64_t front = 0;               // whose ceilings are drawn
    bool operator==(const Made&) const = default;
  };
  // A point with its place in `series_`.
  struct Place {
    std::size_t series;
    std::size_t point;
  };

  [[nodiscard]] bool is_shown(const view_data::Document& document, std::uint64_t front) const {
    return !only_active_ || document.id == front;
  }
  void update(const PanelContext& context);
  void draw_options(PanelContext& context);
  void draw_chart(PanelContext& context);
  void draw_lines(const Ui& ui, Plot& plot) const;
  void draw_points(PanelContext& context, Plot& plot);
  void draw_notes(PanelContext& context) const;
  void draw_table(PanelContext& context);
  [[nodiscard]] float radius_of(const RooflinePoint& point) const;
  [[nodiscard]] bool is_selected(const Selection& selection, const RooflinePoint& point) const;

  bool only_active_ = false;
  float split_ = 0.6F;

  Made made_;
  std::vector<RooflineSeries> series_;
  std::vector<std::size_t> documents_;  // index of each series among the documents
  std::size_t front_ = 0;
  view_data::RooflineChart chart_;
  view_data::Table table_;
  view_data::Table shown_table_;
  std::array<bool, kStageCount> stages_{};
  double longest_ns_ = 0;
};

void RooflinePanel::update(const PanelContext& context) {
  Made now;
  now.front = context.selection.active;
  for (const DocumentPtr& document : context.documents) {
    if (is_shown(*document, now.front)) now.documents.push_back(document->key());
  }
  if (now == made_) return;
  made_ = now;
  series_.clear();
  documents_.clear();
  front_ = 0;
  for (std::size_t index = 0; index < context.documents.size(); ++index) {
    const view_data::Document& document = *context.documents[index];
    if (!is_shown(document, now.front)) continue;
    if (document.id == now.front) front_ = series_.size();
    series_.push_back(view_data::roofline_series({document.name, &document.profile}));
    documents_.push_back(index);
  }
  chart_ = view_data::roofline_chart(series_, front_);
  table_ = view_data::roofline_table(series_);
  shown_table_ = view_data::keep_columns(table_, kColumns);
  longest_ns_ = 0;
  stages_.fill(false);
  for (const RooflineSeries& series : series_) {
    for (const RooflinePoint& point : series.points) {
      longest_ns_ = std::max(longest_ns_, point.time_ns);
      stages_[static_cast<std::size_t>(point.stage)] = true;
    }
  }
}

float RooflinePanel::radius_of(const RooflinePoint& point) const {
  const double share = longest_ns_ > 0 ? point.time_ns / longest_ns_ : 0;
  return kSmallestRadius +
         (kLargestRadius - kSmallestRadius) * static_cast<float>(std::sqrt(std::max(0.0, share)));
}

bool RooflinePanel::is_selected(const Selection& selection, const RooflinePoint& point) const {
  if (!selection.kernel.empty() && selection.kernel == point.name) return true;
  return selection.kernel.empty() && selection.stage == point.stage;
}

void RooflinePanel::draw_options(PanelContext& context) {
  const Ui& ui = context.ui;
  if (toggle(ui, "All documents", !only_active_)) only_active_ = false;
  ImGui::SameLine(0, ui.px(2));
  if (toggle(ui, "Active only", only_active_)) only_active_ = true;
  ImGui::SameLine(0, ui.px(20));
  update(context);
  if (series_.empty()) return;
  const view_data::DeviceCeilings& ceilings = series_[front_].ceilings;
  ImGui::AlignTextToFramePadding();
  if (ceilings.list.empty()) {
    text_muted(ui, "No ceilings: the document does not name a device that is known");
  } else {
    text_muted(ui, "Ceilings of " + ceilings.device);
  }
  ImGui::SameLine(0, ui.px(6));
  help_marker(ui,
              "Every point is an op: how much it computes for each byte it moves from or to DRAM, "
              "and how fast. Nothing can be above the lines. Area shows time. Bytes and FLOPs are "
              "the least that the op needs, from its shapes; collectives are not shown.");
}

void RooflinePanel::draw_lines(const Ui& ui, Plot& plot) const {
  for (const view_data::CeilingLine& line : chart_.lines) {
    const bool decides = line.ceiling->decides;
    const auto color = decides ? ui.palette.text : ui.palette.muted;
    const PlotPoint ends[] = {{line.x0, line.y0}, {line.x1, line.y1}};
    plot.line(ends, color, decides ? 2.0F : 1.0F);
  }
}

void RooflinePanel::draw_points(PanelContext& context, Plot& plot) {
  const Ui& ui = context.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  std::vector<PlotPoint> at;
  std::vector<Place> places;
  for (std::size_t s = 0; s < series_.size(); ++s) {
    const bool predicted = series_[s].kind == profile::Kind::kPredicted;
    // Longest first: small points lie on top of large ones.
    for (std::size_t p = 0; p < series_[s].points.size(); ++p) {
      const RooflinePoint& point = series_[s].points[p];
      if (!point.on_chart) continue;
      const PlotPoint place{*point.intensity, point.gflops};
      const ImVec2 center = plot.to_pixels(place);
      const float radius = ui.px(radius_of(point));
      const auto color = ui.palette.of(point.stage);
      if (predicted) {
        list.AddCircle(center, radius, to_u32(color), 0, ui.px(2));
      } else {
        list.AddCircleFilled(center, radius, to_u32(view_data::with_alpha(color, 0.85)));
      }
      const auto ring = is_selected(context.selection, point) ? ui.palette.text
                                                              : ui.palette.of_series(documents_[s]);
      if (series_.size() > 1 || is_selected(context.selection, point)) {
        list.AddCircle(center, radius + ui.px(2), to_u32(ring), 0, ui.px(1.5F));
      }
      at.push_back(place);
      places.push_back({s, p});
    }
  }
  const auto nearest = plot.nearest(at, kLargestRadius);
  if (!nearest) return;
  const Place& place = places[*nearest];
  const RooflinePoint& point = series_[place.series].points[place.point];
  const auto color = ui.palette.of(point.stage);
  std::vector<TooltipLine> lines;
  for (const auto& [label, value] : point.details) lines.push_back({label, value});
  tooltip(ui, point.name, lines, series_[place.series].name, &color);
  if (!plot.clicked()) return;
  context.selection.kernel = context.selection.kernel == point.name ? "" : point.name;
}

void RooflinePanel::draw_chart(PanelContext& context) {
  const Ui& ui = context.ui;
  AxisSpec x{.label = "FLOP per byte of DRAM traffic",
             .low = chart_.x_low,
             .high = chart_.x_high,
             .scale = view_data::Scale::kLog};
  AxisSpec y{.label = "FLOP per second",
             .low = chart_.y_low,
             .high = chart_.y_high,
             .unit = view_data::Unit::kGflops,
             .scale = view_data::Scale::kLog};
  Plot plot(ui, "##roofline", ImVec2(0, 0), std::move(x), std::move(y));
  draw_lines(ui, plot);
  draw_points(context, plot);
}

void RooflinePanel::draw_notes(PanelContext& context) const {
  const Ui& ui = context.ui;
  heading(ui, "Stages");
  if (const auto clicked = stage_legend(ui, stages_, context.selection.stage)) {
    const bool again = context.selection.stage == clicked;
    context.selection.stage = again ? std::nullopt : clicked;
    context.selection.kernel.clear();
  }
  ImGui::Spacing();
  heading(ui, "Ceilings");
  for (const view_data::CeilingLine& line : chart_.lines) {
    const bool decides = line.ceiling->decides;
    text_colored(decides ? ui.palette.text : ui.palette.muted, line.text);
    if (ImGui::IsItemHovered()) tooltip(ui, line.text, {}, line.ceiling->source);
  }
  if (chart_.lines.empty()) text_muted(ui, "none is known");
  ImGui::Spacing();
  heading(ui, "Documents");
  for (std::size_t s = 0; s < series_.size(); ++s) {
    swatch(ui, ui.palette.of_series(documents_[s]));
    text(fit_text(ui.regular, series_[s].name, ImGui::GetContentRegionAvail().x));
    ImGui::PushTextWrapPos(0);
    if (!series_[s].summary.empty()) text_muted(ui, series_[s].summary);
    for (const std::string& note : series_[s].notes) text_muted(ui, note);
    ImGui::PopTextWrapPos();
  }
}

void RooflinePanel::draw_table(PanelContext& context) {
  const DataTableResult result =
      data_table(context.ui, shown_table_, {.selected_key = context.selection.kernel});
  if (result.export_csv) context.actions.export_csv("roofline", view_data::to_csv(table_));
  if (!result.clicked) return;
  const std::string& name = table_.rows[*result.clicked].key;
  context.selection.kernel = context.selection.kernel == name ? "" : name;
}

void RooflinePanel::draw(PanelContext& context) {
  const Ui& ui = context.ui;
  draw_options(context);
  update(context);
  const float height = ImGui::GetContentRegionAvail().y - splitter_width(ui);
  if (ImGui::BeginChild("upper", ImVec2(0, height * split_))) {
    const float side = std::min(ui.px(280), ImGui::GetContentRegionAvail().x * 0.3F);
    if (ImGui::BeginChild("chart", ImVec2(-side, 0))) {
      if (chart_.problem.empty()) {
        draw_chart(context);
      } else {
        draw_empty(ui, "Nothing to draw", chart_.problem);
      }
    }
    ImGui::EndChild();
    ImGui::SameLine(0, ui.px(12));
    if (ImGui::BeginChild("notes")) draw_notes(context);
    ImGui::EndChild();
  }
  ImGui::EndChild();
  splitter(ui, "##down", false, height, split_, 120, 0.6F);
  if (ImGui::BeginChild("table")) draw_table(context);
  ImGui::EndChild();
}

std::vector<view_data::Table> RooflinePanel::tables(PanelContext& context) {
  if (context.documents.empty()) return {};
  update(context);
  return {table_};
}

void RooflinePanel::save(nlohmann::json& json) const {
  json["only_active"] = only_active_;
}

void RooflinePanel::load(const nlohmann::json& json) {
  if (!json.is_object()) return;
  const auto found = json.find("only_active");
  if (found != json.end() && found->is_boolean()) only_active_ = found->get<bool>();
}

}  // namespace

PanelPtr make_roofline_panel() {
  return std::make_unique<RooflinePanel>();
}

}  // namespace dscope::viewer
