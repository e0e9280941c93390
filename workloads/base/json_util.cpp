// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/base/json_util.h"

#include "workloads/base/error.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace dscope {
namespace {

// What a message shows of an offending value: enough to recognise it, never a screenful.
std::string excerpt(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  constexpr std::size_t kLimit = 60;
  if (text.size() > kLimit) {
    text.resize(kLimit);
    text += "...";
  }
  return text;
}

std::string escape_pointer(std::string_view key) {
  std::string out;
  for (char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

nlohmann::json read_json_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) {
    throw input_error("{}: expected a JSON file, found a directory", path.string());
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) throw input_error("{}: cannot open: {}", path.string(), std::strerror(errno));
  std::string text;
  std::string block(1 << 20, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes) {
      throw input_error("{}: expected a JSON document of at most {} bytes, found more",
                        path.string(), max_bytes);
    }
  }
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& e) {
    throw input_error("{}: byte {}: not valid JSON: {}", path.string(), e.byte, e.what());
  } catch (const nlohmann::json::exception& e) {  // a number that no double holds
    throw input_error("{}: not usable JSON: {}", path.string(), e.what());
  }
}

void write_text_file(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::path temporary = path;
  temporary += ".part";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    if (!out) throw input_error("{}: cannot write: {}", path.string(), std::strerror(errno));
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.flush();
    if (!out) throw input_error("{}: write failed: {}", path.string(), std::strerror(errno));
  }
  std::error_code failure;
  std::filesystem::rename(temporary, path, failure);
  if (failure) throw input_error("{}: cannot write: {}", path.string(), failure.message());
}

JsonReader::JsonReader(const nlohmann::json& value, std::string source, std::string pointer)
    : value_(&value), source_(std::move(source)), pointer_(std::move(pointer)) {}

bool JsonReader::has(std::string_view key) const {
  if (!value_->is_object()) fail("an object");
  const auto found = value_->find(key);
  return found != value_->end() && !found->is_null();
}

JsonReader JsonReader::at(std::string_view key) const {
  if (!value_->is_object()) fail("an object");
  const auto found = value_->find(key);
  const std::string pointer = pointer_ + "/" + escape_pointer(key);
  if (found == value_->end()) {
    throw input_error("{}: {}: expected this field, found none", source_, pointer);
  }
  return {*found, source_, pointer};
}

JsonReader JsonReader::at(std::size_t index) const {
  if (index >= array_size()) fail(fmt::format("an array of more than {} elements", index));
  return {(*value_)[index], source_, fmt::format("{}/{}", pointer_, index)};
}

std::size_t JsonReader::array_size() const {
  if (!value_->is_array()) fail("an array");
  return value_->size();
}

std::vector<std::string> JsonReader::keys() const {
  if (!value_->is_object()) fail("an object");
  std::vector<std::string> names;
  for (const auto& [key, ignored] : value_->items()) names.push_back(key);
  return names;
}

std::int64_t JsonReader::as_int(std::int64_t low, std::int64_t high) const {
  const bool too_large =
      value_->is_number_unsigned() && value_->get<std::uint64_t>() > std::uint64_t{INT64_MAX};
  if (value_->is_number_integer() && !too_large) {
    const auto number = value_->get<std::int64_t>();
    if (number >= low && number <= high) return number;
  }
  if (low == INT64_MIN && high == INT64_MAX) fail("an integer");
  if (high == INT64_MAX) fail(fmt::format("an integer of at least {}", low));
  fail(fmt::format("an integer from {} to {}", low, high));
}

double JsonReader::as_number() const {
  if (value_->is_number()) {
    const double number = value_->get<double>();
    if (std::isfinite(number)) return number;
  }
  fail("a finite number");
}

bool JsonReader::as_bool() const {
  if (!value_->is_boolean()) fail("true or false");
  return value_->get<bool>();
}

std::string JsonReader::as_string() const {
  if (!value_->is_string()) fail("a string");
  return value_->get<std::string>();
}

std::vector<double> JsonReader::as_numbers() const {
  std::vector<double> numbers;
  const std::size_t count = array_size();
  numbers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(at(i).as_number());
  return numbers;
}

void JsonReader::fail(std::string_view expected) const {
  throw input_error("{}: {}: expected {}, found {}", source_,
                    pointer_.empty() ? std::string("top level") : pointer_, expected,
                    excerpt(*value_));
}

}  // namespace dscope
