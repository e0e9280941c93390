// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/explore_panel.h"

#include "viewer/panels/explore_charts.h"
#include "viewer/panels/explore_controls_pane.h"
#include "viewer/view_data/explore_match.h"
#include "viewer/view_data/kernel_list.h"
#include "viewer/widgets/data_table.h"
#include "viewer/widgets/keys.h"
#include "viewer/widgets/splitter.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace dscope::viewer {
namespace {

using view_data::Counterpart;
using view_data::ExploreResult;

enum class View { kStep, kSensitivity, kCurve, kMap, kOps };
constexpr std::array<const char*, 5> kViewLabels{"Step", "Sensitivity", "Curve", "Map", "Ops"};
constexpr std::array<const char*, 5> kViewIds{"step", "sensitivity", "curve", "map", "ops"};

struct MapPreset {
  const char* label;
  const char* x;
  const char* y;
};
// Columns of the ops that fit beside the controls, without the last two where there is less room;
// CSV has all.
constexpr std::array<std::string_view, 8> kOpColumns{"op",   "launches", "time_ns",       "bytes",
                                                     "gbps", "limit",    "blocks_per_sm", "waves"};
constexpr float kWide = 820;  // pixels at scale 1: room for all of these

constexpr std::array<MapPreset, 4> kMapPresets{{{"batch x GPUs", "batch", "tp"},
                                                {"context x batch", "context", "batch"},
                                                {"MoE tiles", "moe_stages", "moe_warps"},
                                                {"attention tiles", "mla_splits", "mla_heads"}}};

class ExplorePanel final : public Panel {
 public:
  [[nodiscard]] std::string_view id() const override { return "explore"; }
  [[nodiscard]] std::string_view title() const override { return "Explore"; }
  [[nodiscard]] bool works_on_previews() const override { return true; }
  [[nodiscard]] bool works_without_documents() const override { return true; }
  void draw(PanelContext& context) override;
  [[nodiscard]] bool busy() const override;
  [[nodiscard]] std::vector<view_data::Table> tables(PanelContext& context) override;
  [[nodiscard]] std::vector<Key> keys() const override;
  void save(nlohmann::json& json) const override;
  void load(const nlohmann::json& json) override;

 private:
  void request();
  void take_result(const PanelContext& context);
  void update_counterpart(const PanelContext& context);
  void handle_keys(const PanelContext& context);
  void pin();
  void change(const model::Configuration& now);

  void draw_header(PanelContext& context);
  void draw_buttons(PanelContext& context);
  void draw_counterpart_choice(PanelContext& context);
  void draw_view_tabs(const Ui& ui);
  void draw_view(PanelContext& context);
  void draw_step(PanelContext& context);
  void draw_sensitivity(const Ui& ui);
  void draw_axis_notes(const Ui& ui, const std::string& x, const std::string& y);
  void draw_curve_view(const Ui& ui);
  void draw_map_view(const Ui& ui);
  void draw_metric_choice(const Ui& ui);
  bool draw_axis_choice(const Ui& ui, const char* id, std::string& axis);
  void set_axis(const std::string& axis, const std::string& value);

  model::Configuration start_ = model::default_configuration();
  model::Configuration now_ = start_;
  std::optional<model::Configuration> pinned_;
  std::uint64_t counterpart_document_ = 0;  // 0: the pinned configuration, where there is one
  View view_ = View::kStep;
  ExploreMetric metric_ = ExploreMetric::kTokS;
  std::string curve_axis_ = "batch";
  std::string map_x_ = "batch";
  std::string map_y_ = "tp";
  float split_ = 0.34F;
  std::string refused_;  // why a value of curve or map was not taken

