// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace dscope::importer {

// Strings to numbers 0, 1, 2, ... in the order of their first use. Looking up one that is there
// makes no copy.
class NameTable {
 public:
  // The number, and whether the text is new.
  std::pair<std::uint32_t, bool> add(std::string_view text) {
    if (const auto found = index_.find(text); found != index_.end()) return {found->second, false};
    const auto number = static_cast<std::uint32_t>(texts_.size());
    index_.emplace(texts_.emplace_back(text), number);
    return {number, true};
  }

  [[nodiscard]] const std::deque<std::string>& texts() const { return texts_; }

 private:
  std::deque<std::string> texts_;  // stable addresses: the keys of index_
  std::unordered_map<std::string_view, std::uint32_t> index_;
};

// Numbers for keys of any kind: the one a key asks for when nobody has it, else the next free one.
// Devices, streams and threads keep the numbers their tool shows, and still never share one.
class NumberPool {
 public:
  // `wanted` counts when the key is new.
  std::int32_t number_of(std::string_view key, std::int64_t wanted) {
    const auto [entry, added] = keys_.add(key);
    if (!added) return numbers_[entry];
    const bool usable = wanted >= 0 && wanted <= INT32_MAX;
    if (usable && taken_.insert(static_cast<std::int32_t>(wanted)).second) {
      numbers_.push_back(static_cast<std::int32_t>(wanted));
      return numbers_.back();
    }
    while (!taken_.insert(next_).second) ++next_;
    numbers_.push_back(next_);
    return numbers_.back();
  }

 private:
  NameTable keys_;
  std::deque<std::int32_t> numbers_;  // by number in keys_
  std::set<std::int32_t> taken_;
  std::int32_t next_ = 0;
};

}  // namespace dscope::importer
