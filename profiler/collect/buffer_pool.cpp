// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/buffer_pool.h"

#include <algorithm>
#include <cstring>

namespace dscope::collect {

BufferPool::BufferPool(std::size_t bytes, std::size_t ready, std::size_t limit)
    : bytes_(bytes), limit_(limit) {
  for (std::size_t i = 0; i < std::min(ready, limit); ++i) empty_.push_back(make());
}

std::uint8_t* BufferPool::make() {
  return owned_.emplace_back(std::make_unique<std::uint8_t[]>(bytes_)).get();
}

std::uint8_t* BufferPool::take() {
  const std::lock_guard lock(mutex_);
  std::uint8_t* buffer = nullptr;
  if (!empty_.empty()) {
    buffer = empty_.back();
    empty_.pop_back();
  } else if (owned_.size() < limit_) {
    buffer = make();
  } else {
    ++refused_;
    return nullptr;
  }
  high_water_ = std::max(high_water_, static_cast<std::int64_t>(owned_.size() - empty_.size()));
  return buffer;
}

void BufferPool::give(std::uint8_t* buffer, std::size_t valid) {
  const std::lock_guard lock(mutex_);
  const bool ours = std::any_of(owned_.begin(), owned_.end(),
                                [&](const auto& one) { return one.get() == buffer; });
  if (ours) full_.push_back({buffer, std::min(valid, bytes_)});
}

void BufferPool::drain(const std::function<void(std::uint8_t*, std::size_t)>& read) {
  for (;;) {
    Full full{};
    {
      const std::lock_guard lock(mutex_);
      if (full_.empty()) return;
      full = full_.front();
      full_.pop_front();
    }
    read(full.buffer, full.valid);
    std::memset(full.buffer, 0, bytes_);
    const std::lock_guard lock(mutex_);
    empty_.push_back(full.buffer);
  }
}

std::int64_t BufferPool::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

std::int64_t BufferPool::high_water() const {
  const std::lock_guard lock(mutex_);
  return high_water_;
}

std::size_t BufferPool::buffers() const {
  const std::lock_guard lock(mutex_);
  return owned_.size();
}

}  // namespace dscope::collect
