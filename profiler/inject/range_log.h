// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace dscope::inject {

// A closed range of the target.
struct ClosedRange {
  std::string name;
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::int32_t thread = 0;
};

// Ranges on their way from the threads that close them to the one that writes them. Thread-safe.
class RangeLog {
 public:
  // Dropped and counted where nobody has taken for too long.
  void add(ClosedRange range);
  // `wake` is called, from the thread that closes it, after every range of this name: whoever
  // counts steps need not wait for its next look. Before ranges come.
  void wake_on(std::string name, std::function<void()> wake);
  // Everything since the last take().
  [[nodiscard]] std::vector<ClosedRange> take();
  [[nodiscard]] std::int64_t dropped() const;
  [[nodiscard]] std::int64_t seen() const;

  static constexpr std::size_t kCapacity = 1u << 20;

 private:
  mutable std::mutex mutex_;
  std::vector<ClosedRange> ranges_;
  std::int64_t dropped_ = 0;
  std::int64_t seen_ = 0;
  std::string wake_name_;
  std::function<void()> wake_;
};

}  // namespace dscope::inject
