// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <iterator>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

// Lists of millions of plain records, as traces are made of.
namespace dscope {

// What unwritten() makes elements of: nothing.
struct Unwritten {};

// As many of them as two of these are apart.
struct UnwrittenIterator {
  using iterator_category = std::forward_iterator_tag;  // NOLINT: the library's names
  using value_type = Unwritten;                         // NOLINT
  using difference_type = std::ptrdiff_t;               // NOLINT
  using pointer = const Unwritten*;                     // NOLINT
  using reference = Unwritten;                          // NOLINT

  std::size_t at = 0;
  Unwritten operator*() const { return {}; }
  UnwrittenIterator& operator++() {
    ++at;
    return *this;
  }
  UnwrittenIterator operator++(int) { return {at++}; }
  bool operator==(const UnwrittenIterator&) const = default;
};

// Large pages where the system gives them: a fault for each 4 KiB costs as much as filling them.
template <class T>
class BulkAllocator {
 public:
  using value_type = T;  // NOLINT: likewise

  BulkAllocator() = default;
  template <class U>
  BulkAllocator(const BulkAllocator<U>&) noexcept {}  // NOLINT: likewise

  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    void* const memory = ::operator new(bytes, alignment_of(bytes));
    if (bytes >= kLarge) ::madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: no error counts
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    ::operator delete(memory, alignment_of(count * sizeof(T)));
  }

  template <class U>
  void construct(U*, Unwritten) noexcept {
    static_assert(std::is_trivially_copyable_v<U> && std::is_trivially_destructible_v<U>);
  }
  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }

  template <class U>
  bool operator==(const BulkAllocator<U>&) const noexcept {
    return true;
  }

 private:
  static constexpr std::size_t kLarge = std::size_t{4} << 20;
  static constexpr std::size_t kPage = std::size_t{2} << 20;

  static constexpr std::align_val_t alignment_of(std::size_t bytes) {
    return std::align_val_t{bytes >= kLarge ? kPage : alignof(std::max_align_t)};
  }
};

template <class T>
using BulkVector = std::vector<T, BulkAllocator<T>>;

// `count` elements that hold anything until they are written, e.g. by several threads.
template <class T>
[[nodiscard]] BulkVector<T> unwritten(std::size_t count) {
  return BulkVector<T>(UnwrittenIterator{0}, UnwrittenIterator{count});
}

}  // namespace dscope
