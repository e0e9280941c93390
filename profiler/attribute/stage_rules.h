// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/stage.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What names say about stages. The rules are data: rules/*.json are compiled in, a user's file goes
// before them. One file:
//
//   {"kernels":  [{"pattern": "RE2", "role": "anchor", "stage": "moe", "adopts": "both",
//                  "step": "first"}, ...],
//    "ranges":   [{"pattern": "RE2", "stage": "indexer", "role": "anchor"}, ...],
//    "contexts": [{"of": "gemm", "after": ["norm_rope_cache"], "before": ["flashmla"],
//                  "stage": "projection"}, ...],
//    "steps":    ["RE2 of the ranges that are one step", ...]}
//
// Every part is optional. A pattern is searched anywhere in the name. The first rule that matches
// decides: the user's before the built-in ones, and in a file from top to bottom. The ranges of
// DecodeScope itself (workloads/op.h) are known without a file.
namespace dscope::attribute {

enum class RuleRole : std::uint8_t {
  kAnchor,  // names its stage firmly
  kHelper,  // elementwise, reduce, copy: belongs to what is around it
  kGemm,    // a matrix product of no stage of its own: see StageRules::in_context()
};

// Which helpers beside it an anchor takes.
enum class Adopts : std::uint8_t { kBoth, kBefore, kAfter, kNone };

// A helper between two stages that both take helpers: where the border is.
enum class Lean : std::uint8_t {
  kEither,
  kNext,      // begins something: fills an output buffer, counts slots
  kPrevious,  // ends something: a sum, a quotient
};

// That a kernel runs once in a step, and where.
enum class StepMark : std::uint8_t { kNone, kFirst, kLast };

struct NameRule {
  RuleRole role = RuleRole::kAnchor;
  std::optional<Stage> stage;  // of an anchor or a range
  Adopts adopts = Adopts::kBoth;
  Lean lean = Lean::kEither;
  StepMark step = StepMark::kNone;
};

class StageRules {
 public:
  // The rules of this build.
  static const StageRules& built_in();

  // A user's rules before the built-in ones. Throws Error{kInput} with the file, the JSON pointer
  // and what was expected; for a pattern also with what RE2 says about it.
  static StageRules from_file(const std::filesystem::path& path);
  static StageRules from_text(std::string_view json, const std::string& source);

  StageRules(StageRules&&) noexcept;
  StageRules& operator=(StageRules&&) noexcept;
  ~StageRules();

  // What the name of a kernel, copy or fill says; empty: no rule matches. One pass over the name,
  // whatever the number of rules. Safe to call from several threads.
  [[nodiscard]] std::optional<NameRule> kernel(std::string_view name) const;

  // The same of a range (NVTX, module or CPU operator). A range with role kAnchor decides for all
  // work launched inside it except collectives; one with kHelper for the work that kernel names
  // leave open.
  [[nodiscard]] std::optional<NameRule> range(std::string_view name) const;

  // Whether a range is one step.
  [[nodiscard]] bool is_step(std::string_view name) const;

  // The stage of a matrix product (`of` empty), or of an anchor whose stage is `of`, between the
  // nearest anchors on either side, collectives not counted; an empty optional stands for the
  // beginning or end of the recording. The first context that fits decides; empty: none does.
  [[nodiscard]] std::optional<Stage> in_context(std::optional<Stage> of, std::optional<Stage> after,
                                                std::optional<Stage> before) const;

  [[nodiscard]] std::size_t size() const;  // patterns of all kinds

 private:
  struct Impl;
  explicit StageRules(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dscope::attribute
