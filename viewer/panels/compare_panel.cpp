// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/compare_panel.h"

#include "viewer/panels/linked_timelines.h"
#include "viewer/view_data/compare_histogram.h"
#include "viewer/view_data/compare_view.h"
#include "viewer/view_data/kernel_list.h"
#include "viewer/widgets/data_table.h"
#include "viewer/widgets/histogram_plot.h"
#include "viewer/widgets/keys.h"
#include "viewer/widgets/splitter.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace dscope::viewer {
namespace {

using exporter::Verdict;
using view_data::CompareCell;
using view_data::CompareRow;
using view_data::CompareSort;
using view_data::CompareView;
using view_data::DocumentPtr;

enum class View : std::uint8_t { kTables, kTimelines };

constexpr std::size_t kMostBins = 60;
constexpr float kLargestThreshold = 20;  // per cent, of the slider

constexpr float kSplit = 0.7F;
constexpr float kWide = 820;   // pixels at scale 1: room for all columns of one document
constexpr float kSeveral = 2;  // times that: of several

// Without the interval, which a tooltip shows as well.
view_data::Table without_interval(const view_data::Table& table) {
  std::vector<std::string_view> keys;
  for (const exporter::Column& column : table.columns) {
    if (!column.key.starts_with("low_ns") && !column.key.starts_with("high_ns")) {
      keys.push_back(column.key);
    }
  }
  return view_data::keep_columns(table, keys);
}

// Of several documents the differences alone, under the names of the documents.
view_data::Table differences(const view_data::Table& table, const CompareView& view) {
  std::vector<std::string_view> keys;
  for (const exporter::Column& column : table.columns) {
    const bool of_one = column.key.starts_with("ns") || column.key.starts_with("low_ns") ||
                        column.key.starts_with("high_ns");
    if (!of_one) keys.push_back(column.key);
  }
  view_data::Table kept = view_data::keep_columns(table, keys);
  for (exporter::Column& column : kept.columns) {
    for (std::size_t d = 0; d < view.others.size(); ++d) {
      if (column.key == fmt::format("delta_ns_{}", d + 1)) column.title = view.others[d];
    }
  }
  return kept;
}

class ComparePanel final : public Panel {
 public:
  [[nodiscard]] std::string_view id() const override { return "compare"; }
  [[nodiscard]] std::string_view title() const override { return "Compare"; }
  void draw(PanelContext& context) override;
  [[nodiscard]] std::vector<view_data::Table> tables(PanelContext& context) override;
  [[nodiscard]] std::vector<Key> keys() const override {
    std::vector<Key> keys{{"V", "the other view: tables, timelines"},
                          {"click", "on a stage: its kernels only; again: all kernels"}};
    for (const Key& key : LinkedTimelines::keys()) keys.push_back(key);
    return keys;
  }
  void save(nlohmann::json& json) const override;
  void load(const nlohmann::json& json) override;

 private:
  // What the computed parts below were made of.
  struct Made {
    std::vector<std::uint64_t> documents;
    std::size_t base = 0;
    float threshold_percent = 0;
    int sort = 0;
    bool hide_same = false;
    std::string search;
    std::optional<Stage> stage;
    bool operator==(const Made&) const = default;
  };

  void update(const PanelContext& context);
  [[nodiscard]] std::size_t compared(const PanelContext& context) const;
  void draw_documents(PanelContext& context);
  void draw_table_options(const Ui& ui);
  void draw_options(PanelContext& context);
  void draw_views(const Ui& ui);
  void draw_tables(PanelContext& context);
  void draw_headlines(const PanelContext& context);
  void draw_stages(PanelContext& context);
  void draw_histograms(PanelContext& context);
  void draw_kernels(PanelContext& context);
  void row_tooltip(const Ui& ui, const CompareRow& row) const;

  View shown_ = View::kTables;
  LinkedTimelines timelines_;
  std::uint64_t compared_ = 0;  // the lower timeline; 0: the active document
  float threshold_percent_ = 2;
  int sort_ = static_cast<int>(CompareSort::kDelta);
  bool hide_same_ = false;
  std::array<char, 128> search_{};
  float split_ = kSplit;
  float split_down_ = 0.48F;

