// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dscope::model {

// How a number came to be known.
enum class ValueSource : std::uint8_t {
  kDatasheet,  // the manufacturer's document that `where` names
  kMeasured,   // a measurement; `where` says whose
  kDerived,    // calculated from other values; `where` says how
  kAssumed,    // not confirmed; `where` says why this value, or why there is none
};

inline constexpr std::array<std::string_view, 4> kValueSourceIds{"datasheet", "measured", "derived",
                                                                 "assumed"};
[[nodiscard]] constexpr std::string_view id(ValueSource source) {
  return kValueSourceIds[static_cast<std::size_t>(source)];
}

// A value never stands alone: it carries its source, and no value (null in the file) its reason.
template <class T>
struct Sourced {
  std::optional<T> value;
  ValueSource source = ValueSource::kAssumed;
  std::string where;
  friend bool operator==(const Sourced&, const Sourced&) = default;
};

// One line of a table that shows a catalogue entry.
struct SourcedRow {
  std::string_view key;
  std::string value;  // "188", "yes", "-" for none
  ValueSource source = ValueSource::kAssumed;
  std::string where;
};

}  // namespace dscope::model
