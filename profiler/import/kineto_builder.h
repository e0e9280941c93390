// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/activity_store.h"
#include "profiler/import/chrome_event.h"
#include "profiler/import/kineto_header.h"
#include "profiler/import/name_table.h"
#include "profiler/import/trace.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dscope::importer {

// Turns the events of a Kineto trace into activities, one by one, in the order of the file.
class KinetoBuilder {
 public:
  // `source` stands in messages.
  KinetoBuilder(std::string source, const EventBatches& batches);

  // Throws Error{kInput} for a time or duration that is no number.
  void add(const ChromeEvent& event);
  void skip(std::string_view reason, std::int64_t count = 1);

  // The whole trace; times become those of the header's clock.
  [[nodiscard]] Trace finish(const KinetoHeader& header);

 private:
  struct Lane {
    std::int32_t device = -1;
    std::int32_t lane = 0;
  };
  struct Device {
    std::int32_t number = 0;
    std::int64_t ordinal = -1;  // CUDA's number of it; -1: not known
    std::string prefix;         // "TP00" of a merged trace
    NumberPool lanes;
  };
  struct OpenRange {
    std::uint32_t name = 0;
    std::int64_t start_ns = 0;
  };

  void add_complete(const ChromeEvent& event);
  void add_begin(const ChromeEvent& event);
  void add_end(const ChromeEvent& event);
  void add_metadata(const ChromeEvent& event);
  [[nodiscard]] std::int64_t time(std::string_view text, const ChromeEvent& event,
                                  std::string_view what) const;
  std::uint32_t name_of(std::string_view escaped);
  Lane device_lane(const ChromeEvent& event);
  Lane host_lane(const ChromeEvent& event);
  std::uint64_t correlation_of(const ChromeEvent& event);
  void name_tracks(Trace& trace, const KinetoHeader& header);

  std::string source_;
  const EventBatches& batches_;
  ActivityStore activities_;
  NameTable names_;  // escaped, as in the file
  NumberPool device_numbers_;
  std::unordered_map<std::string, Device> devices_;  // by process of the trace
  NumberPool host_lanes_;
  NameTable prefixes_;                                         // ranks of a merged trace
  std::unordered_map<std::string, std::string> thread_names_;  // by process and thread
  std::map<std::string, std::vector<OpenRange>> open_ranges_;  // by process and thread
  std::unordered_map<std::string, Lane> lanes_;                // by process and thread
  std::string key_;
  std::map<std::string, std::int64_t, std::less<>> skipped_;
  profile::Losses losses_;
};

}  // namespace dscope::importer
