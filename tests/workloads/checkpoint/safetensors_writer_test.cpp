// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/safetensors_writer.h"

#include "tests/workloads/checkpoint/checkpoint_folder.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace dscope {
namespace {

using ::testing::HasSubstr;

const std::array<float, 6> kLogits{1, 2, 3, 4, 5, 6};

std::vector<TensorSpec> two_specs() {
  return {{"logits", TensorDtype::kF32, {3, 2}},
          {"none", TensorDtype::kF32, {0, 4}},
          {"ids", TensorDtype::kU8, {3}}};
}

std::string requirement_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInternal);
    return error.what();
  }
  ADD_FAILURE() << "expected an error";
  return "";
}

TEST(SafetensorsWriter, WritesRowByRow) {
  const TemporaryFolder folder;
  const auto path = folder / "out.safetensors";
  const auto bytes = std::as_bytes(std::span(kLogits));
  SafetensorsWriter writer(path, two_specs(), {{"source", "test \"quoted\""}});
  for (std::size_t row = 0; row < 3; ++row) writer.append("logits", bytes.subspan(8 * row, 8));
  writer.append("ids", bytes.first(3));
  EXPECT_FALSE(std::filesystem::exists(path));
  writer.finish();
  EXPECT_FALSE(std::filesystem::exists(folder / "out.safetensors.part"));

  const SafetensorsFile file(path);
  ASSERT_EQ(file.tensors().size(), 3u);
  const TensorInfo* const logits = file.find("logits");
  ASSERT_NE(logits, nullptr);
  EXPECT_EQ(describe(*logits), "F32 [3, 2]");
  EXPECT_EQ(std::memcmp(file.bytes(*logits).data(), kLogits.data(), sizeof(kLogits)), 0);
  EXPECT_EQ(describe(*file.find("none")), "F32 [0, 4]");
  EXPECT_EQ(describe(*file.find("ids")), "U8 [3]");
  EXPECT_EQ(file.metadata().at("source"), "test \"quoted\"");
  // 8 bytes of length and a header padded to 8: the data begin aligned.
  EXPECT_EQ((std::filesystem::file_size(path) - 27) % 8, 0u);
}

TEST(SafetensorsWriter, CopiesTheBundledCheckpointUnchanged) {
  const TemporaryFolder folder;
  const auto tensors = tiny_tensors();
  write_tensors(folder / "copy.safetensors", tensors);
  const SafetensorsFile copy(folder / "copy.safetensors");
  ASSERT_EQ(copy.tensors().size(), tensors.size());
  for (const LooseTensor& tensor : tensors) {
    const TensorInfo* const info = copy.find(tensor.spec.name);
    ASSERT_NE(info, nullptr) << tensor.spec.name;
    EXPECT_EQ(info->dtype, tensor.spec.dtype);
    EXPECT_EQ(info->shape, tensor.spec.shape);
    EXPECT_TRUE(std::ranges::equal(copy.bytes(*info), tensor.bytes)) << tensor.spec.name;
  }
}

TEST(SafetensorsWriter, LeavesNothingBehindWithoutFinish) {
  const TemporaryFolder folder;
  { SafetensorsWriter writer(folder / "out.safetensors", two_specs()); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SafetensorsWriter, ChecksOrderAndCompleteness) {
  const TemporaryFolder folder;
  const auto bytes = std::as_bytes(std::span(kLogits));
  SafetensorsWriter writer(folder / "out.safetensors", two_specs());
  EXPECT_THAT(requirement_of([&] { writer.append("ids", bytes.first(3)); }),
              HasSubstr("data for logits are due, got data for ids"));
  writer.append("logits", bytes.first(20));
  EXPECT_THAT(requirement_of([&] { writer.append("logits", bytes.first(8)); }),
              HasSubstr("logits: 4 bytes are missing, got 8"));
  writer.append("logits", bytes.first(4));
  EXPECT_THAT(requirement_of([&] { writer.finish(); }), HasSubstr("24 of 27 bytes were appended"));
  writer.append("ids", bytes.first(3));
  EXPECT_THAT(requirement_of([&] { writer.append("ids", bytes.first(1)); }),
              HasSubstr("all declared tensors are complete"));
  writer.finish();
  EXPECT_THAT(requirement_of([&] { writer.finish(); }), HasSubstr("called twice"));
}

TEST(SafetensorsWriter, ChecksDeclarations) {
  const TemporaryFolder folder;
  const auto declare = [&](std::vector<TensorSpec> specs) {
    return requirement_of([&] { SafetensorsWriter writer(folder / "out", std::move(specs)); });
  };
  EXPECT_THAT(declare({{"a", TensorDtype::kU8, {3}}, {"b", TensorDtype::kF32, {1}}}),
              HasSubstr("b would begin at byte 3, unaligned for F32: declare wider dtypes first"));
  EXPECT_THAT(declare({{"a", TensorDtype::kU8, {1}}, {"a", TensorDtype::kU8, {1}}}),
              HasSubstr("a: tensor names must differ"));
  EXPECT_THAT(declare({{"__metadata__", TensorDtype::kU8, {1}}}), HasSubstr("must differ"));
  EXPECT_THAT(declare({{"a", TensorDtype::kF32, {-1}}}), HasSubstr("a: impossible shape [-1]"));
  EXPECT_THAT(declare({{"a", TensorDtype::kF4, {3}}}), HasSubstr("does not fill whole bytes"));
  EXPECT_THAT(declare({{"a", TensorDtype::kUnknown, {3}}}),
              HasSubstr("a dtype that can be written"));
}

TEST(SafetensorsWriter, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  EXPECT_THAT(
      input_error_of([&] { SafetensorsWriter writer(folder / "no/out.safetensors", two_specs()); }),
      HasSubstr("no/out.safetensors: cannot write: No such file or directory"));
}

}  // namespace
}  // namespace dscope
