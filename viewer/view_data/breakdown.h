// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/report_facts.h"
#include "profiler/export/stage_table.h"
#include "profiler/profile/profile.h"
#include "viewer/view_data/named_profile.h"
#include "viewer/view_data/table.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

// Where the time of a step goes, as rows and stacked bars. The numbers are those of
// exporter::stage_report(), which the command line prints.
namespace dscope::view_data {

enum class StageView { kSeed, kFull };  // MoE, NCCL, FlashMLA and the rest; or every stage

// One stage, or the rest of kSeed.
struct BreakdownRow {
  Stage color = Stage::kOther;  // whose colour it is drawn in
  std::string label;
  std::string holds;          // for tooltips: what belongs to it
  std::vector<Stage> stages;  // for the kernels of the row
  double time_ns = 0;         // measured: median per step; predicted: of the step
  double share = 0;           // of the wall time of all steps
  std::optional<double> launches;
  std::optional<double> wait_ns;
  std::optional<double> bytes;
  std::optional<double> gbps;
  std::optional<double> floor_ns;
  std::optional<double> low_ns;  // predicted only
  std::optional<double> high_ns;
  std::string limit;  // predicted only: the limiting resource
};

struct Breakdown {
  std::string name;
  std::string title;    // "measured: dsv4-tiny, batch 1, ..."
  std::string problem;  // why there is nothing to show; empty when there is
  profile::Kind kind = profile::Kind::kMeasured;
  std::vector<BreakdownRow> rows;     // in the order of kStages; only what took time
  double step_ns = 0;                 // median wall time of a step, as the command line has it
  std::string step_text;              // "97.5 ms a step, 31 steps, 10.3 tok/s"
  std::vector<exporter::Fact> facts;  // closure, losses, tracing
  bool closes = true;                 // to within 1 %
  std::optional<exporter::StageReport> measurement;  // where the numbers are from
};

// Measured documents by their steps, predicted ones without steps by their prediction. Never
// throws for a document that could be read.
[[nodiscard]] Breakdown breakdown(const NamedProfile& document, StageView view);

// The rows as a table: the columns of `dscope report`, and those of a prediction.
[[nodiscard]] Table breakdown_table(const Breakdown& breakdown);

// --- bars ----------------------------------------------------------------------------------------

struct BarPart {
  std::size_t row = 0;  // of Breakdown::rows
  Stage color = Stage::kOther;
  double begin = 0;  // ns, or a share of the bar's total where bars show shares
  double end = 0;
  std::string time_text;   // "36.1 ms"
  std::string share_text;  // "37.0 %", of the bar
};

struct StackedBar {
  std::string label;
  double total_ns = 0;
  std::vector<BarPart> parts;
};

struct BarChart {
  std::vector<StackedBar> bars;
  double most = 0;          // the axis ends here; 1 for shares
  bool shares = false;      // the axis is in shares, not in ns
  std::size_t grouped = 1;  // steps that one bar is the mean of
  std::string axis;         // "median step", "steps, in order"
};

// One bar for each document: its median step, divided by the shares that stages have of all steps,
// as in the picture of the report.
[[nodiscard]] BarChart document_bars(std::span<const Breakdown> documents, bool shares);

// One bar for each step; above `most` (>= 1) steps, means of equally many consecutive ones.
[[nodiscard]] BarChart step_bars(const profile::Profile& profile, const Breakdown& breakdown,
                                 bool shares, std::size_t most);

}  // namespace dscope::view_data
