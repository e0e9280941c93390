// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/graph_labels.h"

namespace dscope::collect {

GraphLabels::Label GraphLabels::label_of(const RangeStack& open) {
  if (open.empty()) return {};
  return {open.stage(), &*ranges_.insert(open.path()).first};
}

void GraphLabels::put(std::uint64_t node, const Label& label) {
  if (labels_.size() < kMaxNodes || labels_.count(node) > 0) {
    labels_[node] = label;
  } else {
    ++refused_;
  }
}

void GraphLabels::created(std::uint64_t node, const RangeStack& open) {
  const std::lock_guard lock(mutex_);
  put(node, label_of(open));
}

void GraphLabels::cloned(std::uint64_t node, std::uint64_t original, const RangeStack& open) {
  const std::lock_guard lock(mutex_);
  const auto found = labels_.find(original);
  if (found != labels_.end() && found->second.range != nullptr) {
    put(node, Label(found->second));
  } else if (found != labels_.end() || !open.empty()) {
    put(node, label_of(open));
  }
}

void GraphLabels::destroyed(std::uint64_t node) {
  const std::lock_guard lock(mutex_);
  destroyed_.push_back(node);
}

void GraphLabels::forget() {
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t node : leaving_) labels_.erase(node);
  leaving_.swap(destroyed_);
  destroyed_.clear();
}

std::optional<GraphLabels::Label> GraphLabels::find(std::uint64_t node) const {
  const std::lock_guard lock(mutex_);
  const auto found = labels_.find(node);
  if (found == labels_.end()) return std::nullopt;
  return found->second;
}

std::size_t GraphLabels::nodes() const {
  const std::lock_guard lock(mutex_);
  return labels_.size();
}

std::int64_t GraphLabels::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

}  // namespace dscope::collect
