// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/safetensors_property.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace dscope::fuzz {
namespace {

TEST(CorpusReplay, Safetensors) {
  const std::filesystem::path corpus =
      std::filesystem::path(DSCOPE_SOURCE_DIR) / "tests/fuzz/corpus/safetensors";
  int accepted = 0;
  int refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    SCOPED_TRACE(entry.path().filename());
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_NO_THROW(++(check_safetensors(std::as_bytes(std::span(bytes))) ? accepted : refused));
  }
  // The corpus must reach both sides.
  EXPECT_GT(accepted, 10);
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace dscope::fuzz
