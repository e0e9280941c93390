// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/report_facts.h"
#include "viewer/view_data/breakdown.h"
#include "viewer/view_data/explore.h"
#include "viewer/view_data/table.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// An answer of the model as texts, rows and bars, beside another one or a measurement.
namespace dscope::view_data {

// What an answer is compared with.
struct Counterpart {
  std::string name;  // "pinned: RTX 5090, TP 4", "run.json"
  bool measured = false;
  double step_ns = 0;
  double tok_s = 0;                                   // 0: not known
  std::array<std::optional<double>, kStageCount> ns;  // by stage
};
[[nodiscard]] std::optional<Counterpart> counterpart_of(const Answer& answer);
[[nodiscard]] std::optional<Counterpart> counterpart_of(const Breakdown& document);

struct ExploreStage {
  Stage stage = Stage::kOther;
  std::string label;
  double time_ns = 0;
  std::optional<double> low_ns;
  std::optional<double> high_ns;
  double share = 0;
  std::string limit;                                  // for people
  std::vector<std::pair<std::string, double>> terms;  // ns by what they wait for, largest first
  std::optional<double> other_ns;
  std::optional<double> relative;  // against the counterpart: 0.1 is 10 % more
};

// What the whole step waits for.
struct ExploreLimit {
  std::string label;
  double ns = 0;
  double share = 0;
};

// One uncertain input at either end of its interval.
struct TornadoRow {
  std::string label;
  double tok_s_at_low = 0;
  double tok_s_at_high = 0;
  std::string low_text;  // the input's value there
  std::string high_text;
  std::vector<std::pair<std::string, std::string>> details;
};

struct ExploreView {
  std::string problem;   // nothing but this when it is not empty
  std::string blocked;   // why it could not run
  std::string tok_s;     // "10.3 tok/s"
  std::string interval;  // "9.1 to 11.8 tok/s"
  std::vector<exporter::Fact> facts;
  std::vector<std::string> warnings;
  double tok_s_value = 0;
  std::optional<double> step_low_ns;  // interval of the step
  std::optional<double> step_high_ns;
  std::vector<ExploreStage> stages;
  std::vector<ExploreLimit> limits;  // largest first
  std::vector<TornadoRow> tornado;   // largest first
  double other_step_ns = 0;          // 0: no counterpart
  bool other_measured = false;
  std::string other_name;
  std::string other_text;  // "+12.0 % tok/s against ..."
};

// `other` may be null.
[[nodiscard]] ExploreView explore_view(const Answer& answer, const Counterpart* other,
                                       std::size_t most_tornado = 12);

[[nodiscard]] Table explore_stage_table(const ExploreView& view);
[[nodiscard]] Table explore_op_table(const Answer& answer);
[[nodiscard]] Table explore_curve_table(const ExploreCurve& curve);
[[nodiscard]] Table explore_map_table(const ExploreMap& map);

// "RTX PRO 6000 x 8, TP 8, batch 1, context 4096, sglang-24692".
[[nodiscard]] std::string configuration_name(const model::Configuration& configuration);

// Why an axis changes nothing in this configuration, where that is so; else empty.
[[nodiscard]] std::string axis_note(std::string_view axis,
                                    const model::Configuration& configuration);

// "memory bandwidth" for "dram"; an unknown id as it is.
[[nodiscard]] std::string limit_label(std::string_view id);

}  // namespace dscope::view_data
