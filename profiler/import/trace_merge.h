// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/name_table.h"
#include "profiler/import/trace.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace dscope::importer {

// The rank in the name of a trace: 3 of "1700000000-TP-3.trace.json.gz" (SGLang), "rank3.json",
// "rank_3.json", "rank-3.json". Empty where there is none, or where pipeline or data ranks beside
// it ("-DP-1") leave it open.
[[nodiscard]] std::optional<std::int64_t> rank_of_name(std::string_view file_name);

// Gives devices without a rank that of the file's name, and says it in their names.
void apply_file_rank(Trace& trace, const std::filesystem::path& path);

// Puts traces of several ranks side by side: devices get numbers of their own in the order of the
// files, threads too, and correlations of different files never meet. Their clocks are taken as
// they are: Kineto's and nsys' traces of one machine share one.
class TraceMerge {
 public:
  void add(Trace trace);
  [[nodiscard]] Trace finish();

 private:
  Trace result_;
  NumberPool devices_;
  NumberPool threads_;
  std::uint64_t files_ = 0;
};

}  // namespace dscope::importer
