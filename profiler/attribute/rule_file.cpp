// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/rule_file.h"

#include "workloads/base/json_util.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace dscope::attribute {
namespace {

// More than any collection of tools needs; a file beyond it is not a rule file.
constexpr std::size_t kMostRules = 10'000;
constexpr std::size_t kLongestPattern = 10'000;

void expect_keys(const JsonReader& at, std::initializer_list<std::string_view> known) {
  for (const std::string& key : at.keys()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      at.at(key).fail(fmt::format("one of the keys {}", fmt::join(known, ", ")));
    }
  }
}

std::size_t size_of(const JsonReader& array) {
  const std::size_t size = array.array_size();
  if (size > kMostRules) array.fail(fmt::format("at most {} entries", kMostRules));
  return size;
}

template <class Enum, std::size_t N>
Enum one_of(const JsonReader& at, const std::pair<const char*, Enum> (&values)[N]) {
  const std::string found = at.as_string();
  std::string known;
  for (const auto& [name, value] : values) {
    if (found == name) return value;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  at.fail("one of " + known);
}

Stage stage_of(const JsonReader& at) {
  const std::optional<Stage> stage = stage_from_id(at.as_string());
  if (!stage || *stage == Stage::kGap || *stage == Stage::kUnattributed) {
    at.fail("the id of a stage of work (moe, nccl, flashmla, ...)");
  }
  return *stage;
}

std::vector<Stage> stages_of(const JsonReader& at) {
  std::vector<Stage> stages;
  for (std::size_t i = 0; i < size_of(at); ++i) stages.push_back(stage_of(at.at(i)));
  return stages;
}

NamePattern pattern_of(const JsonReader& at) {
  NamePattern entry;
  entry.pattern = at.as_string();
  entry.where = fmt::format("{}: {}", at.source(), at.pointer());
  if (entry.pattern.empty() || entry.pattern.size() > kLongestPattern) {
    at.fail(fmt::format("a pattern of 1 to {} characters", kLongestPattern));
  }
  return entry;
}

constexpr std::pair<const char*, RuleRole> kKernelRoles[] = {
    {"anchor", RuleRole::kAnchor}, {"helper", RuleRole::kHelper}, {"gemm", RuleRole::kGemm}};
constexpr std::pair<const char*, RuleRole> kRangeRoles[] = {{"anchor", RuleRole::kAnchor},
                                                            {"helper", RuleRole::kHelper}};
constexpr std::pair<const char*, Adopts> kAdopts[] = {{"both", Adopts::kBoth},
                                                      {"before", Adopts::kBefore},
                                                      {"after", Adopts::kAfter},
                                                      {"none", Adopts::kNone}};
constexpr std::pair<const char*, Lean> kLeans[] = {
    {"either", Lean::kEither}, {"next", Lean::kNext}, {"previous", Lean::kPrevious}};
constexpr std::pair<const char*, StepMark> kStepMarks[] = {{"first", StepMark::kFirst},
                                                           {"last", StepMark::kLast}};

NamePattern kernel_rule(const JsonReader& at) {
  expect_keys(at, {"pattern", "role", "stage", "adopts", "lean", "step"});
  NamePattern entry = pattern_of(at.at("pattern"));
  NameRule& rule = entry.rule;
  if (at.has("role")) rule.role = one_of(at.at("role"), kKernelRoles);
  if (rule.role == RuleRole::kAnchor) {
    rule.stage = stage_of(at.at("stage"));
  } else if (at.has("stage")) {
    at.at("stage").fail("no stage for a helper or a gemm: its surroundings say it");
  }
  if (rule.stage == Stage::kNccl || rule.role == RuleRole::kGemm) rule.adopts = Adopts::kNone;
  if (at.has("adopts")) rule.adopts = one_of(at.at("adopts"), kAdopts);
  if (at.has("lean")) rule.lean = one_of(at.at("lean"), kLeans);
  if (at.has("step")) rule.step = one_of(at.at("step"), kStepMarks);
  return entry;
}

NamePattern range_rule(const JsonReader& at) {
  expect_keys(at, {"pattern", "role", "stage"});
  NamePattern entry = pattern_of(at.at("pattern"));
  if (at.has("role")) entry.rule.role = one_of(at.at("role"), kRangeRoles);
  entry.rule.stage = stage_of(at.at("stage"));
  return entry;
}

Context context_of(const JsonReader& at) {
  expect_keys(at, {"of", "after", "before", "stage"});
  Context context;
  if (at.at("of").as_string() != "gemm") context.of = stage_of(at.at("of"));
  if (at.has("after")) context.after = stages_of(at.at("after"));
  if (at.has("before")) context.before = stages_of(at.at("before"));
  context.stage = stage_of(at.at("stage"));
  return context;
}

template <class Entry>
void read_list(const JsonReader& at, const char* key, Entry (*read)(const JsonReader&),
               std::vector<Entry>& out) {
  if (!at.has(key)) return;
  const JsonReader list = at.at(key);
  for (std::size_t i = 0; i < size_of(list); ++i) out.push_back(read(list.at(i)));
}

}  // namespace

RuleFile parse_rules(const nlohmann::json& document, const std::string& source) {
  const JsonReader at(document, source);
  expect_keys(at, {"kernels", "ranges", "steps", "contexts"});
  RuleFile file;
  read_list(at, "kernels", kernel_rule, file.kernels);
  read_list(at, "ranges", range_rule, file.ranges);
  read_list(at, "steps", pattern_of, file.steps);
  read_list(at, "contexts", context_of, file.contexts);
  return file;
}

}  // namespace dscope::attribute
