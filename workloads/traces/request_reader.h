// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/traces/request.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dscope::traces {

struct BadRow {
  std::int64_t line = 0;
  std::string reason;  // expected, found
};

// Rows that hold no usable request: all are counted, the first ones are kept.
struct BadRows {
  static constexpr std::size_t kKept = 20;

  std::int64_t count = 0;
  std::vector<BadRow> first;  // at most kKept, by line

  void add(std::int64_t line, std::string reason) {
    ++count;
    if (first.size() < kKept) first.push_back({line, std::move(reason)});
  }
};

// Hands out the requests of a trace one by one, in the order in which they stand there.
class RequestReader {
 public:
  virtual ~RequestReader() = default;
  // False at the end; `request` is unspecified then. Bad rows are passed over and recorded. Throws
  // Error{kInput} naming the file when reading fails, or at the end when there was no request.
  virtual bool next(Request& request) = 0;
  // What was passed over so far.
  [[nodiscard]] virtual const BadRows& bad_rows() const = 0;
};

}  // namespace dscope::traces
