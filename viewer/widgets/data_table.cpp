// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/widgets/data_table.h"

#include "viewer/view_data/text.h"

#include <imgui_internal.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>
#include <vector>

namespace dscope::viewer {
namespace {

using view_data::Table;

constexpr float kShortText = 160;  // pixels at scale 1: a verdict, a reason in three words

// The order of rows as ImGui's sort specification asks for it, kept until that or the table change.
// Panels rebuild tables only when documents change, so address and size tell them apart.
struct Order {
  std::vector<std::size_t> rows;
  const void* data = nullptr;
  std::size_t count = 0;
  std::string filter;
};

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

void apply_filter(const Table& table, const std::string& filter, std::vector<std::size_t>& rows) {
  if (filter.empty()) return;
  std::erase_if(rows, [&](std::size_t row) {
    return table.rows[row].cells.empty() || !contains(table.rows[row].cells[0].text, filter);
  });
}

Order& order_of(const Table& table) {
  static std::map<ImGuiID, Order> orders;  // the drawing thread's
  return orders[ImGui::GetID(table.id.c_str())];
}

void update_order(const Table& table, const std::string& filter, Order& order) {
  ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  const void* data = table.rows.data();
  const bool stale = order.data != data || order.count != table.rows.size() ||
                     order.filter != filter || (specs != nullptr && specs->SpecsDirty);
  if (!stale && order.rows.size() <= table.rows.size()) return;
  std::size_t column = SIZE_MAX;
  bool descending = false;
  if (specs != nullptr && specs->SpecsCount > 0) {
    column = static_cast<std::size_t>(specs->Specs[0].ColumnIndex);
    descending = specs->Specs[0].SortDirection == ImGuiSortDirection_Descending;
  }
  order.rows = view_data::sorted_order(table, column, descending);
  apply_filter(table, filter, order.rows);
  order.data = data;
  order.count = table.rows.size();
  order.filter = filter;
  if (specs != nullptr) specs->SpecsDirty = false;
}

bool is_text(const exporter::Column& column) {
  return column.align == exporter::Align::kLeft;
}

// What a column would like to have, in pixels; 0: not drawn.
std::vector<float> wanted_widths(const Ui& ui, const Table& table) {
  std::vector<float> widths;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const exporter::Column& column = table.columns[i];
    // A long heading, such as the name of a document, is cut: ImGui shows it whole in a tooltip.
    float width = std::min(text_width(ui.regular, column.title), ui.px(100)) + ui.px(22);
    const std::size_t looked_at = std::min<std::size_t>(table.rows.size(), 200);
    for (std::size_t r = 0; r < looked_at; ++r) {
      width = std::max(width, text_width(ui.regular, table.rows[r].cells[i].text) + ui.px(4));
    }
    if (is_text(column)) width = std::clamp(width, ui.px(60), ui.px(420));
    widths.push_back(column.max_width == 0 ? 0 : width);
  }
  return widths;
}

// Names can be cut, since a tooltip shows them whole; other text is short, and numbers are useless
// when they are cut. Where not even that has room, the table scrolls to the right.
bool is_too_wide(const Ui& ui, const std::vector<float>& widths, float most_name) {
  float all = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] <= 0) continue;
    all += i == 0 ? std::min(widths[i] + ui.px(15), most_name) : widths[i];
    all += ImGui::GetStyle().CellPadding.x * 2;
  }
  return all + ImGui::GetStyle().ScrollbarSize > ImGui::GetContentRegionAvail().x;
}

enum class Fit { kAll, kShortNames, kScrolls };

Fit fit_of(const Ui& ui, const std::vector<float>& widths) {
  if (!is_too_wide(ui, widths, ui.px(435))) return Fit::kAll;
  return is_too_wide(ui, widths, ui.px(110)) ? Fit::kScrolls : Fit::kShortNames;
}

void setup_columns(const Ui& ui, const Table& table, const std::vector<float>& widths, Fit fit) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const exporter::Column& column = table.columns[i];
    if (widths[i] <= 0) {
      ImGui::TableSetupColumn(column.title.c_str(), ImGuiTableColumnFlags_Disabled);
      continue;
    }
    // Text stretches, numbers take what they need.
    const bool text = is_text(column);
    const bool whole =
        fit == Fit::kScrolls || (fit == Fit::kShortNames && i > 0 && widths[i] < ui.px(kShortText));
    ImGuiTableColumnFlags flags =
        text && !whole ? ImGuiTableColumnFlags_WidthStretch : ImGuiTableColumnFlags_WidthFixed;
    // The first click on a number shows the largest.
    flags |= text ? ImGuiTableColumnFlags_PreferSortAscending
                  : ImGuiTableColumnFlags_PreferSortDescending;
    const bool name = fit == Fit::kScrolls && i == 0;
    ImGui::TableSetupColumn(column.title.c_str(), flags,
                            name ? std::min(widths[i] + ui.px(15), ui.px(180)) : widths[i]);
  }
}

// As TableHeadersRow(), with headings of numbers on the right.
void header_row(const Ui& ui, const Table& table) {
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!ImGui::TableSetColumnIndex(static_cast<int>(i))) continue;
    ImGui::PushID(static_cast<int>(i));
    const exporter::Column& column = table.columns[i];
    if (column.align == exporter::Align::kRight) {
      const float room =
          ImGui::GetContentRegionAvail().x - text_width(ui.regular, column.title) - ui.px(14);
      if (room > 0) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + room);
    }
    ImGui::TableHeader(column.title.c_str());
    ImGui::PopID();
  }
}