  ExploreControlsPane controls_;
  // Started at the first draw: a panel that nobody looks at computes nothing.
  std::unique_ptr<view_data::ExploreWorker> worker_;
  bool requested_ = false;
  int last_frame_ = -2;  // that drew this panel
  std::shared_ptr<const ExploreResult> result_;
  std::shared_ptr<const view_data::ExploreCurve> curve_;  // the last that was complete
  std::shared_ptr<const view_data::ExploreMap> map_;
  HeatMapData heat_map_data_;  // of the next two
  std::shared_ptr<const view_data::ExploreMap> heat_map_of_;
  ExploreMetric heat_metric_ = ExploreMetric::kTokS;
  std::optional<Counterpart> counterpart_;
  std::uint64_t counterpart_made_of_ = 0;
  view_data::ExploreView shown_;
  view_data::Table stages_;
  view_data::Table ops_;
  view_data::Table wide_ops_;
  view_data::Table narrow_ops_;
};

// --- asking --------------------------------------------------------------------------------------

void ExplorePanel::request() {
  if (!worker_) worker_ = view_data::make_explore_worker();
  view_data::ExploreRequest request;
  request.now = now_;
  request.pinned = pinned_;
  if (view_ == View::kCurve) request.curve_axis = curve_axis_;
  if (view_ == View::kMap) {
    request.map_x = map_x_;
    request.map_y = map_y_;
  }
  worker_->submit(std::move(request));
  requested_ = true;
}

bool ExplorePanel::busy() const {
  // What nobody looks at is no reason to draw frames.
  const bool drawn = ImGui::GetFrameCount() - last_frame_ <= 1;
  return worker_ && drawn && (worker_->busy() || worker_->latest() != result_);
}

void ExplorePanel::take_result(const PanelContext& context) {
  if (!requested_) request();
  if (!context.find(counterpart_document_)) counterpart_document_ = 0;  // closed
  auto latest = worker_->latest();
  const bool same_counterpart = counterpart_made_of_ == counterpart_document_;
  if (latest == result_ && same_counterpart) return;
  result_ = std::move(latest);
  if (!result_) return;
  if (result_->curve) curve_ = result_->curve;
  if (result_->map) map_ = result_->map;
  update_counterpart(context);
  shown_ = view_data::explore_view(*result_->now, counterpart_ ? &*counterpart_ : nullptr);
  stages_ = view_data::explore_stage_table(shown_);
  ops_ = view_data::explore_op_table(*result_->now);
  wide_ops_ = view_data::keep_columns(ops_, kOpColumns);
  narrow_ops_ = view_data::keep_columns(ops_, std::span(kOpColumns).first(6));
}

void ExplorePanel::update_counterpart(const PanelContext& context) {
  counterpart_made_of_ = counterpart_document_;
  counterpart_.reset();
  if (const auto document = context.find(counterpart_document_)) {
    counterpart_ = view_data::counterpart_of(
        view_data::breakdown({document->name, &document->profile}, view_data::StageView::kFull));
  } else if (result_->pinned) {
    counterpart_ = view_data::counterpart_of(*result_->pinned);
  }
}

void ExplorePanel::change(const model::Configuration& now) {
  now_ = now;
  request();
}

void ExplorePanel::pin() {
  pinned_ = now_;
  counterpart_document_ = 0;
  request();
}

void ExplorePanel::set_axis(const std::string& axis, const std::string& value) {
  model::Configuration changed = now_;
  refused_ = view_data::try_set(changed, model::find_axis(axis), value);
  if (refused_.empty()) change(changed);
}

std::vector<Panel::Key> ExplorePanel::keys() const {
  return {{"P", "pin the configuration"},
          {"R", "back to the start"},
          {"V  Shift+V", "next, previous view: step, sensitivity, curve, map, ops"},
          {"right click", "on a control: type a value, take a useful one, go back"},
          {"click", "in curve or map: take that value"}};
}

void ExplorePanel::handle_keys(const PanelContext& context) {
  if (!context.has_keyboard) return;
  if (key_pressed(GLFW_KEY_P)) pin();
  if (key_pressed(GLFW_KEY_R)) change(start_);
  if (key_pressed(GLFW_KEY_V)) {
    const std::size_t step = ImGui::GetIO().KeyShift ? kViewLabels.size() - 1 : 1;
    view_ = static_cast<View>((static_cast<std::size_t>(view_) + step) % kViewLabels.size());
    request();
  }
}

// --- drawing -------------------------------------------------------------------------------------

void ExplorePanel::draw_counterpart_choice(PanelContext& context) {
  const Ui& ui = context.ui;
  std::vector<std::string> names{pinned_ ? "pinned configuration" : "nothing"};
  std::vector<std::uint64_t> ids{0};
  int current = 0;
  for (const view_data::DocumentPtr& document : context.documents) {
    if (document->id == counterpart_document_) current = static_cast<int>(ids.size());
    names.push_back(document->name);
    ids.push_back(document->id);
  }
  text_muted(ui, "Compare with");
  ImGui::SameLine();
  const float room = ImGui::GetContentRegionAvail().x;
  if (choice(ui, "##counterpart", current, names, std::clamp(room, ui.px(60), ui.px(190)))) {
    counterpart_document_ = ids[static_cast<std::size_t>(current)];
  }
}

void ExplorePanel::draw_buttons(PanelContext& context) {
  const Ui& ui = context.ui;
  if (ImGui::Button("Pin")) pin();
  if (ImGui::IsItemHovered()) tooltip(ui, "Compare what follows with this configuration", {}, "P");
  ImGui::SameLine();
  if (pinned_ && ImGui::Button("Unpin")) {
    pinned_.reset();
    request();
  }
  if (pinned_) ImGui::SameLine();
  if (ImGui::Button("Reset")) change(start_);
  if (ImGui::IsItemHovered()) tooltip(ui, "Back to the configuration at the start", {}, "R");
  ImGui::SameLine();
  if (ImGui::Button("Open as document") && result_ && result_->now->outcome) {
    auto document = view_data::document_of(*result_->now);
    context.selection.prediction = document->id;
    context.actions.open_document(std::move(document));
  }
  if (ImGui::IsItemHovered()) {
    tooltip(ui, "As a document of kind \"predicted\"", {},
            "for the other panels: breakdown, comparison, roofline, under the timeline");
  }
  if (const auto active = context.active()) {
    ImGui::SameLine();
    if (ImGui::Button("Match document")) {
      const view_data::Match match = view_data::match_document(active->profile, now_);
      change(match.configuration);
      counterpart_document_ = active->id;
      for (const std::string& unknown : match.unknown) context.actions.notify(unknown);
    }
    if (ImGui::IsItemHovered()) {
      tooltip(ui, "Predict the work of " + active->name, {},
              "takes model, device, GPUs, batch, context and numerics from the active document "
              "and compares with it");
    }
  }
  ImGui::SameLine(0, ui.px(20));
  draw_counterpart_choice(context);
}

void ExplorePanel::draw_header(PanelContext& context) {
  const Ui& ui = context.ui;
  draw_buttons(context);
  ImGui::Spacing();
  if (!result_) {
    text_muted(ui, "computing");
    return;
  }
  if (!shown_.problem.empty()) {
    text_colored(ui.palette.bad, "This configuration cannot be:");
    text_wrapped(shown_.problem);
    return;
  }
  heading(ui, view_data::configuration_name(result_->now->configuration));
  ImGui::PushFont(ui.bold);
  text_colored(ui.palette.accent, shown_.tok_s);
  ImGui::PopFont();
  ImGui::SameLine(0, ui.px(8));
  text_muted(ui, "predicted, " + shown_.interval);
  for (const exporter::Fact& fact : shown_.facts) {
    const std::string line = fact.label + ": " + fact.value;
    ImGui::SameLine(0, ui.px(20));
    if (ImGui::GetContentRegionAvail().x < text_width(ui.regular, line)) ImGui::NewLine();
    text_muted(ui, fact.label + ":");
    ImGui::SameLine(0, ui.px(4));
    text(fact.value);
  }
  if (!shown_.other_text.empty()) {
    text_muted(ui, shown_.other_name + ":");
    ImGui::SameLine(0, ui.px(4));
    text(shown_.other_text);
  }
  ImGui::PushTextWrapPos(0);
  if (!shown_.blocked.empty()) text_colored(ui.palette.bad, shown_.blocked);
  for (const std::string& warning : shown_.warnings) text_colored(ui.palette.warning, warning);
  ImGui::PopTextWrapPos();
}

void ExplorePanel::draw_view_tabs(const Ui& ui) {
  for (std::size_t i = 0; i < kViewLabels.size(); ++i) {
    if (i > 0) ImGui::SameLine(0, ui.px(2));
    if (!toggle(ui, kViewLabels[i], view_ == static_cast<View>(i))) continue;
    view_ = static_cast<View>(i);
    request();
  }
}

void ExplorePanel::draw_step(PanelContext& context) {
  const Ui& ui = context.ui;
  if (const auto clicked = draw_step_bars(ui, shown_, context.selection.stage)) {
    const bool again = context.selection.stage == clicked;
    context.selection.stage = again ? std::nullopt : clicked;
  }
  const std::string selected =
      context.selection.stage ? std::string(info(*context.selection.stage).id) : "";
  // As high as its rows, so that what is uncertain has room below.
  const float line = ImGui::GetTextLineHeight() + 2 * ImGui::GetStyle().CellPadding.y;
  const float wanted = static_cast<float>(stages_.rows.size() + 1) * line + ui.px(6);
  const float left = ImGui::GetContentRegionAvail().y - ImGui::GetFrameHeightWithSpacing();
  const DataTableResult result =
      data_table(ui, stages_,
                 {.selected_key = selected, .height = std::max(ui.px(80), std::min(wanted, left))});
  if (result.export_csv) context.actions.export_csv("explore-stages", result.csv);
  if (left - wanted > ui.px(160)) {
    ImGui::Spacing();
    heading(ui, "Sensitivity");
    draw_sensitivity(ui);
  }
  if (!result.clicked) return;
  const Stage stage = shown_.stages[*result.clicked].stage;
  if (context.selection.stage == stage) {
    context.selection.stage.reset();
  } else {
    context.selection.stage = stage;
  }
}

void ExplorePanel::draw_sensitivity(const Ui& ui) {
  text_muted(ui, "tok/s with one uncertain input at either end of its interval");
  draw_tornado(ui, shown_);
}

bool ExplorePanel::draw_axis_choice(const Ui& ui, const char* id, std::string& axis) {
  std::vector<std::string> labels;
  int current = 0;
  for (const model::Axis& one : model::axes()) {
    if (one.name == axis) current = static_cast<int>(labels.size());
    labels.push_back(one.label);
  }
  if (!choice(ui, id, current, labels, ui.px(180))) return false;
  axis = model::axes()[static_cast<std::size_t>(current)].name;
  return true;
}

void ExplorePanel::draw_metric_choice(const Ui& ui) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < kExploreMetricCount; ++i) {
    labels.emplace_back(info(static_cast<ExploreMetric>(i)).label);
  }
  int current = static_cast<int>(metric_);
  if (choice(ui, "##metric", current, labels, ui.px(160))) {
    metric_ = static_cast<ExploreMetric>(current);
  }
}

