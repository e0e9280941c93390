// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/sourced_json.h"

#include "workloads/base/error.h"

#include <algorithm>
#include <regex>

namespace dscope::model {

void refuse_unknown_keys(const JsonReader& json, const std::vector<std::string>& known) {
  for (const std::string& key : json.keys()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw input_error("{}: {}/{}: unknown field; known are {}", json.source(), json.pointer(),
                        key, fmt::join(known, ", "));
    }
  }
}

std::string read_text(const JsonReader& at) {
  std::string text = at.as_string();
  if (text.empty()) at.fail("text");
  return text;
}

std::string read_name(const JsonReader& at) {
  static const std::regex pattern("[a-z0-9]+(-[a-z0-9]+)*");
  std::string name = at.as_string();
  // The length keeps the recursive matcher of std::regex from deep stacks.
  if (name.size() > 100 || !std::regex_match(name, pattern)) {
    at.fail("a name in lower case with hyphens, such as \"rtx-pro-6000\"");
  }
  return name;
}

ValueSource read_source(const JsonReader& at) {
  const auto found = std::find(kValueSourceIds.begin(), kValueSourceIds.end(), at.as_string());
  if (found == kValueSourceIds.end()) {
    at.fail(fmt::format("one of {}", fmt::join(kValueSourceIds, ", ")));
  }
  return static_cast<ValueSource>(found - kValueSourceIds.begin());
}

void read_value(const JsonReader& at, double& out) {
  out = at.as_number();
  if (out <= 0) at.fail("a positive number");
}

void read_value(const JsonReader& at, bool& out) {
  out = at.as_bool();
}

std::string value_text(const Sourced<std::string>& field) {
  return field.value.value_or("-");
}
std::string value_text(const Sourced<bool>& field) {
  return field.value ? (*field.value ? "yes" : "no") : "-";
}
std::string value_text(const Sourced<double>& field) {
  return field.value ? fmt::format("{}", *field.value) : "-";
}

}  // namespace dscope::model
