// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// The bytes of a ".dscope" trace. Little endian, everything aligned to 8 bytes.
//
//   FileHeader
//   BlockHeader, payload, zeros up to a multiple of 8; again and again
//
// Payloads, by BlockType (`count` is in the block's header):
//   kStages      count times {u32 length, bytes}: stage ids; Activity::stage is stored as an index
//                into this list, so that files outlive changes of the enum
//   kNames       count times {u32 length, bytes}: the next names; indices run through the file
//   kTracks      count times {u32 kind (0 device, 1 lane), i32 device, i32 lane, i64 rank or
//                kNoRank, u32 length, bytes}: packed
//   kFacts       count times {u32 length, key, u32 length, value}
//   kActivities  columns_of(version) columns of `count` values each, in the order of Column. A
//   column is
//                {u64 encoding and width, u64 base} and then its values, padded to 8 bytes:
//                  kConstant  no values: all are `base`
//                  kOffset    count unsigned integers of `width` (1, 2, 4 or 8) bytes: base + value
//                Column::kStart is never kConstant: a record costs at least four bytes of file, so
//                a small file cannot claim many.
//   kEnd         nothing; `count` is 0: the writer finished. Nothing follows.
namespace dscope::importer::format {

static_assert(std::endian::native == std::endian::little, "files are little endian");

inline constexpr std::uint64_t kMagic = 0x525445504f435344;  // "DSCOPETR"
inline constexpr std::uint32_t kVersion = 2;                 // what is written; 1 is read as well
inline constexpr std::uint32_t kBlockMagic = 0x4b4c4244;     // "DBLK"
inline constexpr std::int64_t kNoRank = INT64_MIN;
inline constexpr std::uint32_t kMaxBlockActivities = 65536;
inline constexpr std::uint8_t kNoStage = 255;

struct FileHeader {
  std::uint64_t magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(FileHeader) == 16);

enum class BlockType : std::uint32_t {
  kStages = 1,
  kNames = 2,
  kTracks = 3,
  kFacts = 4,
  kActivities = 5,
  kEnd = 6,
};

struct BlockHeader {
  std::uint32_t magic = kBlockMagic;
  std::uint32_t type = 0;
  std::uint64_t payload_bytes = 0;  // without the padding
  std::uint32_t count = 0;
  std::uint32_t header_check = 0;   // of the four fields above: a length can be trusted
  std::uint64_t payload_check = 0;  // checksum() of the payload
};
static_assert(sizeof(BlockHeader) == 32);

enum class Column : std::uint8_t {
  kStart,
  kDuration,  // end - start
  kName,
  kCorrelation,
  kGraphNode,
  kBytes,
  kDevice,
  kLane,
  kKind,
  kStage,
  kRange,     // Activity::range + 1; 0: none
  kExternal,  // from version 2 on
};
inline constexpr std::size_t kColumns = 12;
[[nodiscard]] constexpr std::size_t columns_of(std::uint32_t version) {
  return version == 1 ? 11 : kColumns;
}

enum class Encoding : std::uint32_t { kConstant = 0, kOffset = 1 };

struct ColumnHeader {
  Encoding encoding = Encoding::kConstant;
  std::uint32_t width = 0;  // bytes of a value; 0 for kConstant
  std::uint64_t base = 0;   // modulo 2^64, so signed values work too
};
static_assert(sizeof(ColumnHeader) == 16);

[[nodiscard]] constexpr std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + 7) / 8 * 8;
}

// Detects torn and altered blocks; no protection against intent. Four lanes of multiply and rotate,
// because reading a trace must not wait for its checksum.
[[nodiscard]] inline std::uint64_t checksum(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x9e3779b97f4a7c15;
  std::uint64_t lane[4] = {kPrime, ~kPrime, kPrime << 1, bytes.size()};
  const auto mix = [](std::uint64_t h, std::uint64_t v) { return std::rotl((h ^ v) * kPrime, 29); };
  std::size_t at = 0;
  for (; at + 32 <= bytes.size(); at += 32) {
    std::uint64_t words[4];
    std::memcpy(words, bytes.data() + at, 32);
    for (int i = 0; i < 4; ++i) lane[i] = mix(lane[i], words[i]);
  }
  for (; at < bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, bytes.size() - at < 8 ? bytes.size() - at : 8);
    lane[0] = mix(lane[0], word);
  }
  std::uint64_t h = 0;
  for (const std::uint64_t l : lane) h = mix(h, l);
  return h ^ (h >> 31);
}

[[nodiscard]] inline std::uint32_t header_check(const BlockHeader& header) {
  char bytes[20];
  std::memcpy(bytes, &header, sizeof bytes);
  return static_cast<std::uint32_t>(checksum(std::string_view(bytes, sizeof bytes)));
}

}  // namespace dscope::importer::format