void ExplorePanel::draw_axis_notes(const Ui& ui, const std::string& x, const std::string& y) {
  if (!refused_.empty()) text_colored(ui.palette.bad, refused_);
  const std::string of_x = view_data::axis_note(x, now_);
  const std::string of_y = view_data::axis_note(y, now_);
  if (!of_x.empty()) text_colored(ui.palette.warning, of_x);
  if (!of_y.empty() && of_y != of_x) text_colored(ui.palette.warning, of_y);
}

void ExplorePanel::draw_curve_view(const Ui& ui) {
  draw_metric_choice(ui);
  ImGui::SameLine();
  text_muted(ui, "over");
  ImGui::SameLine();
  if (draw_axis_choice(ui, "##axis", curve_axis_)) request();
  draw_axis_notes(ui, curve_axis_, "");
  if (!curve_ || curve_->axis != curve_axis_) {
    text_muted(ui, "computing");
    return;
  }
  const std::string& label = model::find_axis(curve_axis_).label;
  if (const auto clicked = draw_curve(ui, *curve_, label, metric_, ImVec2(0, 0))) {
    set_axis(curve_axis_, curve_->values[*clicked]);
  }
}

void ExplorePanel::draw_map_view(const Ui& ui) {
  draw_metric_choice(ui);
  ImGui::SameLine();
  text_muted(ui, "over");
  ImGui::SameLine();
  bool changed = draw_axis_choice(ui, "##x", map_x_);
  ImGui::SameLine();
  text_muted(ui, "x");
  ImGui::SameLine();
  changed = draw_axis_choice(ui, "##y", map_y_) || changed;
  for (const MapPreset& preset : kMapPresets) {
    ImGui::SameLine();
    const float width = text_width(ui.regular, preset.label) + ui.px(20);
    if (ImGui::GetContentRegionAvail().x < width) ImGui::NewLine();
    if (!toggle(ui, preset.label, map_x_ == preset.x && map_y_ == preset.y)) continue;
    map_x_ = preset.x;
    map_y_ = preset.y;
    changed = true;
  }
  if (changed) request();
  draw_axis_notes(ui, map_x_, map_y_);
  if (map_x_ == map_y_) {
    text_muted(ui, "A map takes two different axes.");
    return;
  }
  if (!map_ || map_->x_axis != map_x_ || map_->y_axis != map_y_) {
    text_muted(ui, "computing");
    return;
  }
  if (heat_map_of_ != map_ || heat_metric_ != metric_) {
    heat_map_of_ = map_;
    heat_metric_ = metric_;
    heat_map_data_ = heat_map_of(*map_, metric_);
  }
  const HeatMapResult result = heat_map(ui, "##map", ImVec2(0, 0), heat_map_data_, map_->current);
  if (!result.clicked || *result.hovered >= map_->cells.size()) return;
  const std::size_t columns = map_->x_values.size();
  set_axis(map_x_, map_->x_values[*result.hovered % columns]);
  if (refused_.empty()) set_axis(map_y_, map_->y_values[*result.hovered / columns]);
}

