// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/row_reader.h"

#include "workloads/base/error.h"

#include <algorithm>

namespace dscope::traces {

bool RowReader::next(Request& request) {
  while (lines_.next()) {
    std::string wrong = lines_.overlong()
                            ? fmt::format("expected a line of at most {} bytes, found more",
                                          lines_.max_line_bytes())
                            : parse_row(lines_.text(), request);
    if (wrong.empty()) {
      request.line = lines_.number();
      any_ = true;
      return true;
    }
    bad_rows_.add(lines_.number(), std::move(wrong));
  }
  if (!any_) fail_without_requests();
  return false;
}

void RowReader::fail_without_requests() const {
  if (bad_rows_.count == 0) {
    throw input_error("{}: expected at least one request, found none", lines_.path());
  }
  constexpr std::size_t kNamed = 3;
  std::string named;
  for (std::size_t i = 0; i < std::min(kNamed, bad_rows_.first.size()); ++i) {
    named += fmt::format("\n  line {}: {}", bad_rows_.first[i].line, bad_rows_.first[i].reason);
  }
  throw input_error("{}: expected requests, found only bad rows ({}), among them:{}", lines_.path(),
                    bad_rows_.count, named);
}

}  // namespace dscope::traces
