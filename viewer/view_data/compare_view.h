// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/compare.h"
#include "viewer/view_data/named_profile.h"
#include "viewer/view_data/table.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

// Several documents against one of them, the base. Numbers and verdicts are those of
// exporter::compare(), which the command line prints.
namespace dscope::view_data {

enum class CompareSort : std::uint8_t { kStage, kDelta, kRelative, kName };

struct CompareViewOptions {
  CompareSort sort = CompareSort::kDelta;
  bool hide_same = false;      // rows that are SAME in every document, and those without any time
  std::string search;          // part of a row's label
  std::optional<Stage> stage;  // ops of this stage only
  std::size_t most_ops = 2000;
};

// What one document has in a row. Numbers are finite.
struct CompareCell {
  std::optional<double> ns;
  std::optional<double> delta_ns;  // against the base
  std::optional<double> relative;
  std::optional<exporter::Interval> noise;  // about 95 % for delta_ns
  exporter::Verdict verdict = exporter::Verdict::kNotComparable;
  std::string text;                      // "+1.20 ms (+3.4 %)", "-" for no value
  std::vector<std::string> explanation;  // verdict, noise, reason: one line each
};

struct CompareRow {
  std::string id;  // stage id, or name of a kernel
  std::string label;
  Stage stage = Stage::kOther;
  std::optional<double> base_ns;
  std::string base_text;
  std::vector<CompareCell> others;  // in the order of CompareView::others
};

// What differs and forbids nothing.
struct CompareNote {
  std::string text;
  std::vector<std::size_t> documents;  // that it holds for: indices into CompareView::others
};

struct CompareView {
  std::string problem;  // why there is nothing to compare
  std::string base;
  std::vector<std::string> others;
  CompareRow step;
  std::vector<std::string> headlines;  // "-3.1 %, 97.5 ms to 94.5 ms", by document
  std::vector<std::string> reasons;    // why AMBIGUOUS or NOT COMPARABLE, else empty
  std::vector<CompareNote> notes;      // each text once
  std::vector<CompareRow> stages;      // in the order of kStages unless sorted
  std::vector<CompareRow> ops;
  std::size_t hidden_stages = 0;  // by the options
  std::size_t hidden_ops = 0;
  std::string hidden_text;  // "12 kernels; 3 stages and 24 kernels hidden"
};

// The expensive half: all documents against one, whatever is then shown of it.
struct Comparisons {
  std::string problem;  // why there is nothing to compare
  std::string base;
  std::vector<std::string> others;
  std::vector<exporter::Comparison> list;  // one for each of `others`
};
// `base` is an index into `documents`; fewer than two give a problem.
[[nodiscard]] Comparisons compare_all(std::span<const NamedProfile> documents, std::size_t base,
                                      double threshold);

[[nodiscard]] CompareView compare_view(const Comparisons& comparisons,
                                       const CompareViewOptions& options);

// Rows with base, and for each document time, difference, noise and verdict. `id`: of the table.
[[nodiscard]] Table compare_table(const CompareView& view, std::span<const CompareRow> rows,
                                  std::string id, std::string title);

}  // namespace dscope::view_data