void ExplorePanel::draw_view(PanelContext& context) {
  const Ui& ui = context.ui;
  switch (view_) {
    case View::kStep:
      draw_step(context);
      break;
    case View::kSensitivity:
      draw_sensitivity(ui);
      break;
    case View::kCurve:
      draw_curve_view(ui);
      break;
    case View::kMap:
      draw_map_view(ui);
      break;
    case View::kOps: {
      const bool wide = ImGui::GetContentRegionAvail().x >= ui.px(kWide);
      const DataTableResult result = data_table(ui, wide ? wide_ops_ : narrow_ops_);
      if (result.export_csv) context.actions.export_csv("explore-ops", view_data::to_csv(ops_));
      break;
    }
  }
}

void ExplorePanel::draw(PanelContext& context) {
  const Ui& ui = context.ui;
  last_frame_ = ImGui::GetFrameCount();
  handle_keys(context);
  take_result(context);
  const float width = ImGui::GetContentRegionAvail().x - splitter_width(ui);
  if (ImGui::BeginChild("controls", ImVec2(width * split_, 0))) {
    if (controls_.draw(ui, now_, pinned_.value_or(start_))) request();
  }
  ImGui::EndChild();
  ImGui::SameLine(0, 0);
  splitter(ui, "##split", true, width, split_, 200, 0.34F);
  ImGui::SameLine(0, 0);
  if (ImGui::BeginChild("answer")) {
    draw_header(context);
    const bool has_map = view_ == View::kMap || view_ == View::kCurve;
    if (result_ && (shown_.problem.empty() || has_map)) {
      ImGui::Spacing();
      draw_view_tabs(ui);
      if (ImGui::BeginChild("view")) draw_view(context);
      ImGui::EndChild();
    }
  }
  ImGui::EndChild();
}

