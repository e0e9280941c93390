// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/name_table.h"
#include "profiler/import/trace.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::importer {

// The rank in the name of a trace: 3 of "1700000000-TP-3.trace.json.gz" (SGLang), "rank3.json",
// "rank_3.json", "rank-3.json". Empty where there is none, or where pipeline or data ranks beside
// it ("-DP-1") leave it open.
[[nodiscard]] std::optional<std::int64_t> rank_of_name(std::string_view file_name);

// Which files are the ranks of one run: those of one folder whose names differ in the rank alone,
// each rank once. Groups stand where their first file stood, their files in the order of the ranks;
// all others are groups of one.
[[nodiscard]] std::vector<std::vector<std::filesystem::path>> group_ranks(
    const std::vector<std::filesystem::path>& files);

// "run-TP.trace.json.gz" of "run-TP-3.trace.json.gz"; a name without a rank as it is.
[[nodiscard]] std::string name_without_rank(std::string_view file_name);

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
  std::int32_t last_thread_ = 0;  // the highest number of a host thread
  std::uint64_t files_ = 0;
};

}  // namespace dscope::importer
