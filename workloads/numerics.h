// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dscope {

// What is rounded where. Weights are used as stored in every mode; sums are kept in at least
// float32 in every mode.
//
//   exact       activations float32, caches float32                       (CPU reference only)
//   bf16        activations BF16 between ops, caches BF16
//   serving     activations BF16, KV cache FP8 pages, indexer queries and keys FP8
//   serving-a8  as serving, and inputs of FP8 and FP4 linears rounded to FP8 in groups of 128
enum class Numerics : std::uint8_t { kExact, kBf16, kServing, kServingA8 };

struct NumericsInfo {
  Numerics numerics;
  std::string_view id;
};

inline constexpr std::array<NumericsInfo, 4> kNumerics{{
    {Numerics::kExact, "exact"},
    {Numerics::kBf16, "bf16"},
    {Numerics::kServing, "serving"},
    {Numerics::kServingA8, "serving-a8"},
}};

[[nodiscard]] constexpr std::string_view id(Numerics numerics) {
  return kNumerics[static_cast<std::size_t>(numerics)].id;
}
[[nodiscard]] constexpr std::optional<Numerics> numerics_from_id(std::string_view id) {
  for (const NumericsInfo& entry : kNumerics) {
    if (entry.id == id) return entry.numerics;
  }
  return std::nullopt;
}

// Bytes of one activation, and of one cache entry: 512-dim KV entries and 128-dim index keys.
[[nodiscard]] constexpr std::int64_t activation_bytes(Numerics n) {
  return n == Numerics::kExact ? 4 : 2;
}
[[nodiscard]] constexpr bool quantised_caches(Numerics n) {
  return n == Numerics::kServing || n == Numerics::kServingA8;
}

}  // namespace dscope
