// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/breakdown_panel.h"

#include "viewer/view_data/breakdown.h"
#include "viewer/view_data/kernel_list.h"
#include "viewer/widgets/bars.h"
#include "viewer/widgets/data_table.h"
#include "viewer/widgets/splitter.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace dscope::viewer {
namespace {

using view_data::Breakdown;
using view_data::BreakdownRow;
using view_data::DocumentPtr;
using view_data::StageView;

// Bars beyond so many are means of several steps: more would be thinner than a pixel or two.
constexpr std::size_t kMostBars = 400;

// Columns of the kernels where there is no room for all.
constexpr std::array<std::string_view, 5> kNarrowKernels{"name", "count", "total_ns", "share",
                                                         "median_ns"};
constexpr float kWideKernels = 760;  // pixels at scale 1

struct Options {
  StageView view = StageView::kFull;
  bool per_step = false;
  bool shares = false;
  bool operator==(const Options&) const = default;
};

class BreakdownPanel final : public Panel {
 public:
  [[nodiscard]] std::string_view id() const override { return "breakdown"; }
  [[nodiscard]] std::string_view title() const override { return "Breakdown"; }
  void draw(PanelContext& context) override;
  [[nodiscard]] std::vector<view_data::Table> tables(PanelContext& context) override;
  [[nodiscard]] std::vector<Key> keys() const override {
    return {{"click", "on a stage: its kernels; again: all kernels"}};
  }
  void save(nlohmann::json& json) const override;
  void load(const nlohmann::json& json) override;

 private:
  // What the computed parts below were made of.
  struct Made {
    std::vector<std::uint64_t> documents;
    std::uint64_t active = 0;
    Options options;
    bool operator==(const Made&) const = default;
  };

  void update(const PanelContext& context);
  void update_kernels(const PanelContext& context);
  void draw_options(const Ui& ui);
  void draw_summary(const Ui& ui) const;
  void draw_bars(PanelContext& context);
  void draw_tables(PanelContext& context);
  void update_bars(const Ui& ui, const Selection& selection);
  [[nodiscard]] const BreakdownRow* selected_row(const Selection& selection) const;
  void select(PanelContext& context, const BreakdownRow& row);
  [[nodiscard]] const Breakdown& active() const { return breakdowns_[active_]; }

  Options options_;
  bool rest_selected_ = false;  // the rest of the seed's view is no stage of its own
  float split_ = 0.56F;

  Made made_;
  std::vector<Breakdown> breakdowns_;  // one for each document
  std::size_t active_ = 0;
  view_data::BarChart chart_;
  std::vector<Bar> bars_;  // of chart_, as long as the next two stay
  std::optional<view_data::Theme> bars_theme_;
  std::string bars_selected_;
  view_data::Table stages_;

