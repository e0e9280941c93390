// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/json_scan.h"

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace dscope::importer {
namespace {

constexpr std::size_t kBlock = 64;

// One bit per byte of a block.
struct Masks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t opens = 0;   // { [
  std::uint64_t closes = 0;  // } ]
};

#ifdef __SSE2__
Masks masks_of(const char* block) {
  Masks masks;
  // '[' and ']' differ from '{' and '}' in one bit.
  const __m128i bit = _mm_set1_epi8(0x20);
  for (std::size_t i = 0; i < kBlock; i += 16) {
    __m128i bytes;
    std::memcpy(&bytes, block + i, sizeof bytes);
    const __m128i folded = _mm_or_si128(bytes, bit);
    const auto mask = [i](__m128i a, char c) {
      const int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(a, _mm_set1_epi8(c)));
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(bits)) << i;
    };
    masks.quotes |= mask(bytes, '"');
    masks.backslashes |= mask(bytes, '\\');
    masks.opens |= mask(folded, '{');
    masks.closes |= mask(folded, '}');
  }
  return masks;
}
#else
Masks masks_of(const char* block) {
  Masks masks;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    const char c = block[i];
    masks.quotes |= c == '"' ? bit : 0;
    masks.backslashes |= c == '\\' ? bit : 0;
    masks.opens |= (c | 0x20) == '{' ? bit : 0;
    masks.closes |= (c | 0x20) == '}' ? bit : 0;
  }
  return masks;
}
#endif

// Bit i: an odd number of quotes up to and including i, that is, inside a string.
std::uint64_t inside_strings(std::uint64_t quotes) {
  for (int shift = 1; shift < 64; shift *= 2) quotes ^= quotes << shift;
  return quotes;
}

}  // namespace

bool JsonScanner::bracket(bool open, std::size_t at, Found& found) {
  if (open) {
    ++depth_;
    return true;
  }
  if (depth_ == 0) {
    found.array_end = at;
    return false;
  }
  if (--depth_ == 0) found.last_end = at + 1;
  return true;
}

bool JsonScanner::scan_bytes(std::string_view piece, std::size_t begin, std::size_t end,
                             Found& found) {
  for (std::size_t i = begin; i < end; ++i) {
    const char c = piece[i];
    if (escaped_) {
      escaped_ = false;
    } else if (in_string_) {
      escaped_ = c == '\\';
      in_string_ = c != '"';
    } else if (c == '"') {
      in_string_ = true;
    } else if ((c | 0x20) == '{' || (c | 0x20) == '}') {
      if (!bracket((c | 0x20) == '{', i, found)) return false;
    }
  }
  return true;
}

JsonScanner::Found JsonScanner::scan(std::string_view piece) {
  Found found;
  std::size_t at = 0;
  for (; at + kBlock <= piece.size(); at += kBlock) {
    const Masks masks = masks_of(piece.data() + at);
    // Escapes are rare enough to be read byte by byte.
    if (masks.backslashes != 0 || escaped_) {
      if (!scan_bytes(piece, at, at + kBlock, found)) return found;
      continue;
    }
    const std::uint64_t inside = inside_strings(masks.quotes) ^ (in_string_ ? ~0ull : 0ull);
    in_string_ = (inside >> 63) != 0;
    for (std::uint64_t left = (masks.opens | masks.closes) & ~inside; left != 0; left &= left - 1) {
      const int bit = std::countr_zero(left);
      const bool open = ((masks.opens >> bit) & 1) != 0;
      if (!bracket(open, at + static_cast<std::size_t>(bit), found)) return found;
    }
  }
  scan_bytes(piece, at, piece.size(), found);
  return found;
}

}  // namespace dscope::importer
