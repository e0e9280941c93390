// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace dscope::exporter {
namespace {

#define BAD "\xEF\xBF\xBD"

TEST(Printable, KeepsValidText) {
  const std::string text = "gemm<float, 4>  µs → 日本 😀";
  EXPECT_EQ(printable(text), text);
}

TEST(Printable, ReplacesControlCharacters) {
  EXPECT_EQ(printable("\x1b[31mred\n\x7f"), BAD "[31mred" BAD BAD);
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            BAD "31m")
      << "C1: an escape sequence in one character";
}

TEST(Printable, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(printable("a\xff"
                      "b"),
            "a" BAD "b");
  EXPECT_EQ(printable("\xC3"), BAD) << "cut off";
  EXPECT_EQ(printable("\xC0\xAF"), BAD BAD) << "overlong";
  EXPECT_EQ(printable("\xE0\x80\xAF"), BAD BAD BAD) << "overlong";
  EXPECT_EQ(printable("\xED\xA0\x80"), BAD BAD BAD) << "a surrogate";
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), BAD BAD BAD BAD) << "beyond U+10FFFF";
}

// The JSON library has its own idea of valid UTF-8 and throws for anything else.
TEST(Printable, AnyBytesBecomeWhatJsonAccepts) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 12, '\0');
    for (char& c : bytes)
      c = static_cast<char>(random() % 2 == 0 ? 0xC0 + random() % 64 : random());
    EXPECT_NO_THROW((void)nlohmann::json(printable(bytes)).dump());
    EXPECT_TRUE(nlohmann::json::accept(quote_json(bytes)));
  }
}

TEST(Shorten, CountsCodePoints) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdef", 5), "abcd…");
  EXPECT_EQ(shorten("äöüß", 3), "äö…");
  EXPECT_EQ(shorten("ab", 1), "…");
  EXPECT_EQ(shorten("ab", 0), "");
  EXPECT_EQ(display_width("äö…"), 3u);
}

TEST(Escape, Html) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(Escape, Markdown) {
  EXPECT_EQ(markdown_text("a|b_*c*<d>"), "a\\|b\\_\\*c\\*\\<d>");
}

TEST(Escape, Json) {
  EXPECT_EQ(quote_json("say \"hi\"\\\n"), R"("say \"hi\"\\\n")");
  EXPECT_EQ(quote_json("\xff"), "\"" BAD "\"");
}

TEST(KernelLabel, KeepsWhatPeopleNeed) {
  EXPECT_EQ(kernel_label("_mxfp4_slot_gemv_kernel"), "_mxfp4_slot_gemv_kernel");
  EXPECT_EQ(kernel_label("ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4>)"),
            "ncclDevKernel_AllReduce_Sum_bf16_RING_LL");
  EXPECT_EQ(kernel_label("void at::native::(anonymous namespace)::vectorized_layer_norm_kernel"
                         "<c10::BFloat16, float, true>(int, float)"),
            "vectorized_layer_norm_kernel");
  EXPECT_EQ(
      kernel_label("void at::native::vectorized_elementwise_kernel<4, "
                   "at::native::exp_kernel_cuda(at::TensorIteratorBase&)::{lambda()#2}>(int)"),
      "elementwise: exp_kernel_cuda");
  EXPECT_EQ(kernel_label("void at::native::elementwise_kernel<128, 2, at::native::"
                         "gpu_kernel_impl_nocast<at::native::BinaryFunctor<float, float, float, "
                         "at::native::binary_internal::MulFunctor<float> > >(...)"),
            "elementwise: MulFunctor");
  EXPECT_EQ(kernel_label("void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float, "
                         "at::native::ArgMaxOps<float> > >(...)"),
            "reduce: ArgMaxOps");
  EXPECT_EQ(kernel_label("k<odd>"), "k<odd>");
  EXPECT_EQ(kernel_label("void <"), "<");
  EXPECT_EQ(kernel_label(""), "");
}

}  // namespace
}  // namespace dscope::exporter
