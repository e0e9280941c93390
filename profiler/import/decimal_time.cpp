// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/decimal_time.h"

#include "workloads/base/parse_number.h"

#include <algorithm>

namespace dscope::importer {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The digits of a number without its point, and where the point was.
struct Decimal {
  std::uint64_t digits = 0;
  std::int64_t exponent = 0;  // value = digits * 10^exponent
  bool fits = true;

  [[nodiscard]] bool full() const { return digits > (UINT64_MAX - 9) / 10; }

  void add(char c) {
    if (full()) {
      fits = false;
      return;
    }
    digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
  }
};

// Reads digits from the front of `text`; false when there is none.
bool take_digits(std::string_view& text, Decimal& number, bool fraction) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) {
    // Decimals that no longer fit are far below a nanosecond.
    if (!fraction || !number.full()) {
      number.add(text[count]);
      number.exponent -= fraction;
    }
    ++count;
  }
  text.remove_prefix(count);
  return count > 0;
}

// digits * 10^exponent to the nearest integer, half away from zero.
std::optional<std::uint64_t> scale(std::uint64_t value, std::int64_t exponent) {
  for (; exponent > 0 && value > 0; --exponent) {
    if (value > UINT64_MAX / 10) return std::nullopt;
    value *= 10;
  }
  if (exponent < -19) return 0;
  std::uint64_t divisor = 1;
  for (; exponent < 0; ++exponent) divisor *= 10;
  return value / divisor + (value % divisor >= divisor - value % divisor ? 1 : 0) *
                               static_cast<std::uint64_t>(divisor > 1);
}

}  // namespace

std::optional<std::int64_t> parse_microseconds(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Decimal number;
  if (!take_digits(text, number, false)) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text, number, true)) return std::nullopt;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto exponent = parse_number<std::int32_t>(text);
    if (!exponent) return std::nullopt;
    number.exponent += *exponent;
    text = {};
  }
  if (!text.empty() || !number.fits) return std::nullopt;
  const auto ns = scale(number.digits, number.exponent + 3);
  if (!ns || *ns > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*ns);
  return negative ? -value : value;
}

}  // namespace dscope::importer
