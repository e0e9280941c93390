// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/tensor_info.h"

#include <gtest/gtest.h>

namespace dscope {
namespace {

TEST(TensorInfo, DtypeNamesRoundTrip) {
  for (int i = 0; i < static_cast<int>(TensorDtype::kUnknown); ++i) {
    const auto dtype = static_cast<TensorDtype>(i);
    EXPECT_EQ(dtype_from_name(dtype_name(dtype)), dtype) << dtype_name(dtype);
    EXPECT_GT(dtype_bits(dtype), 0) << dtype_name(dtype);
  }
  EXPECT_EQ(dtype_from_name("F8_E4M3"), TensorDtype::kF8E4m3);
  EXPECT_EQ(dtype_from_name("bf16"), TensorDtype::kUnknown);
  EXPECT_EQ(dtype_bits(TensorDtype::kUnknown), 0);
  EXPECT_EQ(dtype_bits(TensorDtype::kF4), 4);
  EXPECT_EQ(dtype_bits(TensorDtype::kBf16), 16);
  EXPECT_EQ(dtype_bits(TensorDtype::kI64), 64);
}

TEST(TensorInfo, Describes) {
  TensorInfo tensor;
  tensor.dtype_text = "BF16";
  tensor.shape = {512, 256};
  EXPECT_EQ(describe(tensor), "BF16 [512, 256]");
  tensor.shape = {};
  EXPECT_EQ(describe(tensor), "BF16 []");
}

TEST(TensorInfo, MakesHostileTextPrintable) {
  EXPECT_EQ(printable("layers.0.wkv"), "layers.0.wkv");
  EXPECT_EQ(printable("a\x1b[31m\n"), "a\\u001b[31m\\n");
  EXPECT_EQ(printable("a\xff"), "a\xef\xbf\xbd");
  EXPECT_EQ(printable(std::string(1000, 'n')), std::string(160, 'n') + "...");
}

}  // namespace
}  // namespace dscope
