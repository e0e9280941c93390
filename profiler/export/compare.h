// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/noise.h"
#include "profiler/export/text_table.h"
#include "profiler/profile/profile.h"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::exporter {

enum class Verdict : std::uint8_t { kSame, kFaster, kSlower, kAmbiguous, kNotComparable };
inline constexpr std::array<std::string_view, 5> kVerdictNames{"SAME", "FASTER", "SLOWER",
                                                               "AMBIGUOUS", "NOT COMPARABLE"};
[[nodiscard]] constexpr std::string_view name(Verdict verdict) {
  return kVerdictNames[static_cast<std::size_t>(verdict)];
}

// One line of a comparison: B against A.
struct Delta {
  std::string id;               // stage id, or the name of an op
  std::string b_id;             // of an op: its name in B, where that is another one
  std::string label;            // for people
  Stage stage = Stage::kOther;  // of the stage or the op; for the step meaningless
  std::optional<double> a_ns;   // median per step; empty: not in this document
  std::optional<double> b_ns;
  std::optional<Interval> noise;  // about 95 % for b_ns - a_ns
  Verdict verdict = Verdict::kNotComparable;
  std::string reason;  // of AMBIGUOUS and NOT COMPARABLE

  [[nodiscard]] std::optional<double> delta_ns() const;
  [[nodiscard]] std::optional<double> relative() const;  // of A; empty when A took no time
};

struct Comparison {
  std::string a;  // headlines
  std::string b;
  Delta step;                      // the verdict of the whole comparison
  std::vector<Delta> stages;       // in the order of kStages
  std::vector<Delta> ops;          // largest absolute difference first
  std::vector<std::string> notes;  // what differs and does not forbid comparing
};

struct CompareOptions {
  // Differences up to this share of A do not matter: SAME needs the whole interval inside it,
  // FASTER and SLOWER need the difference beyond it and the interval on one side of zero. What is
  // neither is AMBIGUOUS: the noise is too large to tell.
  double threshold = 0.02;
};

// Compares the measurements of two documents. Only equal work is compared:
//   - kinds must agree, measured and imported being one;
//   - model, layout, numerics and batch must agree where both documents know them;
//   - a stage is compared where its bytes and FLOPs per step agree within the threshold (context
//     and routing change some stages and leave others alone), or the documents do not know them;
//   - the step as a whole and its gap are compared when every stage is.
// Ops are matched by name and stage; those left over by stage, calls per step and position, when a
// stage has as many of them in both documents.
// Devices and back ends may differ: that is what one compares, and it is noted.
// Step times are those of the untraced steps when both documents have them.
[[nodiscard]] Comparison compare(const profile::Profile& a, const profile::Profile& b,
                                 const CompareOptions& options = {});

struct GateResult {
  bool passed = true;
  std::vector<std::string> reasons;  // why not, or what to know about a pass
};

// `--gate PERCENT`: fails when the step, or a stage that takes at least 1 % of the step in A, is
// SLOWER by more than `percent`, and when the step is NOT COMPARABLE. AMBIGUOUS passes with a word
// about it: a gate that fails by chance gets switched off.
[[nodiscard]] GateResult gate(const Comparison& comparison, double percent);

// The JSON of `compare`; `gate` may be null.
[[nodiscard]] nlohmann::ordered_json to_json(const Comparison& comparison, const GateResult* gate);

[[nodiscard]] std::string render(const Comparison& comparison, const GateResult* gate,
                                 Format format);

}  // namespace dscope::exporter