  Made made_;
  view_data::Comparisons comparisons_;
  CompareView view_;
  view_data::Table stages_;
  view_data::Table ops_;
  view_data::Table wide_stages_;
  view_data::Table narrow_stages_;
  view_data::Table wide_ops_;
  view_data::Table narrow_ops_;
  view_data::StepHistograms histograms_;
};

void ComparePanel::update(const PanelContext& context) {
  Made now;
  for (const DocumentPtr& document : context.documents) now.documents.push_back(document->key());
  now.base = context.index_of(context.selection.baseline);
  now.threshold_percent = threshold_percent_;
  now.sort = sort_;
  now.hide_same = hide_same_;
  now.search = search_.data();
  now.stage = context.selection.stage;
  if (now == made_) return;
  const bool same_documents = now.documents == made_.documents;
  const bool same_numbers =
      same_documents && now.base == made_.base && now.threshold_percent == made_.threshold_percent;
  made_ = now;
  std::vector<view_data::NamedProfile> documents;
  for (const DocumentPtr& document : context.documents) {
    documents.push_back({document->name, &document->profile});
  }
  if (!same_numbers) {
    comparisons_ = view_data::compare_all(documents, now.base, threshold_percent_ / 100);
  }
  view_data::CompareViewOptions options;
  options.sort = static_cast<CompareSort>(sort_);
  options.hide_same = hide_same_;
  options.search = now.search;
  options.stage = now.stage;
  view_ = view_data::compare_view(comparisons_, options);
  stages_ = view_data::compare_table(view_, view_.stages, "compare_stages", "Stages");
  wide_stages_ = view_data::without_empty_columns(stages_);
  const bool several = view_.others.size() > 1;
  narrow_stages_ = view_data::without_empty_columns(several ? differences(stages_, view_)
                                                            : without_interval(stages_));
  ops_ = view_data::compare_table(
      view_, view_.ops, "compare_kernels",
      now.stage ? "Kernels of " + std::string(info(*now.stage).label) : std::string("Kernels"));
  wide_ops_ = view_data::without_empty_columns(ops_);
  narrow_ops_ = several ? view_data::without_empty_columns(differences(ops_, view_)) : wide_ops_;
  if (!same_documents) histograms_ = view_data::step_histograms(documents, kMostBins);
}

view_data::Color color_of(const Ui& ui, Verdict verdict) {
  switch (verdict) {
    case Verdict::kFaster:
      return ui.palette.good;
    case Verdict::kSlower:
      return ui.palette.bad;
    case Verdict::kAmbiguous:
    case Verdict::kNotComparable:
      return ui.palette.warning;
    case Verdict::kSame:
      break;
  }
  return ui.palette.text;
}

// What stands below the base in the timelines.
std::size_t ComparePanel::compared(const PanelContext& context) const {
  const std::size_t base = context.index_of(context.selection.baseline);
  for (const std::uint64_t id : {compared_, context.selection.active}) {
    const std::size_t index = context.index_of(id);
    if (index != base && context.documents[index]->id == id) return index;
  }
  return base == 0 ? 1 : 0;
}

void ComparePanel::draw_documents(PanelContext& context) {
  const Ui& ui = context.ui;
  std::vector<std::string> names;
  for (const DocumentPtr& document : context.documents) names.push_back(document->name);
  ImGui::AlignTextToFramePadding();
  text_muted(ui, "Base");
  ImGui::SameLine();
  int base = static_cast<int>(context.index_of(context.selection.baseline));
  if (choice(ui, "##base", base, names, ui.px(220))) {
    context.selection.baseline = context.documents[static_cast<std::size_t>(base)]->id;
  }
  if (shown_ != View::kTimelines || context.documents.size() < 3) return;
  ImGui::SameLine(0, ui.px(20));
  text_muted(ui, "with");
  ImGui::SameLine();
  int other = static_cast<int>(compared(context));
  if (choice(ui, "##other", other, names, ui.px(220)) && other != base) {
    compared_ = context.documents[static_cast<std::size_t>(other)]->id;
  }
}

void ComparePanel::draw_table_options(const Ui& ui) {
  ImGui::SameLine(0, ui.px(20));
  text_muted(ui, "Threshold");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(ui.px(120));
  ImGui::SliderFloat("##threshold", &threshold_percent_, 0, kLargestThreshold, "%.1f %%",
                     ImGuiSliderFlags_AlwaysClamp);
  if (ImGui::IsItemHovered()) {
    tooltip(ui, "Differences up to this share do not matter", {},
            "SAME needs the whole interval inside it; FASTER and SLOWER need the difference beyond "
            "it and the interval on one side of zero. What is neither is AMBIGUOUS.");
  }
  ImGui::SameLine(0, ui.px(20));
  text_muted(ui, "Order");
  ImGui::SameLine();
  (void)choice(ui, "##sort", sort_,
               {"by stage", "by difference", "by relative difference", "by name"}, ui.px(170));
  ImGui::SameLine(0, ui.px(20));
  ImGui::Checkbox("Hide SAME", &hide_same_);
}

void ComparePanel::draw_options(PanelContext& context) {
  const Ui& ui = context.ui;
  draw_documents(context);
  if (shown_ == View::kTables) draw_table_options(ui);
  ImGui::SameLine(0, ui.px(20));
  ImGui::SetNextItemWidth(std::max(ui.px(80), ImGui::GetContentRegionAvail().x));
  ImGui::InputTextWithHint("##search", "filter by name", search_.data(), search_.size());
}

void ComparePanel::draw_views(const Ui& ui) {
  if (toggle(ui, "Tables", shown_ == View::kTables)) shown_ = View::kTables;
  ImGui::SameLine(0, ui.px(2));
  if (toggle(ui, "Timelines", shown_ == View::kTimelines)) shown_ = View::kTimelines;
}

// Of all documents, or of the one whose timeline is shown.
void ComparePanel::draw_headlines(const PanelContext& context) {
  const Ui& ui = context.ui;
  std::optional<std::size_t> only;
  if (shown_ == View::kTimelines) {
    const std::size_t index = compared(context);
    only = index - (index > context.index_of(context.selection.baseline) ? 1 : 0);
  }
  ImGui::Spacing();
  for (std::size_t d = 0; d < view_.others.size(); ++d) {
    if (only && *only != d) continue;
    const CompareCell& cell = view_.step.others[d];
    heading(ui, view_.others[d]);
    ImGui::SameLine();
    text_colored(color_of(ui, cell.verdict), exporter::name(cell.verdict));
    ImGui::SameLine();
    text(view_.headlines[d]);
    if (view_.reasons[d].empty()) continue;
    ImGui::SameLine();
    text_muted(ui, view_.reasons[d]);
  }
  for (const view_data::CompareNote& note : view_.notes) {
    std::string names;
    bool wanted = false;
    for (const std::size_t d : note.documents) {
      wanted = wanted || !only || *only == d;
      names += (names.empty() ? "" : ", ") + view_.others[d];
    }
    if (!wanted) continue;
    ImGui::PushTextWrapPos(0);
    text_muted(ui, only || view_.others.size() == 1 ? note.text : names + ": " + note.text);
    ImGui::PopTextWrapPos();
  }
}

void ComparePanel::row_tooltip(const Ui& ui, const CompareRow& row) const {
  std::vector<TooltipLine> lines{{view_.base, row.base_text}};
  for (std::size_t d = 0; d < row.others.size(); ++d) {
    const CompareCell& cell = row.others[d];
    lines.push_back({view_.others[d], cell.text});
    for (const std::string& line : cell.explanation) lines.push_back({"", line});
  }
  const auto color = ui.palette.of(row.stage);
  tooltip(ui, row.label, lines, {}, &color);
}

void ComparePanel::draw_stages(PanelContext& context) {
  const Ui& ui = context.ui;
  const std::string selected =
      context.selection.stage ? std::string(info(*context.selection.stage).id) : "";
  const float documents = view_.others.size() > 1 ? kSeveral : 1;
  const bool wide = ImGui::GetContentRegionAvail().x >= ui.px(kWide) * documents;
  const DataTableResult result =
      data_table(ui, wide ? wide_stages_ : narrow_stages_, {.selected_key = selected});
  if (result.export_csv) context.actions.export_csv("compare-stages", view_data::to_csv(stages_));
  if (result.hovered) row_tooltip(ui, view_.stages[*result.hovered]);
  if (!result.clicked) return;
  const Stage stage = view_.stages[*result.clicked].stage;
  if (context.selection.stage == stage) {
    context.selection.stage.reset();
  } else {
    context.selection.stage = stage;
  }
}

void ComparePanel::draw_histograms(PanelContext& context) {
  const Ui& ui = context.ui;
  ImGui::AlignTextToFramePadding();
  heading(ui, histograms_.untraced ? "Step times, untraced" : "Step times");
  if (!histograms_.problem.empty()) {
    text_muted(ui, histograms_.problem);
    return;
  }
  std::vector<HistogramSeries> series;
  for (const view_data::StepTimes& times : histograms_.series) {
    series.push_back(
        {times.histogram, ui.palette.of_series(times.document), times.name, times.median_ns});
  }
  const float legend =
      static_cast<float>(series.size()) * ImGui::GetTextLineHeightWithSpacing() + ui.px(2);
  histogram_plot(ui, "##histogram", ImVec2(0, -legend), series, view_data::Unit::kNs);
  for (const view_data::StepTimes& times : histograms_.series) {
    swatch(ui, ui.palette.of_series(times.document));
    text(fit_text(ui.regular, times.text, ImGui::GetContentRegionAvail().x));
  }
}

void ComparePanel::draw_kernels(PanelContext& context) {
  const Ui& ui = context.ui;
  const bool wide = ImGui::GetContentRegionAvail().x >= ui.px(kWide) * kSeveral;
  const DataTableResult result = data_table(
      ui, wide ? wide_ops_ : narrow_ops_,
      {.selected_key = context.selection.kernel, .height = -ImGui::GetTextLineHeightWithSpacing()});
  if (result.export_csv) context.actions.export_csv("compare-kernels", result.csv);
  if (result.hovered) row_tooltip(ui, view_.ops[*result.hovered]);
  if (result.clicked) context.selection.kernel = ops_.rows[*result.clicked].key;
  text_muted(ui, view_.hidden_text);
}

void ComparePanel::draw_tables(PanelContext& context) {
  const Ui& ui = context.ui;
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float height = room.y - splitter_width(ui);
  const float width = room.x - splitter_width(ui);
  if (ImGui::BeginChild("upper", ImVec2(0, height * split_down_))) {
    if (ImGui::BeginChild("stages", ImVec2(width * split_, 0))) draw_stages(context);
    ImGui::EndChild();
    ImGui::SameLine(0, 0);
    splitter(ui, "##across", true, width, split_, 240, kSplit);
    ImGui::SameLine(0, 0);
    if (ImGui::BeginChild("histograms")) draw_histograms(context);
    ImGui::EndChild();
  }
  ImGui::EndChild();
  splitter(ui, "##down", false, height, split_down_, 100, 0.48F);
  if (ImGui::BeginChild("kernels")) draw_kernels(context);
  ImGui::EndChild();
}

void ComparePanel::draw(PanelContext& context) {
  if (context.documents.size() < 2) {
    draw_empty(context.ui, "One document is open",
               "Comparing takes two or more: open another run of the same work, or pin a "
               "prediction in Explore.");
    return;
  }
  const Ui& ui = context.ui;
  if (context.has_keyboard && key_pressed(GLFW_KEY_V)) {
    shown_ = shown_ == View::kTables ? View::kTimelines : View::kTables;
  }
  draw_options(context);
  update(context);
  draw_headlines(context);
  ImGui::Spacing();
  draw_views(ui);
  if (shown_ == View::kTables) {
    draw_tables(context);
    return;
  }
  const std::size_t base = context.index_of(context.selection.baseline);
  ImGui::SameLine(0, ui.px(20));
  timelines_.draw(context, {context.documents[base], context.documents[compared(context)]},
                  search_.data());
}

std::vector<view_data::Table> ComparePanel::tables(PanelContext& context) {
  if (context.documents.size() < 2) return {};
  update(context);
  return {stages_, ops_};
}

void ComparePanel::save(nlohmann::json& json) const {
  json["threshold_percent"] = threshold_percent_;
  json["sort"] = sort_;
  json["hide_same"] = hide_same_;
  json["timelines"] = shown_ == View::kTimelines;
  json["step"] = timelines_.step();
}

void ComparePanel::load(const nlohmann::json& json) {
  if (!json.is_object()) return;
  if (const auto found = json.find("threshold_percent");
      found != json.end() && found->is_number()) {
    threshold_percent_ = std::clamp(found->get<float>(), 0.0F, kLargestThreshold);
  }
  if (const auto found = json.find("sort"); found != json.end() && found->is_number_integer()) {
    sort_ = std::clamp(found->get<int>(), 0, 3);
  }
  if (const auto found = json.find("hide_same"); found != json.end() && found->is_boolean()) {
    hide_same_ = found->get<bool>();
  }
  if (const auto found = json.find("timelines"); found != json.end() && found->is_boolean()) {
    shown_ = found->get<bool>() ? View::kTimelines : View::kTables;
  }
  if (const auto found = json.find("step"); found != json.end() && found->is_number_unsigned()) {
    timelines_.set_step(found->get<std::size_t>());
  }
}

}  // namespace

PanelPtr make_compare_panel() {
  return std::make_unique<ComparePanel>();
}

}  // namespace dscope::viewer
