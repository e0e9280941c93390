// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/settings.h"

#include "workloads/base/parse_number.h"

#include <charconv>
#include <utility>

namespace dscope::inject {
namespace {

constexpr const char* kFolder = "DSCOPE_INJECT_FOLDER";
constexpr const char* kCupti = "DSCOPE_INJECT_CUPTI";
constexpr const char* kCuptiFound = "DSCOPE_INJECT_CUPTI_FOUND";
constexpr const char* kDelay = "DSCOPE_INJECT_DELAY_S";
constexpr const char* kDuration = "DSCOPE_INJECT_DURATION_S";
constexpr const char* kSteps = "DSCOPE_INJECT_STEPS";
constexpr const char* kSkipSteps = "DSCOPE_INJECT_SKIP_STEPS";
constexpr const char* kStepRange = "DSCOPE_INJECT_STEP_RANGE";
constexpr const char* kSignal = "DSCOPE_INJECT_ON_SIGNAL";
constexpr const char* kQuiet = "DSCOPE_INJECT_QUIET";

template <class T>
std::string text(T value) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return {digits, end};
}

// Non-negative numbers only.
template <class T>
bool parse(const char* value, T& out) {
  const auto parsed = parse_number<T>(value);
  if (!parsed || *parsed < T{0}) return false;
  out = *parsed;
  return true;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> to_environment(const Settings& settings) {
  const Window& window = settings.window;
  std::vector<std::pair<std::string, std::string>> list;
  list.emplace_back(kFolder, settings.folder);
  if (!settings.cupti.empty()) list.emplace_back(kCupti, settings.cupti);
  if (!settings.cupti_found.empty()) list.emplace_back(kCuptiFound, settings.cupti_found);
  if (window.delay_s > 0) list.emplace_back(kDelay, text(window.delay_s));
  if (window.duration_s) list.emplace_back(kDuration, text(*window.duration_s));
  if (window.steps) list.emplace_back(kSteps, text(*window.steps));
  if (window.skip_steps > 0) list.emplace_back(kSkipSteps, text(window.skip_steps));
  if (!window.step_range.empty()) list.emplace_back(kStepRange, window.step_range);
  if (window.on_signal) list.emplace_back(kSignal, "1");
  if (settings.quiet) list.emplace_back(kQuiet, "1");
  return list;
}

Settings from_environment(const std::function<const char*(const char*)>& get,
                          std::vector<std::string>& problems) {
  Settings settings;
  Window& window = settings.window;
  const auto read = [&](const char* name, auto& out) {
    const char* const value = get(name);
    if (value == nullptr) return false;
    if (parse(value, out)) return true;
    problems.push_back(std::string(name) + ": expected a number of 0 or more, found \"" + value +
                       "\"");
    return false;
  };
  if (const char* value = get(kFolder)) settings.folder = value;
  if (const char* value = get(kCupti)) settings.cupti = value;
  if (const char* value = get(kCuptiFound)) settings.cupti_found = value;
  if (const char* value = get(kStepRange)) window.step_range = value;
  (void)read(kDelay, window.delay_s);
  if (double seconds = 0; read(kDuration, seconds)) window.duration_s = seconds;
  if (std::int64_t steps = 0; read(kSteps, steps)) window.steps = steps;
  (void)read(kSkipSteps, window.skip_steps);
  window.on_signal = get(kSignal) != nullptr;
  settings.quiet = get(kQuiet) != nullptr;
  if (window.step_range.empty() && (window.steps || window.skip_steps > 0)) {
    problems.emplace_back("steps are counted by the name of a range, and none was given");
    window.steps.reset();
    window.skip_steps = 0;
  }
  return settings;
}

}  // namespace dscope::inject
