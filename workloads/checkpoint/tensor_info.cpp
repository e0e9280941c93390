// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/tensor_info.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace dscope {
namespace {

struct DtypeRow {
  TensorDtype dtype;
  std::string_view name;
  int bits;
};

constexpr std::array kDtypes{
    DtypeRow{TensorDtype::kBool, "BOOL", 8},       DtypeRow{TensorDtype::kF4, "F4", 4},
    DtypeRow{TensorDtype::kF6E2m3, "F6_E2M3", 6},  DtypeRow{TensorDtype::kF6E3m2, "F6_E3M2", 6},
    DtypeRow{TensorDtype::kU8, "U8", 8},           DtypeRow{TensorDtype::kI8, "I8", 8},
    DtypeRow{TensorDtype::kF8E5m2, "F8_E5M2", 8},  DtypeRow{TensorDtype::kF8E4m3, "F8_E4M3", 8},
    DtypeRow{TensorDtype::kF8E8m0, "F8_E8M0", 8},  DtypeRow{TensorDtype::kI16, "I16", 16},
    DtypeRow{TensorDtype::kU16, "U16", 16},        DtypeRow{TensorDtype::kF16, "F16", 16},
    DtypeRow{TensorDtype::kBf16, "BF16", 16},      DtypeRow{TensorDtype::kI32, "I32", 32},
    DtypeRow{TensorDtype::kU32, "U32", 32},        DtypeRow{TensorDtype::kF32, "F32", 32},
    DtypeRow{TensorDtype::kC64, "C64", 64},        DtypeRow{TensorDtype::kF64, "F64", 64},
    DtypeRow{TensorDtype::kI64, "I64", 64},        DtypeRow{TensorDtype::kU64, "U64", 64},
    DtypeRow{TensorDtype::kUnknown, "unknown", 0},
};

consteval bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < kDtypes.size(); ++i) {
    if (kDtypes[i].dtype != static_cast<TensorDtype>(i)) return false;
  }
  return true;
}
static_assert(rows_follow_the_enum());

const DtypeRow& row(TensorDtype dtype) {
  return kDtypes[static_cast<std::size_t>(dtype)];
}

}  // namespace

std::string_view dtype_name(TensorDtype dtype) {
  return row(dtype).name;
}

int dtype_bits(TensorDtype dtype) {
  return row(dtype).bits;
}

TensorDtype dtype_from_name(std::string_view name) {
  const auto found = std::ranges::find(kDtypes, name, &DtypeRow::name);
  return found == kDtypes.end() ? TensorDtype::kUnknown : found->dtype;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string describe(const TensorInfo& tensor) {
  return fmt::format("{} {}", printable(tensor.dtype_text), shape_text(tensor.shape));
}

std::string printable(std::string_view text) {
  constexpr std::size_t kLimit = 160;
  const nlohmann::json value(std::string(text.substr(0, kLimit)));
  const std::string quoted = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2) + (text.size() > kLimit ? "..." : "");
}

}  // namespace dscope
