// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"
#include "viewer/view_data/table.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace dscope::view_data {

// The kernels (ops) of some stages, longest first.
struct KernelList {
  Table table;               // rows of exporter::kernel_table(); keys are names
  std::size_t matching = 0;  // what the filters let through; the table may hold fewer
  std::size_t all = 0;       // kernels of the document
  std::string summary;       // "3 of 36 kernels, 12.1 ms in all, 45.0 % of the busy time"
};

// `stages` empty: all. `search`: part of a name, upper and lower case alike. At most `most` rows.
[[nodiscard]] KernelList kernel_list(const profile::Profile& profile, std::span<const Stage> stages,
                                     std::string_view search = {}, std::size_t most = 2000);

// The same rows with only the columns of these keys: what fits a narrow window.
[[nodiscard]] Table keep_columns(const Table& table, std::span<const std::string_view> keys);

// The same without columns (but the first) that have no text in any row: what nobody knows.
[[nodiscard]] Table without_empty_columns(Table table);

// Whether `text` holds `part`, upper and lower case of ASCII alike. An empty part is in any text.
[[nodiscard]] bool contains_ignoring_case(std::string_view text, std::string_view part);

}  // namespace dscope::view_data
