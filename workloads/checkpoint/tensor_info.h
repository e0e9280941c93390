// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

// The element types of the safetensors format.
enum class TensorDtype : std::uint8_t {
  kBool,
  kF4,
  kF6E2m3,
  kF6E3m2,
  kU8,
  kI8,
  kF8E5m2,
  kF8E4m3,
  kF8E8m0,
  kI16,
  kU16,
  kF16,
  kBf16,
  kI32,
  kU32,
  kF32,
  kC64,
  kF64,
  kI64,
  kU64,
  kUnknown,  // a name that this build does not know
};

// The name in files, "F8_E4M3"; "unknown" for kUnknown.
[[nodiscard]] std::string_view dtype_name(TensorDtype dtype);
[[nodiscard]] TensorDtype dtype_from_name(std::string_view name);
// Bits of one element; 0 for kUnknown.
[[nodiscard]] int dtype_bits(TensorDtype dtype);

// One tensor of a safetensors file.
struct TensorInfo {
  std::string name;
  TensorDtype dtype = TensorDtype::kUnknown;
  std::string dtype_text;  // as the file spells it
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // bytes [begin, end) of the data section
  std::uint64_t end = 0;

  [[nodiscard]] std::uint64_t bytes() const { return end - begin; }
};

// For messages: "[512, 256]" and "BF16 [512, 256]".
[[nodiscard]] std::string shape_text(std::span<const std::int64_t> shape);
[[nodiscard]] std::string describe(const TensorInfo& tensor);

// Text from a file, made fit for a message: control characters and broken UTF-8 escaped, length
// limited.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace dscope
