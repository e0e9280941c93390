// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/table.h"
#include "viewer/widgets/ui.h"

#include <functional>
#include <optional>
#include <string>

namespace dscope::viewer {

struct DataTableOptions {
  std::string selected_key;  // the row with this key is marked
  float height = 0;          // as place(); the header stays visible
  bool show_title = true;    // with a button for CSV behind it
  // Long text takes several lines, and the table the height it needs: for few rows.
  bool wraps = false;
  std::string filter;  // only rows whose first text cell contains it, any case
};

struct DataTableResult {
  std::optional<std::size_t> hovered;  // row of the table
  std::optional<std::size_t> clicked;
  bool export_csv = false;  // the button: `csv` holds what is shown, in the order shown
  std::string csv;
};

// A table with sortable columns (click a heading), only visible rows drawn: a million of them cost
// no more than a screenful. The order lives in ImGui's state of this table; `table.id` names it.
DataTableResult data_table(const Ui& ui, const view_data::Table& table,
                           const DataTableOptions& options = {});

}  // namespace dscope::viewer
