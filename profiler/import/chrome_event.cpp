// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/chrome_event.h"

#include "workloads/base/error.h"

#include <simdjson.h>

namespace dscope::importer {
namespace {

using simdjson::error_code;
namespace ondemand = simdjson::ondemand;

static_assert(EventBatch::kPadding >= simdjson::SIMDJSON_PADDING);

// A scalar as it stands in the JSON; of a string what is between the quotes. An object, an array or
// a malformed string is empty.
std::string_view token(ondemand::value value) {
  std::string_view text = value.raw_json_token();
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  if (text.empty() || text.front() == '{' || text.front() == '[' || text == "null") return {};
  if (text.front() != '"') return text;
  if (text.size() < 2 || text.back() != '"') return {};
  return text.substr(1, text.size() - 2);
}

// What an args member means; which of these an event has depends on its kind.
std::string_view* args_target(ChromeEvent& event, ondemand::raw_json_string key) {
  switch (*key.raw()) {
    case 'E':
      return key == "External id" ? &event.external : nullptr;
    case 'I':
      return key == "In msg nelems" ? &event.in_elements : nullptr;
    case 'O':
      return key == "Out msg nelems" ? &event.out_elements : nullptr;
    case 'b':
      return key == "bytes" ? &event.bytes : nullptr;
    case 'c':
      return key == "correlation" ? &event.correlation : nullptr;
    case 'd':
      if (key == "device") return &event.device;
      return key == "dtype" ? &event.element_type : nullptr;
    case 'g':
      return key == "graph node id" ? &event.graph_node : nullptr;
    case 'l':
      return key == "labels" ? &event.args_labels : nullptr;
    case 'n':
      return key == "name" ? &event.args_name : nullptr;
    default:
      return nullptr;
  }
}

std::string_view* target(ChromeEvent& event, ondemand::raw_json_string key) {
  switch (*key.raw()) {
    case 'c':
      return key == "cat" ? &event.category : nullptr;
    case 'd':
      return key == "dur" ? &event.duration : nullptr;
    case 'n':
      return key == "name" ? &event.name : nullptr;
    case 'p':
      if (key == "ph") return &event.phase;
      return key == "pid" ? &event.process : nullptr;
    case 't':
      if (key == "ts") return &event.time;
      return key == "tid" ? &event.thread : nullptr;
    default:
      return nullptr;
  }
}

error_code read_args(ondemand::value value, ChromeEvent& event) {
  ondemand::object args;
  // Args that are no object say nothing.
  if (value.get_object().get(args) != simdjson::SUCCESS) return simdjson::SUCCESS;
  for (auto member : args) {
    ondemand::raw_json_string key;
    if (const error_code error = member.key().get(key)) return error;
    if (std::string_view* const to = args_target(event, key)) {
      ondemand::value scalar;
      if (const error_code error = member.value().get(scalar)) return error;
      *to = token(scalar);
    }
  }
  return simdjson::SUCCESS;
}

// Operators have args of many kinds, none of which we need; what else has no category comes before
// its args and is metadata.
bool args_matter(const ChromeEvent& event) {
  return event.category != "cpu_op" && event.category != "python_function";
}

error_code read_event(ondemand::object& object, ChromeEvent& event) {
  for (auto member : object) {
    ondemand::raw_json_string key;
    if (const error_code error = member.key().get(key)) return error;
    if (*key.raw() == 'a' && key == "args") {
      ondemand::value value;
      if (const error_code error = member.value().get(value)) return error;
      if (!args_matter(event)) continue;
      if (const error_code error = read_args(value, event)) return error;
    } else if (std::string_view* const to = target(event, key)) {
      ondemand::value value;
      if (const error_code error = member.value().get(value)) return error;
      *to = token(value);
    }
  }
  return simdjson::SUCCESS;
}

// Where text stops being UTF-8, for the message: simdjson only says that it does.
std::size_t first_bad_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const std::string_view character = text.substr(at, length);
    if (!simdjson::validate_utf8(character.data(), character.size())) break;
    at += length;
  }
  return at;
}

}  // namespace

struct ChromeEventParser::Parser {
  ondemand::parser parser;
};

ChromeEventParser::ChromeEventParser() : parser_(std::make_unique<Parser>()) {}
ChromeEventParser::~ChromeEventParser() = default;

std::int64_t ChromeEventParser::parse(const EventBatch& batch, const EventBatches& batches,
                                      const std::string& source,
                                      const std::function<void(const ChromeEvent&)>& on_event) {
  const char* const begin = batch.text.data();
  const char* at = begin + 1;
  const auto check = [&](error_code error) {
    if (error == simdjson::SUCCESS) return;
    const auto offset = static_cast<std::uint64_t>(at - begin);
    throw input_error("{}: {}: expected an event, found bad JSON: {}", source,
                      batches.position(batch.first_byte + offset - 1),
                      simdjson::error_message(error));
  };
  ondemand::document document;
  const error_code error =
      parser_->parser.iterate(begin, batch.json_bytes, batch.text.size()).get(document);
  if (error == simdjson::UTF8_ERROR) at = begin + first_bad_utf8({begin, batch.json_bytes});
  check(error);
  ondemand::array events;
  check(document.get_array().get(events));
  std::int64_t others = 0;
  for (auto element : events) {
    const char* here = nullptr;
    if (document.current_location().get(here) == simdjson::SUCCESS) at = here;
    ondemand::value value;
    check(element.get(value));
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) {
      ++others;
      continue;
    }
    ChromeEvent event;
    event.byte = batch.first_byte + static_cast<std::uint64_t>(at - begin) - 1;
    check(read_event(object, event));
    on_event(event);
  }
  return others;
}

}  // namespace dscope::importer
