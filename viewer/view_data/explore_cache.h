// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace dscope::view_data {

// Values by text; the least recently used ones are dropped beyond `most` (>= 1). For one thread.
template <class Value>
class ExploreCache {
 public:
  explicit ExploreCache(std::size_t most) : most_(most) {}

  // The value of `key`, made by `make()` when it is not there.
  template <class Make>
  const Value& get(std::string key, Make make) {
    if (const auto known = places_.find(key); known != places_.end()) {
      ++hits_;
      entries_.splice(entries_.begin(), entries_, known->second);
      return entries_.front().second;
    }
    entries_.emplace_front(key, make());
    places_.emplace(std::move(key), entries_.begin());
    if (entries_.size() > most_) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return entries_.front().second;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t hits() const { return hits_; }

 private:
  using Entry = std::pair<std::string, Value>;
  std::size_t most_;
  std::size_t hits_ = 0;
  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> places_;
};

}  // namespace dscope::view_data
