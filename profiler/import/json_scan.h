// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dscope::importer {

// Follows brackets and strings through JSON text that comes in pieces, to find where the elements
// of an array end. It does not check the JSON: who parses the elements does.
class JsonScanner {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  struct Found {
    std::size_t last_end = kNone;   // one past the last element that ended in this piece
    std::size_t array_end = kNone;  // position of the bracket that closes the array
  };

  // Continues right after the opening bracket of an array. Elements that are neither objects nor
  // arrays have no end of their own. Stops at the array's end.
  [[nodiscard]] Found scan(std::string_view piece);

 private:
  // A bracket outside strings; false at the end of the array.
  bool bracket(bool open, std::size_t at, Found& found);
  bool scan_bytes(std::string_view piece, std::size_t begin, std::size_t end, Found& found);

  std::int64_t depth_ = 0;  // inside the array
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace dscope::importer