  std::uint64_t kernels_of_ = 0;  // document
  std::vector<Stage> kernel_stages_;
  view_data::KernelList kernels_;
  view_data::Table narrow_kernels_;
};

void BreakdownPanel::update(const PanelContext& context) {
  Made now{{}, context.selection.active, options_};
  for (const DocumentPtr& document : context.documents) now.documents.push_back(document->key());
  if (now == made_) return;
  made_ = std::move(now);
  breakdowns_.clear();
  for (const DocumentPtr& document : context.documents) {
    breakdowns_.push_back(
        view_data::breakdown({document->name, &document->profile}, options_.view));
  }
  active_ = context.index_of(context.selection.active);
  const DocumentPtr& shown = context.documents[active_];
  chart_ = options_.per_step
               ? view_data::step_bars(shown->profile, active(), options_.shares, kMostBars)
               : view_data::document_bars(breakdowns_, options_.shares);
  stages_ = view_data::breakdown_table(active());
  kernels_of_ = 0;
  bars_theme_.reset();
}

void BreakdownPanel::update_kernels(const PanelContext& context) {
  const BreakdownRow* row = selected_row(context.selection);
  const std::vector<Stage> stages = row != nullptr ? row->stages : std::vector<Stage>();
  if (kernels_of_ == made_.active && kernel_stages_ == stages) return;
  kernels_of_ = made_.active;
  kernel_stages_ = stages;
  kernels_ = view_data::kernel_list(context.documents[active_]->profile, stages);
  kernels_.table.title = row != nullptr ? "Kernels of " + row->label : "Kernels";
  narrow_kernels_ = view_data::keep_columns(kernels_.table, kNarrowKernels);
}

const BreakdownRow* BreakdownPanel::selected_row(const Selection& selection) const {
  const Breakdown& shown = active();
  for (const BreakdownRow& row : shown.rows) {
    const bool is_rest = row.stages.size() > 1;
    if (is_rest ? rest_selected_ : selection.stage == row.color) return &row;
  }
  return nullptr;
}

void BreakdownPanel::select(PanelContext& context, const BreakdownRow& row) {
  const bool was_selected = selected_row(context.selection) == &row;
  context.selection.stage.reset();
  rest_selected_ = false;
  if (was_selected) return;
  if (row.stages.size() > 1) {
    rest_selected_ = true;
  } else {
    context.selection.stage = row.color;
  }
}

void BreakdownPanel::draw_options(const Ui& ui) {
  const auto pair = [&ui](const char* off, const char* on, bool& value) {
    if (toggle(ui, off, !value)) value = false;
    ImGui::SameLine(0, ui.px(2));
    if (toggle(ui, on, value)) value = true;
  };
  bool seed = options_.view == StageView::kSeed;
  pair("All stages", "MoE / NCCL / FlashMLA / rest", seed);
  options_.view = seed ? StageView::kSeed : StageView::kFull;
  ImGui::SameLine(0, ui.px(20));
  pair("By document", "By step", options_.per_step);
  ImGui::SameLine(0, ui.px(20));
  pair("Time", "Share", options_.shares);
}

void BreakdownPanel::draw(PanelContext& context) {
  draw_options(context.ui);
  update(context);
  draw_summary(context.ui);
  draw_bars(context);
  draw_tables(context);
}

void BreakdownPanel::draw_summary(const Ui& ui) const {
  const Breakdown& shown = active();
  ImGui::Spacing();
  heading(ui, shown.name);
  ImGui::SameLine();
  text_muted(ui, shown.title);
  if (!shown.problem.empty()) return;
  text(shown.step_text);
  for (const exporter::Fact& fact : shown.facts) {
    const bool alarming = fact.label == "Closure" && !shown.closes;
    const std::string line = fact.label + ": " + fact.value;
    const float width = text_width(ui.regular, line) + ui.px(20);
    ImGui::SameLine(0, ui.px(20));
    if (ImGui::GetContentRegionAvail().x < width) ImGui::NewLine();
    ImGui::PushTextWrapPos(0);  // one fact alone may be longer than a line
    text_colored(alarming ? ui.palette.warning : ui.palette.muted, line);
    ImGui::PopTextWrapPos();
  }
}

void BreakdownPanel::update_bars(const Ui& ui, const Selection& selection) {
  const BreakdownRow* selected = selected_row(selection);
  const std::string label = selected != nullptr ? selected->label : "";
  if (bars_theme_ == ui.palette.theme && bars_selected_ == label) return;
  bars_theme_ = ui.palette.theme;
  bars_selected_ = label;
  bars_.clear();
  for (std::size_t b = 0; b < chart_.bars.size(); ++b) {
    const view_data::StackedBar& from = chart_.bars[b];
    const Breakdown& source = options_.per_step ? active() : breakdowns_[b];
    Bar& bar = bars_.emplace_back();
    bar.label = from.label;
    if (!options_.per_step) {
      bar.note = source.problem.empty()
                     ? view_data::format_value(from.total_ns, view_data::Unit::kNs)
                     : "no times";
    }
    for (const view_data::BarPart& part : from.parts) {
      const BreakdownRow& row = source.rows[part.row];
      BarSegment& segment = bar.segments.emplace_back();
      segment.value = part.end - part.begin;
      segment.color = ui.palette.of(part.color);
      segment.label = row.label;
      segment.details = {{"time", part.time_text}, {"share", part.share_text}};
      if (!options_.per_step) segment.details[0] = {"median", exporter::ns_cell(row.time_ns).text};
      segment.key = row.label;
      segment.dimmed = selected != nullptr && selected->label != row.label;
    }
  }
}

void BreakdownPanel::draw_bars(PanelContext& context) {
  const Ui& ui = context.ui;
  update_bars(ui, context.selection);
  BarsOptions options;
  options.horizontal = !options_.per_step;
  options.unit = options_.shares ? view_data::Unit::kPercent : view_data::Unit::kNs;
  options.most = options_.shares ? 1 : 0;
  const float room = ImGui::GetContentRegionAvail().y;
  const float wanted = static_cast<float>(bars_.size()) * ui.px(34) + ui.px(28);
  const float height = options_.per_step ? room * 0.42F : std::min(wanted, room * 0.42F);
  ImGui::Spacing();
  BarsResult result;
  if (ImGui::BeginChild("bars", ImVec2(0, height))) {
    const ImVec2 size(0, options_.per_step ? 0 : wanted);
    result = stacked_bars(ui, "##bars", size, bars_, options);
  }
  ImGui::EndChild();
  text_muted(ui, chart_.axis);
  if (!result.clicked || !result.hovered_bar) return;
  if (!options_.per_step) context.selection.active = context.documents[*result.hovered_bar]->id;
  if (!result.hovered_segment) return;
  const Breakdown& source = options_.per_step ? active() : breakdowns_[*result.hovered_bar];
  const std::size_t part = *result.hovered_segment;
  select(context, source.rows[chart_.bars[*result.hovered_bar].parts[part].row]);
}

void BreakdownPanel::draw_tables(PanelContext& context) {
  const Ui& ui = context.ui;
  const float width = ImGui::GetContentRegionAvail().x - splitter_width(ui);
  const BreakdownRow* selected = selected_row(context.selection);
  if (ImGui::BeginChild("stages", ImVec2(width * split_, 0))) {
    const DataTableResult result =
        data_table(ui, stages_, {.selected_key = selected != nullptr ? selected->label : ""});
    if (result.export_csv) context.actions.export_csv(active().name + "-stages", result.csv);
    if (result.hovered) {
      const BreakdownRow& row = active().rows[*result.hovered];
      const auto color = ui.palette.of(row.color);
      tooltip(ui, row.label, {}, row.holds, &color);
    }
    if (result.clicked) select(context, active().rows[*result.clicked]);
  }
  ImGui::EndChild();
  ImGui::SameLine(0, 0);
  splitter(ui, "##split", true, width, split_, 200, 0.56F);
  ImGui::SameLine(0, 0);
  update_kernels(context);
  if (ImGui::BeginChild("kernels", ImVec2(0, 0))) {
    const bool wide = ImGui::GetContentRegionAvail().x >= ui.px(kWideKernels);
    const DataTableResult result = data_table(ui, wide ? kernels_.table : narrow_kernels_,
                                              {.selected_key = context.selection.kernel,
                                               .height = -ImGui::GetTextLineHeightWithSpacing()});
    if (result.export_csv) {
      context.actions.export_csv(active().name + "-kernels", view_data::to_csv(kernels_.table));
    }
    if (result.clicked) context.selection.kernel = kernels_.table.rows[*result.clicked].key;
    text_muted(ui, kernels_.summary);
  }
  ImGui::EndChild();
}

std::vector<view_data::Table> BreakdownPanel::tables(PanelContext& context) {
  if (context.documents.empty()) return {};
  update(context);
  update_kernels(context);
  return {stages_, kernels_.table};
}

void BreakdownPanel::save(nlohmann::json& json) const {
  json["seed_view"] = options_.view == StageView::kSeed;
  json["per_step"] = options_.per_step;
  json["shares"] = options_.shares;
  json["split"] = split_;
}

void BreakdownPanel::load(const nlohmann::json& json) {
  if (!json.is_object()) return;
  const auto flag = [&](const char* key, bool otherwise) {
    const auto found = json.find(key);
    return found != json.end() && found->is_boolean() ? found->get<bool>() : otherwise;
  };
  options_.view = flag("seed_view", false) ? StageView::kSeed : StageView::kFull;
  options_.per_step = flag("per_step", false);
  options_.shares = flag("shares", false);
  if (const auto split = json.find("split"); split != json.end() && split->is_number()) {
    split_ = std::clamp(split->get<float>(), 0.1F, 0.9F);
  }
}

}  // namespace

PanelPtr make_breakdown_panel() {
  return std::make_unique<BreakdownPanel>();
}

}  // namespace dscope::viewer
