// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/stage_table.h"
#include "profiler/profile/profile.h"

#include <string>
#include <vector>

// What table, Markdown and HTML all say about a document, in words. Strings may hold what the
// document held: escape them.
namespace dscope::exporter {

struct Fact {
  std::string label;
  std::string value;
};

// "measured: dsv4-tiny, tp 1, batch 2, context 64-72, serving, cpu".
[[nodiscard]] std::string headline(const profile::Profile& profile);

// The label of a stage in this document: what idles on the CPU back end is the host.
[[nodiscard]] std::string stage_label(Stage stage, const profile::Profile& profile);

// What was run, on what, by which build. Only what the document knows.
[[nodiscard]] std::vector<Fact> facts(const profile::Profile& profile);

// Closure, losses and, where known, tokens per second and perturbation.
[[nodiscard]] std::vector<Fact> verdicts(const StageReport& report);

}  // namespace dscope::exporter
