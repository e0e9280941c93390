// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/safetensors_header.h"

#include "workloads/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

namespace dscope::detail {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;  // before the JSON text
constexpr std::size_t kMaxRank = 64;       // also PyTorch's limit

enum Field : std::size_t { kDtype, kShape, kOffsets, kFieldCount };
constexpr std::array<std::string_view, kFieldCount> kFieldNames{"dtype", "shape", "data_offsets"};

// Receives the header token by token. A DOM would drop duplicate names silently and grow with the
// nesting of hostile text; here the nesting is four levels and everything else is refused at once.
class HeaderHandler final : public nlohmann::json_sax<Json> {
 public:
  HeaderHandler(SafetensorsHeader& header, std::string_view source)
      : header_(header), source_(source) {}

  bool null() override { refuse("null"); }
  bool boolean(bool value) override { refuse(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) override { refuse(fmt::to_string(value)); }
  bool number_float(double, const std::string& text) override { refuse(printable(text)); }
  bool binary(Json::binary_t&) override { refuse("binary data"); }

  bool number_unsigned(std::uint64_t value) override {
    if (level_ != Level::kNumbers || value > std::uint64_t{INT64_MAX}) {
      refuse(fmt::to_string(value));
    }
    if (numbers_.size() == kMaxRank) refuse("more numbers");
    numbers_.push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool string(std::string& value) override {
    if (level_ == Level::kMetadata) {
      header_.metadata[key_] = std::move(value);
    } else if (level_ == Level::kTensor && field_ == kDtype) {
      tensor_.dtype = dtype_from_name(value);
      tensor_.dtype_text = std::move(value);
    } else {
      refuse(fmt::format("\"{}\"", printable(value)));
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (level_ == Level::kDocument) {
      level_ = Level::kTop;
    } else if (level_ == Level::kTop) {
      level_ = key_ == kSafetensorsMetadataKey ? Level::kMetadata : Level::kTensor;
      tensor_ = {};
      tensor_.name = key_;
      seen_.fill(false);
    } else {
      refuse("an object");
    }
    return true;
  }

  bool key(std::string& name) override {
    if (level_ == Level::kTop) {
      key_ = std::move(name);
      if (!names_.insert(key_).second) {
        throw input_error("{}: header: \"{}\": expected one entry of this name, found two", source_,
                          printable(key_));
      }
    } else if (level_ == Level::kMetadata) {
      key_ = std::move(name);
      if (header_.metadata.contains(key_)) {
        throw input_error("{}: header: {}: expected one \"{}\", found two", source_,
                          kSafetensorsMetadataKey, printable(key_));
      }
    } else {
      begin_field(name);
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (level_ != Level::kTensor || field_ == kDtype) refuse("an array");
    level_ = Level::kNumbers;
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    level_ = Level::kTensor;
    if (field_ == kShape) {
      tensor_.shape = numbers_;
      return true;
    }
    if (numbers_.size() != 2) refuse(fmt::format("{} numbers", numbers_.size()));
    tensor_.begin = static_cast<std::uint64_t>(numbers_[0]);
    tensor_.end = static_cast<std::uint64_t>(numbers_[1]);
    return true;
  }

  bool end_object() override {
    if (level_ == Level::kTensor) {
      const auto absent = std::ranges::find(seen_, false);
      if (absent != seen_.end()) {
        throw input_error("{}: tensor {}: expected the field \"{}\", found none", source_,
                          printable(tensor_.name), kFieldNames[absent - seen_.begin()]);
      }
      header_.tensors.push_back(std::move(tensor_));
    }
    level_ = level_ == Level::kTop ? Level::kDocument : Level::kTop;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const Json::exception&) override {
    // The parser counts from 1 and names the last byte it read.
    throw input_error("{}: byte {}: header: expected JSON, found a syntax error near \"{}\"",
                      source_, kLengthBytes + (position > 0 ? position - 1 : 0), printable(token));
  }

 private:
  enum class Level { kDocument, kTop, kMetadata, kTensor, kNumbers };

  void begin_field(std::string_view name) {
    const auto found = std::ranges::find(kFieldNames, name);
    if (found == kFieldNames.end()) {
      throw input_error("{}: tensor {}: expected the fields {}, found \"{}\"", source_,
                        printable(tensor_.name), fmt::join(kFieldNames, ", "), printable(name));
    }
    field_ = static_cast<Field>(found - kFieldNames.begin());
    if (std::exchange(seen_[field_], true)) {
      throw input_error("{}: tensor {}: expected one field \"{}\", found two", source_,
                        printable(tensor_.name), name);
    }
  }

  // A value of a kind that has no business where it stands.
  [[noreturn]] void refuse(std::string_view found) const {
    switch (level_) {
      case Level::kDocument:
        throw input_error("{}: header: expected an object, found {}", source_, found);
      case Level::kTop:
        throw input_error("{}: header: \"{}\": expected an object, found {}", source_,
                          printable(key_), found);
      case Level::kMetadata:
        throw input_error("{}: header: {}: \"{}\": expected a string, found {}", source_,
                          kSafetensorsMetadataKey, printable(key_), found);
      case Level::kTensor:
      case Level::kNumbers:
        break;
    }
    constexpr std::array<std::string_view, kFieldCount> kExpected{
        "a string", "an array of at most 64 integers from 0 to 2^63-1",
        "an array of two integers from 0 to 2^63-1"};
    throw input_error("{}: tensor {}: {}: expected {}, found {}", source_, printable(tensor_.name),
                      kFieldNames[field_], kExpected[field_], found);
  }

  SafetensorsHeader& header_;
  std::string_view source_;
  Level level_ = Level::kDocument;
  std::string key_;                        // of the top level or of the metadata
  std::unordered_set<std::string> names_;  // all keys of the top level
  TensorInfo tensor_;
  Field field_ = kDtype;
  std::array<bool, kFieldCount> seen_{};
  std::vector<std::int64_t> numbers_;
};

}  // namespace

SafetensorsHeader read_safetensors_header(std::string_view json, std::string_view source) {
  // The parser takes a NUL byte for the end of its input and would not look at what follows.
  if (const auto nul = json.find('\0'); nul != std::string_view::npos) {
    throw input_error("{}: byte {}: header: expected JSON, found a NUL byte", source,
                      kLengthBytes + nul);
  }
  // It also skips a byte order mark, which the format forbids.
  if (!json.starts_with('{')) {
    throw input_error("{}: byte {}: header: expected \"{{\", found {}", source, kLengthBytes,
                      json.empty() ? "nothing" : "\"" + printable(json.substr(0, 1)) + "\"");
  }
  SafetensorsHeader header;
  HeaderHandler handler(header, source);
  Json::sax_parse(json.begin(), json.end(), &handler);
  return header;
}

}  // namespace dscope::detail
