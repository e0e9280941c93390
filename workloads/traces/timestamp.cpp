// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/timestamp.h"

#include <chrono>

namespace dscope::traces {
namespace {

namespace chrono = std::chrono;

// Takes pieces off the front of a text; `ok` turns false at the first that is not there.
struct Cursor {
  std::string_view rest;
  bool ok = true;

  bool take(std::string_view any_of) {
    if (rest.empty() || any_of.find(rest.front()) == std::string_view::npos) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any_of) { ok = take(any_of) && ok; }

  // Exactly `count` digits, as a number of 0 .. high.
  int digits(int count, int high) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      const char c = rest.empty() ? '?' : rest.front();
      expect("0123456789");
      if (!ok) return 0;
      value = value * 10 + (c - '0');
    }
    ok = ok && value <= high;
    return value;
  }
};

std::int64_t fraction_ns(Cursor& text) {
  std::int64_t ns = 0;
  std::int64_t unit = 100'000'000;
  for (bool first = true; text.ok; first = false, unit /= 10) {
    const char c = text.rest.empty() ? '?' : text.rest.front();
    const bool is_digit = text.take("0123456789");
    if (!is_digit) {
      text.ok = !first;
      break;
    }
    text.ok = unit > 0;  // not more than nine digits
    ns += (c - '0') * unit;
  }
  return ns;
}

// Minutes east of UTC; the text must end with it.
int zone_minutes(Cursor& text) {
  int minutes = 0;
  if (!text.take("Z") && !text.rest.empty()) {
    const int sign = text.rest.front() == '-' ? -1 : 1;
    text.expect("+-");
    minutes = text.digits(2, 23) * 60;
    if (text.take(":") || !text.rest.empty()) minutes += text.digits(2, 59);
    minutes *= sign;
  }
  text.ok = text.ok && text.rest.empty();
  return minutes;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp_ns(std::string_view text) {
  Cursor at{text};
  const int y = at.digits(4, 2200);
  at.expect("-");
  const int m = at.digits(2, 12);
  at.expect("-");
  const int d = at.digits(2, 31);
  at.expect(" T");
  const int hour = at.digits(2, 23);
  at.expect(":");
  const int minute = at.digits(2, 59);
  at.expect(":");
  const int second = at.digits(2, 59);
  const std::int64_t ns = at.take(".") ? fraction_ns(at) : 0;
  const int zone = zone_minutes(at);
  const chrono::year_month_day date{chrono::year{y}, chrono::month{static_cast<unsigned>(m)},
                                    chrono::day{static_cast<unsigned>(d)}};
  if (!at.ok || !date.ok() || y < 1970) return std::nullopt;
  const auto whole = chrono::sys_days{date}.time_since_epoch() + chrono::hours{hour} +
                     chrono::minutes{minute - zone} + chrono::seconds{second};
  return chrono::duration_cast<chrono::nanoseconds>(whole).count() + ns;
}

}  // namespace dscope::traces
