// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/mooncake_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

namespace dscope::traces {
namespace {

struct Field {
  std::string_view key;
  std::string_view kind;
  double high;
  bool whole;
  std::optional<double> number = {};  // when a number was found
  std::string found = "nothing";      // in words
};

// Takes the three numbers out of a row without building the document: hash_ids can be long, and
// hostile rows deep.
class RowFields {
 public:
  std::array<Field, 3> fields{Field{"timestamp", "milliseconds", kMaxArrivalS * 1000, false},
                              Field{"input_length", "an integer", kMaxRequestTokens, true},
                              Field{"output_length", "an integer", kMaxRequestTokens, true}};
  std::string syntax_error;
  bool is_object = false;

  // The first complaint, or nothing.
  [[nodiscard]] std::string check() const {
    if (!syntax_error.empty()) return syntax_error;
    if (!is_object) return "expected a JSON object, found another value";
    for (const Field& f : fields) {
      const bool good = f.number && *f.number >= 0 && *f.number <= f.high &&
                        (!f.whole || *f.number == std::floor(*f.number));
      if (good) continue;
      return fmt::format("{}: expected {} from 0 to {}, found {}", f.key, f.kind, f.high, f.found);
    }
    return {};
  }

  // The events of nlohmann::json::sax_parse; true means: go on.
  bool null() { return value("null"); }
  bool boolean(bool) { return value("a boolean"); }
  bool number_integer(std::int64_t v) { return number(static_cast<double>(v)); }
  bool number_unsigned(std::uint64_t v) { return number(static_cast<double>(v)); }
  bool number_float(double v, const std::string&) { return number(v); }
  bool string(const std::string&) { return value("a string"); }
  bool binary(const nlohmann::json::binary_t&) { return value("binary data"); }
  bool start_object(std::size_t) {
    is_object = is_object || depth_ == 0;
    return open("an object");
  }
  bool start_array(std::size_t) { return open("an array"); }
  bool end_object() { return --depth_ >= 0; }
  bool end_array() { return --depth_ >= 0; }
  bool key(const std::string& name) {
    const auto at =
        std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.key == name; });
    current_ = at == fields.end() ? nullptr : &*at;
    return true;
  }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::json::exception&) {
    syntax_error = fmt::format("byte {}: not valid JSON", byte);
    return false;
  }

 private:
  bool value(std::string found, std::optional<double> as_number = {}) {
    if (depth_ == 1 && current_ != nullptr) {
      current_->number = as_number;
      current_->found = std::move(found);
    }
    return true;
  }
  bool number(double v) {
    return depth_ == 1 && current_ != nullptr ? value(fmt::format("{}", v), v) : true;
  }
  bool open(const char* what) {
    value(what);
    ++depth_;
    return true;
  }

  std::int64_t depth_ = 0;
  Field* current_ = nullptr;  // the field of the last key; what counts is only a value at depth 1
};

}  // namespace

bool MooncakeReader::recognises(std::string_view first_line) {
  const auto mentions = [&](std::string_view key) {
    return first_line.find(key) != std::string_view::npos;
  };
  return first_line.find_first_not_of(" \t") == first_line.find('{') && mentions("\"timestamp\"") &&
         (mentions("\"input_length\"") || mentions("\"output_length\""));
}

std::string MooncakeReader::parse_row(std::string_view row, Request& request) {
  RowFields row_fields;
  nlohmann::json::sax_parse(row.begin(), row.end(), &row_fields);
  std::string wrong = row_fields.check();
  if (!wrong.empty()) return wrong;
  const auto& [timestamp, input, output] = row_fields.fields;
  request.arrival_s = *timestamp.number / 1000;
  request.input_tokens = static_cast<std::int64_t>(*input.number);
  request.output_tokens = static_cast<std::int64_t>(*output.number);
  return {};
}

}  // namespace dscope::traces
