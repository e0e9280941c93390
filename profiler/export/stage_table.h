// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/text_table.h"
#include "profiler/profile/profile.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dscope::exporter {

struct StageRow {
  Stage stage = Stage::kOther;     // for its colour
  std::string id;                  // of the stage, or "rest" in the seed's view
  std::string label;               // "Host idle" for the gap of the CPU back end
  double time_ns = 0;              // median per step
  std::optional<double> p95_ns;    // over steps, where there are at least two
  std::optional<double> p99_ns;    // likewise
  std::int64_t total_ns = 0;       // over all steps
  double share = 0;                // total_ns of the wall time of all steps
  double launches = 0;             // median per step
  std::optional<double> wait_ns;   // NCCL: median per step, where the source knows it
  std::optional<double> bytes;     // per step: DRAM floor; NCCL: payload on the wire
  std::optional<double> gbps;      // bytes over time_ns
  std::optional<double> floor_ns;  // bytes at the measured read bandwidth; not for NCCL
};

// What measuring cost, from medians.
struct PerturbationSummary {
  std::string method;
  std::optional<double> untraced_step_ns;
  std::int64_t untraced_steps = 0;
  std::optional<double> slowdown;  // traced over untraced, minus 1
  std::optional<double> range_cost_ns;
  std::optional<double> ranges_per_step;
};

// Collectives, medians per step where known.
struct CommSummary {
  std::optional<double> wait_ns;
  std::optional<double> transfer_ns;
  std::optional<double> launch_ns;   // idle directly before, part of the gap
  std::optional<double> exposed_ns;  // nothing ran beside them
  std::optional<double> hidden_ns;   // something did
  std::string split;                 // how wait and transfer were told apart
};

// The stage table of a profile: computed once, rendered in every format.
//
// Stage times, shares, sums and closure are of the traced steps, and close to their wall time. How
// long a step takes and tok/s are of untraced steps where the document has some (run --profile):
// tracing makes steps longer, by time in which the device idles.
struct StageReport {
  profile::Kind kind = profile::Kind::kMeasured;
  std::optional<std::int64_t> steps;  // of each device; empty: no step marks, the times are of the
                                      // whole trace
  std::int64_t devices = 1;           // with steps; sums are over all of them
  std::string steps_from;             // what found the steps; empty: the source knew them
  std::int64_t excluded_steps = 0;    // partial ones at the ends
  std::int64_t wall_ns = 0;           // sums over all traced steps: busy + gap = wall
  std::int64_t busy_ns = 0;
  std::int64_t gap_ns = 0;
  double step_ns = 0;        // median wall time of a traced step
  double step_busy_ns = 0;   // median busy time of a step
  double closure_error = 0;  // largest of all steps
  // Tokens of all steps over their wall time: untraced steps where some were run, else traced ones.
  std::optional<double> tok_s;
  std::optional<double> traced_tok_s;  // of the traced steps, where tok_s is of untraced ones
  profile::Losses losses;
  std::vector<StageRow> stages;  // all stages, in the order of kStages
  std::optional<PerturbationSummary> perturbation;
  std::optional<CommSummary> comm;
  std::vector<profile::LabelTotals> label_sources;
  std::vector<profile::UnattributedName> unattributed;
  std::string title;  // "measured: dsv4-tiny, batch 1, ..."
};

// Throws Error{kInput} when the document has no measurement with at least one step.
[[nodiscard]] StageReport stage_report(const profile::Profile& profile);

// The same as the seed of this project splits a step: MoE, NCCL, FlashMLA and the rest, then idle.
[[nodiscard]] StageReport seed_report(const profile::Profile& profile);

// The JSON of `run`, `import` and `report`. wall_ns, busy_ns, gap_ns, step_ns and the stages are of
// traced steps; untraced_step_ns is there when there were untraced ones, and then tok_s is theirs
// and traced_tok_s that of the traced ones.
[[nodiscard]] nlohmann::ordered_json to_json(const StageReport& report);

// Median of the untraced steps; empty where there were none.
[[nodiscard]] std::optional<double> untraced_step_ns(const StageReport& report);

// The rows for people: stages that took time, then totals.
[[nodiscard]] TextTable stage_table(const StageReport& report);

// Table: aligned for a terminal of 100 columns, with bars, totals, closure, losses and
// perturbation; stages without time are left out of table and Markdown and kept in JSON and CSV.
[[nodiscard]] std::string render(const StageReport& report, Format format);

}  // namespace dscope::exporter
