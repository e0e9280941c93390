// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/event_batches.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace dscope::importer {

// The fields of one event that we look at, as they stand in the JSON: strings without their quotes
// and still escaped, numbers as text, absent ones empty. Valid until the next event.
struct ChromeEvent {
  std::string_view phase;  // "X", "B", "E", "M", ...
  std::string_view category;
  std::string_view name;
  std::string_view process;   // number, or the text of a string
  std::string_view thread;    // likewise
  std::string_view time;      // microseconds
  std::string_view duration;  // microseconds
  // args
  std::string_view device;
  std::string_view correlation;
  std::string_view graph_node;
  std::string_view bytes;
  std::string_view external;
  std::string_view in_elements;  // NCCL: elements of the message
  std::string_view out_elements;
  std::string_view element_type;
  std::string_view args_name;    // of thread_name and process_name
  std::string_view args_labels;  // of process_labels
  std::uint64_t byte = 0;        // where the event begins in the text
};

// Reads batches of events with simdjson.
class ChromeEventParser {
 public:
  ChromeEventParser();
  ~ChromeEventParser();

  // Calls `on_event` for every object of the batch and returns the number of elements that are
  // none. Throws Error{kInput}: `source`, position, what simdjson says.
  std::int64_t parse(const EventBatch& batch, const EventBatches& batches,
                     const std::string& source,
                     const std::function<void(const ChromeEvent&)>& on_event);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace dscope::importer