std::vector<view_data::Table> ExplorePanel::tables(PanelContext& context) {
  take_result(context);
  worker_->wait_until_idle();
  take_result(context);
  std::vector<view_data::Table> tables{stages_, ops_};
  if (curve_) tables.push_back(view_data::explore_curve_table(*curve_));
  if (map_) tables.push_back(view_data::explore_map_table(*map_));
  return tables;
}

void ExplorePanel::save(nlohmann::json& json) const {
  json["axes"] = view_data::axis_key(now_);
  if (pinned_) json["pinned"] = view_data::axis_key(*pinned_);
  json["view"] = kViewIds[static_cast<std::size_t>(view_)];
  json["metric"] = static_cast<int>(metric_);
  json["curve_axis"] = curve_axis_;
  json["map_x"] = map_x_;
  json["map_y"] = map_y_;
  json["split"] = split_;
}

void ExplorePanel::load(const nlohmann::json& json) {
  if (!json.is_object()) return;
  const auto text_of = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  now_ = view_data::from_axis_key(start_, text_of("axes"));
  pinned_.reset();
  if (const std::string pinned = text_of("pinned"); !pinned.empty()) {
    pinned_ = view_data::from_axis_key(start_, pinned);
  }
  const std::string view = text_of("view");
  for (std::size_t i = 0; i < kViewIds.size(); ++i) {
    if (view == kViewIds[i]) view_ = static_cast<View>(i);
  }
  const auto take_axis = [&](const char* key, std::string& axis) {
    const std::string name = text_of(key);
    for (const model::Axis& known : model::axes()) {
      if (known.name == name) axis = name;
    }
  };
  take_axis("curve_axis", curve_axis_);
  take_axis("map_x", map_x_);
  take_axis("map_y", map_y_);
  if (const auto metric = json.find("metric");
      metric != json.end() && metric->is_number_integer()) {
    const int last = static_cast<int>(kExploreMetricCount) - 1;
    metric_ = static_cast<ExploreMetric>(std::clamp(metric->get<int>(), 0, last));
  }
  if (const auto split = json.find("split"); split != json.end() && split->is_number()) {
    split_ = std::clamp(split->get<float>(), 0.1F, 0.9F);
  }
  requested_ = false;
}

}  // namespace

PanelPtr make_explore_panel() {
  return std::make_unique<ExplorePanel>();
}

}  // namespace dscope::viewer
