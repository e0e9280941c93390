// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

// Reads a whole JSON file. Throws Error{kInput} naming the path and the byte offset of a syntax
// error, and refuses files above `max_bytes` (documents and configs are small; traces have their
// own streaming reader).
[[nodiscard]] nlohmann::json read_json_file(const std::filesystem::path& path,
                                            std::uint64_t max_bytes = 256ull << 20);

// Writes `text` to `path` through a temporary file in the same folder and a rename, so that a
// reader never sees half a file. Throws Error{kInput} with the path and the system's reason.
void write_text_file(const std::filesystem::path& path, std::string_view text);

// A JSON value together with where it stands, so that every complaint can name file and JSON
// pointer: "config.json: /num_hidden_layers: expected a positive integer, found "many"".
//
// A reader does not own its value: the json must outlive it.
class JsonReader {
 public:
  JsonReader(const nlohmann::json& value, std::string source, std::string pointer = "");

  [[nodiscard]] const nlohmann::json& value() const { return *value_; }
  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] const std::string& pointer() const { return pointer_; }

  [[nodiscard]] bool has(std::string_view key) const;  // present and not null
  [[nodiscard]] JsonReader at(std::string_view key) const;
  [[nodiscard]] JsonReader at(std::size_t index) const;
  [[nodiscard]] std::size_t array_size() const;  // throws unless this is an array
  // The keys of an object in document order; throws unless this is an object.
  [[nodiscard]] std::vector<std::string> keys() const;

  // Conversions throw Error{kInput} with source, pointer, expected and found.
  [[nodiscard]] std::int64_t as_int(std::int64_t low = INT64_MIN,
                                    std::int64_t high = INT64_MAX) const;
  [[nodiscard]] double as_number() const;  // finite
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::string as_string() const;
  [[nodiscard]] std::vector<double> as_numbers() const;

  [[noreturn]] void fail(std::string_view expected) const;

 private:
  const nlohmann::json* value_;
  std::string source_;
  std::string pointer_;
};

}  // namespace dscope
