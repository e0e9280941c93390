// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/routing/routing_spec.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"
#include "workloads/base/parse_number.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace dscope::routing {
namespace {

struct Form {
  RoutingKind kind;
  std::string_view word;  // before the first colon; also the document's "kind"
  std::string_view syntax;
  std::string_view meaning;
};

constexpr std::array kForms{
    Form{RoutingKind::kModel, "model", "model", "the model's own router decides"},
    Form{RoutingKind::kUniform, "uniform", "uniform", "every expert equally likely"},
    Form{RoutingKind::kZipf, "zipf", "zipf:ALPHA",
         "the r-th most popular expert of a layer has weight r^-ALPHA (0 to 4)"},
    Form{RoutingKind::kHotSet, "hot", "hot:N:SHARE",
         "N experts of each layer draw SHARE (0 to 1) of the picks"},
    Form{RoutingKind::kRecorded, "recorded", "recorded:FILE", "expert ids from a file"},
};

const Form& form_of(RoutingKind kind) {
  return *std::find_if(kForms.begin(), kForms.end(), [&](auto& f) { return f.kind == kind; });
}

const Form* find_form(std::string_view word) {
  const auto found =
      std::find_if(kForms.begin(), kForms.end(), [&](auto& f) { return f.word == word; });
  return found == kForms.end() ? nullptr : &*found;
}

[[noreturn]] void fail(std::string_view text, const std::string& why) {
  throw usage_error("routing \"{}\": {}. Accepted forms:\n{}", text, why, routing_spec_help());
}

double parse_real(std::string_view text, std::string_view part, const char* name, double high) {
  const auto value = parse_number<double>(part);
  if (!value || *value < 0 || *value > high) {
    fail(text, fmt::format("{}: expected a number from 0 to {}, found \"{}\"", name, high, part));
  }
  return *value;
}

}  // namespace

std::string routing_spec_help() {
  std::string help;
  for (const Form& form : kForms) {
    help += fmt::format("  {:<14} {}\n", form.syntax, form.meaning);
  }
  help.pop_back();
  return help;
}

RoutingSpec parse_routing_spec(std::string_view text) {
  const std::size_t colon = text.find(':');
  const bool has_argument = colon != std::string_view::npos;
  const std::string_view argument = has_argument ? text.substr(colon + 1) : "";
  const Form* form = find_form(text.substr(0, colon));
  if (form == nullptr) fail(text, "unknown kind");

  RoutingSpec spec{.kind = form->kind};
  switch (form->kind) {
    case RoutingKind::kModel:
    case RoutingKind::kUniform:
      if (has_argument) fail(text, fmt::format("{} takes no argument", form->word));
      break;
    case RoutingKind::kZipf:
      spec.zipf_alpha = parse_real(text, argument, "ALPHA", kMaxZipfAlpha);
      break;
    case RoutingKind::kHotSet: {
      const std::size_t second = argument.find(':');
      if (second == std::string_view::npos) fail(text, "expected N and SHARE");
      const std::string_view count = argument.substr(0, second);
      const auto experts = parse_number<std::int64_t>(count);
      if (!experts || *experts < 1) {
        fail(text, fmt::format("N: expected a positive integer, found \"{}\"", count));
      }
      spec.hot_experts = *experts;
      spec.hot_share = parse_real(text, argument.substr(second + 1), "SHARE", 1);
      break;
    }
    case RoutingKind::kRecorded:
      if (argument.empty()) fail(text, "expected a file name after \"recorded:\"");
      spec.file = argument;
      break;
  }
  return spec;
}

std::string to_string(const RoutingSpec& spec) {
  const std::string_view word = form_of(spec.kind).word;
  switch (spec.kind) {
    case RoutingKind::kModel:
    case RoutingKind::kUniform:
      return std::string(word);
    case RoutingKind::kZipf:
      return fmt::format("{}:{}", word, spec.zipf_alpha);
    case RoutingKind::kHotSet:
      return fmt::format("{}:{}:{}", word, spec.hot_experts, spec.hot_share);
    case RoutingKind::kRecorded:
      return fmt::format("{}:{}", word, spec.file);
  }
  return {};
}

void to_json(nlohmann::json& json, const RoutingSpec& spec) {
  json = {{"kind", form_of(spec.kind).word}};
  switch (spec.kind) {
    case RoutingKind::kModel:
    case RoutingKind::kUniform:
      break;
    case RoutingKind::kZipf:
      json["alpha"] = spec.zipf_alpha;
      break;
    case RoutingKind::kHotSet:
      json["experts"] = spec.hot_experts;
      json["share"] = spec.hot_share;
      break;
    case RoutingKind::kRecorded:
      json["file"] = spec.file;
      break;
  }
}

void from_json(const nlohmann::json& json, RoutingSpec& spec) {
  const JsonReader reader(json, "routing");
  const auto real = [&](const char* key, double high) {
    const JsonReader at = reader.at(key);
    const double value = at.as_number();
    if (value < 0 || value > high) at.fail(fmt::format("a number from 0 to {}", high));
    return value;
  };
  const JsonReader kind = reader.at("kind");
  const Form* form = find_form(kind.as_string());
  if (form == nullptr) kind.fail("model, uniform, zipf, hot or recorded");
  spec = RoutingSpec{.kind = form->kind};
  switch (spec.kind) {
    case RoutingKind::kModel:
    case RoutingKind::kUniform:
      break;
    case RoutingKind::kZipf:
      spec.zipf_alpha = real("alpha", kMaxZipfAlpha);
      break;
    case RoutingKind::kHotSet:
      spec.hot_experts = reader.at("experts").as_int(1);
      spec.hot_share = real("share", 1);
      break;
    case RoutingKind::kRecorded:
      spec.file = reader.at("file").as_string();
      if (spec.file.empty()) reader.at("file").fail("a file name");
      break;
  }
}

}  // namespace dscope::routing
