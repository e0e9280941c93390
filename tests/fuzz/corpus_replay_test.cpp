// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/safetensors_property.h"
#include "tests/fuzz/trace_property.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace dscope::fuzz {
namespace {

using Property = bool (*)(std::span<const std::byte>);

struct Corpus {
  const char* folder;
  Property property;
  // The corpus must reach both sides.
  int accepted;
  int refused;
};

// Keeps test listings readable.
void PrintTo(const Corpus& corpus, std::ostream* out) {
  *out << corpus.folder;
}

class CorpusReplay : public ::testing::TestWithParam<Corpus> {};

TEST_P(CorpusReplay, HoldsItsProperty) {
  const std::filesystem::path corpus =
      std::filesystem::path(DSCOPE_SOURCE_DIR) / "tests/fuzz/corpus" / GetParam().folder;
  int accepted = 0;
  int refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    SCOPED_TRACE(entry.path().filename());
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_NO_THROW(++(GetParam().property(std::as_bytes(std::span(bytes))) ? accepted : refused));
  }
  EXPECT_GT(accepted, GetParam().accepted);
  EXPECT_GT(refused, GetParam().refused);
}

INSTANTIATE_TEST_SUITE_P(
    All, CorpusReplay,
    ::testing::Values(Corpus{"safetensors", check_safetensors, 10, 50},
                      Corpus{"kineto", check_trace, 5, 20}, Corpus{"nsys", check_trace, 3, 20},
                      Corpus{"activity_file", check_repaired_activity_file, 5, 20}),
    [](const auto& test) { return test.param.folder; });

}  // namespace
}  // namespace dscope::fuzz
