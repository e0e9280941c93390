// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/traces/line_reader.h"
#include "workloads/traces/request_reader.h"

#include <string>
#include <string_view>
#include <utility>

namespace dscope::traces {

// A trace with one request per line: formats say how a line is read, this class what becomes of
// bad ones. Lines over LineReader's limit are bad rows.
class RowReader : public RequestReader {
 public:
  bool next(Request& request) final;
  [[nodiscard]] const BadRows& bad_rows() const final { return bad_rows_; }

 protected:
  explicit RowReader(LineReader lines) : lines_(std::move(lines)) {}
  // Fills everything but request.line. Returns what is wrong with the row ("expected ..., found
  // ..."), or an empty text when nothing is.
  virtual std::string parse_row(std::string_view row, Request& request) = 0;

  LineReader& lines() { return lines_; }

 private:
  [[noreturn]] void fail_without_requests() const;

  LineReader lines_;
  BadRows bad_rows_;
  bool any_ = false;
};

}  // namespace dscope::traces
