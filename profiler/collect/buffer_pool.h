// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace dscope::collect {

// Buffers that a collector fills with records, in threads of its own, and that one reader empties.
// Made before they are needed, because asking the system for memory inside a launch delays it by
// orders of magnitude; used again afterwards, so memory does not grow with the number of records.
// Thread-safe.
class BufferPool {
 public:
  // `ready` buffers of `bytes` are made at once, more when all are in use, never more than `limit`.
  BufferPool(std::size_t bytes, std::size_t ready, std::size_t limit);

  // An empty buffer, all zeros, aligned for any record; null when `limit` are in use.
  [[nodiscard]] std::uint8_t* take();

  // A buffer of take(), of which the first `valid` bytes are records. Others are ignored.
  void give(std::uint8_t* buffer, std::size_t valid);

  // Calls `read` for every buffer that was given since the last call, oldest first, and makes it
  // empty again. `read` runs without a lock held: buffers may be taken and given meanwhile.
  void drain(const std::function<void(std::uint8_t* buffer, std::size_t valid)>& read);

  [[nodiscard]] std::size_t buffer_bytes() const { return bytes_; }
  [[nodiscard]] std::int64_t refused() const;     // take() answered null
  [[nodiscard]] std::int64_t high_water() const;  // most buffers out at once, being read included
  [[nodiscard]] std::size_t buffers() const;      // that exist

 private:
  struct Full {
    std::uint8_t* buffer;
    std::size_t valid;
  };
  std::uint8_t* make();

  const std::size_t bytes_;
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<std::uint8_t[]>> owned_;
  std::vector<std::uint8_t*> empty_;
  std::deque<Full> full_;
  std::int64_t refused_ = 0;
  std::int64_t high_water_ = 0;
};

}  // namespace dscope::collect
