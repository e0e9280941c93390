// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/stage_rules.h"

#include "profiler/attribute/embedded_rules.h"
#include "profiler/attribute/rule_file.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"
#include "workloads/op.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <iterator>

namespace dscope::attribute {
namespace {

using nlohmann::json;

RE2::Options re2_options() {
  RE2::Options options(RE2::Quiet);
  options.set_encoding(RE2::Options::EncodingLatin1);  // names are bytes
  options.set_max_mem(std::int64_t{256} << 20);
  return options;
}

// Patterns that are all matched in one pass.
class PatternSet {
 public:
  PatternSet() : set_(re2_options(), RE2::UNANCHORED) {}

  void add(const NamePattern& entry) {
    std::string problem;
    if (set_.Add(entry.pattern, &problem) < 0) {
      throw input_error("{}: expected a regular expression of RE2, found \"{}\": {}", entry.where,
                        entry.pattern, problem);
    }
    rules_.push_back(entry.rule);
  }

  void compile(const std::string& source) {
    if (!rules_.empty() && !set_.Compile()) {
      throw input_error("{}: the {} patterns together are too large to compile", source,
                        rules_.size());
    }
  }

  // The rule of the first pattern that is found in `name`.
  [[nodiscard]] std::optional<NameRule> find(std::string_view name) const {
    if (rules_.empty()) return std::nullopt;
    std::vector<int> matching;
    RE2::Set::ErrorInfo problem{};
    if (!set_.Match(re2::StringPiece(name.data(), name.size()), &matching, &problem)) {
      DSCOPE_REQUIRE(problem.kind == RE2::Set::kNoError, "matching {} patterns ran out of memory",
                     rules_.size());
      return std::nullopt;
    }
    return rules_[static_cast<std::size_t>(*std::min_element(matching.begin(), matching.end()))];
  }

  [[nodiscard]] std::size_t size() const { return rules_.size(); }

 private:
  RE2::Set set_;
  std::vector<NameRule> rules_;
};

json parse_text(std::string_view text, const std::string& source) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& e) {
    throw input_error("{}: byte {}: expected JSON, found a syntax error", source, e.byte);
  }
}

// The ranges that DecodeScope opens itself.
std::vector<NamePattern> own_ranges() {
  std::vector<NamePattern> ranges;
  for (const OpInfo& op : kOps) {
    NamePattern& entry = ranges.emplace_back();
    entry.pattern = "^" + RE2::QuoteMeta(op.name) + "$";
    entry.where = "workloads/op.h";
    entry.rule.stage = op.stage;
  }
  return ranges;
}

void append(RuleFile& to, RuleFile from) {
  const auto move = [](auto& source, auto& target) {
    std::move(source.begin(), source.end(), std::back_inserter(target));
  };
  move(from.kernels, to.kernels);
  move(from.ranges, to.ranges);
  move(from.steps, to.steps);
  move(from.contexts, to.contexts);
}

RuleFile with_built_in(RuleFile rules) {
  append(rules, {{}, own_ranges(), {}, {}});
  for (const EmbeddedRules& file : embedded_rules()) {
    const std::string source(file.name);
    append(rules, parse_rules(parse_text(file.text, source), source));
  }
  return rules;
}

bool fits(const std::optional<std::vector<Stage>>& wanted, std::optional<Stage> found) {
  if (!wanted) return true;
  return found && std::find(wanted->begin(), wanted->end(), *found) != wanted->end();
}

}  // namespace

struct StageRules::Impl {
  PatternSet kernels;
  PatternSet ranges;
  PatternSet steps;
  std::vector<Context> contexts;

  Impl(RuleFile file, const std::string& source) : contexts(std::move(file.contexts)) {
    for (const NamePattern& entry : file.kernels) kernels.add(entry);
    for (const NamePattern& entry : file.ranges) ranges.add(entry);
    for (const NamePattern& entry : file.steps) steps.add(entry);
    for (PatternSet* set : {&kernels, &ranges, &steps}) set->compile(source);
  }
};

StageRules::StageRules(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StageRules::StageRules(StageRules&&) noexcept = default;
StageRules& StageRules::operator=(StageRules&&) noexcept = default;
StageRules::~StageRules() = default;

const StageRules& StageRules::built_in() {
  static const StageRules rules(std::make_unique<Impl>(with_built_in({}), "built-in rules"));
  return rules;
}

StageRules StageRules::from_file(const std::filesystem::path& path) {
  return StageRules(std::make_unique<Impl>(
      with_built_in(parse_rules(read_json_file(path), path.string())), path.string()));
}

StageRules StageRules::from_text(std::string_view text, const std::string& source) {
  return StageRules(
      std::make_unique<Impl>(with_built_in(parse_rules(parse_text(text, source), source)), source));
}

std::optional<NameRule> StageRules::kernel(std::string_view name) const {
  return impl_->kernels.find(name);
}

std::optional<NameRule> StageRules::range(std::string_view name) const {
  return impl_->ranges.find(name);
}

bool StageRules::is_step(std::string_view name) const {
  return impl_->steps.find(name).has_value();
}

std::optional<Stage> StageRules::in_context(std::optional<Stage> of, std::optional<Stage> after,
                                            std::optional<Stage> before) const {
  for (const Context& context : impl_->contexts) {
    if (context.of == of && fits(context.after, after) && fits(context.before, before)) {
      return context.stage;
    }
  }
  return std::nullopt;
}

std::size_t StageRules::size() const {
  return impl_->kernels.size() + impl_->ranges.size() + impl_->steps.size();
}

}  // namespace dscope::attribute
