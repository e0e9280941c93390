// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/stage_rules.h"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

// One rule file (stage_rules.h) as it stands there, before patterns are compiled.
namespace dscope::attribute {

struct NamePattern {
  std::string pattern;
  std::string where;  // "rules.json: /kernels/3/pattern", for complaints
  NameRule rule;
};

struct Context {
  std::optional<Stage> of;                   // empty: a matrix product
  std::optional<std::vector<Stage>> after;   // empty: anything
  std::optional<std::vector<Stage>> before;  // likewise
  Stage stage = Stage::kOther;
};

struct RuleFile {
  std::vector<NamePattern> kernels;
  std::vector<NamePattern> ranges;
  std::vector<NamePattern> steps;
  std::vector<Context> contexts;
};

// Throws Error{kInput} with source, JSON pointer, expected and found.
[[nodiscard]] RuleFile parse_rules(const nlohmann::json& document, const std::string& source);

}  // namespace dscope::attribute