class Body {
 public:
  Body(const Ui& ui, const Table& table, const DataTableOptions& options)
      : ui_(ui), table_(table), options_(options) {}

  void draw(const std::vector<std::size_t>& order, DataTableResult& result) {
    if (options_.wraps) {  // rows of different heights
      for (const std::size_t row : order) draw_row(row, result);
      return;
    }
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(order.size()));
    while (clipper.Step()) {
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        draw_row(order[static_cast<std::size_t>(i)], result);
      }
    }
  }

 private:
  void draw_row(std::size_t index, DataTableResult& result) {
    const view_data::TableRow& row = table_.rows[index];
    ImGui::TableNextRow();
    ImGui::PushID(static_cast<int>(index));
    for (std::size_t c = 0; c < table_.columns.size(); ++c) {
      if (!ImGui::TableSetColumnIndex(static_cast<int>(c))) continue;
      if (c == 0) draw_selectable(index, row, result);
      draw_cell(row, c);
    }
    ImGui::PopID();
  }

  void draw_selectable(std::size_t index, const view_data::TableRow& row, DataTableResult& result) {
    const bool selected = !row.key.empty() && row.key == options_.selected_key;
    const float x = ImGui::GetCursorPosX();
    if (ImGui::Selectable("##row", selected, ImGuiSelectableFlags_SpanAllColumns)) {
      result.clicked = index;
    }
    if (ImGui::IsItemHovered()) result.hovered = index;
    ImGui::SameLine();
    ImGui::SetCursorPosX(x);
    if (row.stage) swatch(ui_, ui_.palette.of(*row.stage));
  }

  void draw_cell(const view_data::TableRow& row, std::size_t c) {
    const std::string& what = row.cells[c].text;
    if (options_.wraps && is_text(table_.columns[c])) return text_wrapped(what);
    const float room = ImGui::GetContentRegionAvail().x;
    const float width = text_width(ui_.regular, what);
    const bool right = !is_text(table_.columns[c]);
    if (right && width < room) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + room - width);
    const bool cut = width > room + 0.5F;
    const std::string fitted = cut ? fit_text(ui_.regular, what, room) : std::string();
    const std::string& shown = cut ? fitted : what;
    if (c == table_.tone_column && row.tone && *row.tone != 0) {
      text_colored(*row.tone > 0 ? ui_.palette.bad : ui_.palette.good, shown);
    } else {
      text(shown);
    }
    if (cut && ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem)) {
      tooltip(ui_, what, {});
    }
  }

  const Ui& ui_;
  const Table& table_;
  const DataTableOptions& options_;
};

}  // namespace

DataTableResult data_table(const Ui& ui, const Table& table, const DataTableOptions& options) {
  DataTableResult result;
  ImGui::PushID(table.id.c_str());
  const ImVec2 corner = ImGui::GetCursorPos();
  if (options.show_title) {
    ImGui::AlignTextToFramePadding();
    heading(ui, table.title);
    const float button = text_width(ui.regular, "CSV") + ImGui::GetStyle().FramePadding.x * 2;
    ImGui::SameLine(std::max(corner.x + text_width(ui.bold, table.title) + ui.px(12),
                             corner.x + ImGui::GetContentRegionAvail().x - button));
    result.export_csv = ImGui::Button("CSV");
    if (ImGui::IsItemHovered()) tooltip(ui, "Save this table as CSV", {}, "rows as they are shown");
  }
  if (table.rows.empty()) {
    text_muted(ui, table.empty_text);
  } else {
    const std::vector<float> widths = wanted_widths(ui, table);
    const Fit fit = fit_of(ui, widths);
    const bool scrolls = fit == Fit::kScrolls;
    constexpr ImGuiTableFlags kFlags =
        ImGuiTableFlags_Sortable | ImGuiTableFlags_SortTristate | ImGuiTableFlags_Resizable |
        ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_NoSavedSettings |
        ImGuiTableFlags_NoBordersInBodyUntilResize;
    const int columns = static_cast<int>(table.columns.size());
    // ImGui keeps the widths of a table by its name: those of one kind are no good for the other.
    if (ImGui::BeginTable(scrolls ? "##wide" : "##table", columns,
                          kFlags | (scrolls ? ImGuiTableFlags_ScrollX : 0) |
                              (options.wraps ? 0 : ImGuiTableFlags_ScrollY),
                          ImVec2(0, options.wraps ? 0 : options.height))) {
      if (!options.wraps) ImGui::TableSetupScrollFreeze(scrolls ? 1 : 0, 1);
      setup_columns(ui, table, widths, fit);
      header_row(ui, table);
      Order& order = order_of(table);
      update_order(table, options.filter, order);
      Body(ui, table, options).draw(order.rows, result);
      if (result.export_csv) result.csv = view_data::to_csv(table, order.rows);
      ImGui::EndTable();
    }
  }
  if (result.export_csv && result.csv.empty()) result.csv = view_data::to_csv(table);
  ImGui::PopID();
  return result;
}

}  // namespace dscope::viewer
