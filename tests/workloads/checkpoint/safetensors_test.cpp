// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/safetensors.h"

#include "tests/workloads/checkpoint/checkpoint_folder.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>

namespace dscope {
namespace {

using ::testing::HasSubstr;

// A whole file: the header's length, the header, `data_bytes` bytes of data.
std::string file_of(std::string_view header, std::size_t data_bytes, std::uint64_t length) {
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  file += header;
  return file + std::string(data_bytes, 'd');
}
std::string file_of(std::string_view header, std::size_t data_bytes = 0) {
  return file_of(header, data_bytes, header.size());
}

SafetensorsHeader parse(const std::string& file) {
  return parse_safetensors(std::as_bytes(std::span(file)), "f");
}

TEST(Safetensors, ReadsTensorsInTheOrderOfTheirData) {
  const auto header = parse(file_of(R"({"b":{"dtype":"U8","shape":[2,1],"data_offsets":[4,6]},
      "__metadata__":{"format":"pt"},
      "a":{"shape":[],"data_offsets":[0,4],"dtype":"F32"},
      "z":{"dtype":"F64","shape":[0,3],"data_offsets":[6,6]}}   )",
                                    6));
  ASSERT_EQ(header.tensors.size(), 3u);
  EXPECT_EQ(header.tensors[0].name, "a");
  EXPECT_EQ(header.tensors[0].dtype, TensorDtype::kF32);
  EXPECT_TRUE(header.tensors[0].shape.empty());
  EXPECT_EQ(header.tensors[1].name, "b");
  EXPECT_EQ(header.tensors[1].shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(header.tensors[1].begin, 4u);
  EXPECT_EQ(header.tensors[1].end, 6u);
  EXPECT_EQ(header.tensors[2].name, "z");
  EXPECT_EQ(header.metadata, (std::map<std::string, std::string>{{"format", "pt"}}));
}

TEST(Safetensors, AcceptsAFileWithoutTensors) {
  EXPECT_TRUE(parse(file_of("{}")).tensors.empty());
}

TEST(Safetensors, KeepsTheNameOfAnUnknownDtype) {
  const auto header =
      parse(file_of(R"({"a":{"dtype":"F3_X","shape":[7],"data_offsets":[0,5]}})", 5));
  EXPECT_EQ(header.tensors[0].dtype, TensorDtype::kUnknown);
  EXPECT_EQ(describe(header.tensors[0]), "F3_X [7]");
}

TEST(Safetensors, CountsF4InValuesOrInPairs) {
  EXPECT_NO_THROW(parse(file_of(R"({"a":{"dtype":"F4","shape":[8],"data_offsets":[0,4]}})", 4)));
  EXPECT_NO_THROW(parse(file_of(R"({"a":{"dtype":"F4","shape":[4],"data_offsets":[0,4]}})", 4)));
  EXPECT_THROW(parse(file_of(R"({"a":{"dtype":"F4","shape":[2],"data_offsets":[0,4]}})", 4)),
               Error);
}

struct Refusal {
  const char* name;
  std::string file;
  std::string message;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class SafetensorsRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(SafetensorsRefusal, SaysWhatIsWrong) {
  const std::string message = input_error_of([] { parse(GetParam().file); });
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_THAT(message, ::testing::StartsWith("f: "));
}

std::vector<Refusal> framing_refusals() {
  return {
      {"ShortFile", "abc", "byte 0: expected the 8-byte header length, found a file of 3 bytes"},
      {"LengthBeyondFile", file_of("{}", 5, 8),
       "expected at most 7 bytes (what the file holds), "
       "found 8"},
      {"LengthHuge", file_of("{}", 0, std::numeric_limits<std::uint64_t>::max()),
       "found 18446744073709551615"},
      {"NoHeader", file_of(""), "byte 8: header: expected \"{\", found nothing"},
      {"Array", file_of("[]"), "byte 8: header: expected \"{\", found \"[\""},
      {"ByteOrderMark", file_of("\xef\xbb\xbf{}"), "byte 8: header: expected \"{\""},
      {"NulInHeader", file_of(std::string_view("{}\0x", 4)),
       "byte 10: header: expected JSON, "
       "found a NUL byte"},
      {"CutJson", file_of(R"({"a":)"), "byte 13: header: expected JSON, found a syntax error"},
      {"TextBehind", file_of("{} x"), "byte 11: header: expected JSON"},
      {"BadUtf8", file_of("{\"\xff\":1}"), "byte 10: header: expected JSON"},
  };
}

std::vector<Refusal> structure_refusals() {
  const std::string bomb(100000, '[');
  return {
      {"NestingBomb", file_of("{\"a\":" + bomb), "\"a\": expected an object, found an array"},
      {"NestedObject", file_of(R"({"a":{"dtype":{}}})"),
       "tensor a: dtype: expected a string, found an object"},
      {"ShapeBomb", file_of("{\"a\":{\"shape\":" + bomb),
       "tensor a: shape: expected an array of at most 64 integers from 0 to 2^63-1, found an "
       "array"},
      {"TensorNull", file_of(R"({"a":null})"), "\"a\": expected an object, found null"},
      {"TensorText", file_of(R"({"a":"b"})"), "\"a\": expected an object, found \"b\""},
      {"DuplicateTensor",
       file_of(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}})"),
       "header: \"a\": expected one entry of this name, found two"},
      {"DuplicateField", file_of(R"({"a":{"dtype":"U8","dtype":"U8"}})"),
       "tensor a: expected one field \"dtype\", found two"},
      {"DuplicateMetadata", file_of(R"({"__metadata__":{"k":"1","k":"2"}})"),
       "__metadata__: expected one \"k\", found two"},
      {"TwoMetadata", file_of(R"({"__metadata__":{},"__metadata__":{}})"),
       "\"__metadata__\": expected one entry of this name"},
      {"MetadataNumber", file_of(R"({"__metadata__":{"k":1}})"),
       "__metadata__: \"k\": expected a string, found 1"},
      {"UnknownField", file_of(R"({"a":{"type":1}})"),
       "tensor a: expected the fields dtype, shape, data_offsets, found \"type\""},
      {"MissingField", file_of(R"({"a":{"dtype":"U8","shape":[1]}})"),
       "tensor a: expected the field \"data_offsets\", found none"},
      {"NegativeShape", file_of(R"({"a":{"shape":[-1]}})"),
       "shape: expected an array of at most "
       "64 integers from 0 to 2^63-1, found "
       "-1"},
      {"HugeShape", file_of(R"({"a":{"shape":[99999999999999999999]}})"),
       "found 99999999999999999999"},
      {"Above63Bits", file_of(R"({"a":{"shape":[9223372036854775808]}})"),
       "found 9223372036854775808"},
      {"FractionalShape", file_of(R"({"a":{"shape":[1.5]}})"), "found 1.5"},
      {"BooleanShape", file_of(R"({"a":{"shape":[true]}})"), "found true"},
      {"OneOffset", file_of(R"({"a":{"data_offsets":[1]}})"),
       "data_offsets: expected an array of two integers from 0 to 2^63-1, found 1 numbers"},
      {"ManyDimensions",
       file_of("{\"a\":{\"shape\":[1" +
               [] {
                 std::string ones;
                 for (int i = 0; i < 64; ++i) ones += ",1";
                 return ones;
               }() +
               "]}}"),
       "at most 64 integers from 0 to 2^63-1, found more numbers"},
      {"TerminalEscape", file_of("{\"\\u001b[31m\":1}"), "\"\\u001b[31m\": expected an object"},
  };
}

std::string one_tensor(const std::string& dtype, const std::string& shape,
                       const std::string& offsets, std::size_t data_bytes) {
  return file_of(R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
                     offsets + "}}",
                 data_bytes);
}

std::string two_tensors(const std::string& first, const std::string& second,
                        std::size_t data_bytes) {
  return file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
                     R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + second + "}}",
                 data_bytes);
}

std::vector<Refusal> layout_refusals() {
  return {
      {"Reversed", one_tensor("U8", "[4]", "[4,0]", 4),
       "tensor a: data_offsets: expected begin <= end, found [4, 0]"},
      {"CutOff", one_tensor("U8", "[4]", "[0,4]", 3),
       "expected an end within the 3 bytes of the data section, found [0, 4]: the file may be cut "
       "off"},
      {"FarAway", one_tensor("U8", "[4]", "[9223372036854775803,9223372036854775807]", 4),
       "expected an end within the 4 bytes"},
      {"ShapeAgainstOffsets", one_tensor("BF16", "[3]", "[0,4]", 4),
       "tensor a: BF16 [3] takes 6 bytes, but data_offsets [0, 4] hold 4"},
      {"HalfBytes", one_tensor("F4", "[3]", "[0,1]", 1), "F4 [3] takes 1.5 bytes"},
      {"Overflow", one_tensor("F32", "[4294967296,4294967296]", "[0,0]", 0),
       "expected a shape of less than 2^64 bits, found F32 [4294967296, 4294967296]"},
      {"Overlap", two_tensors("[0,4]", "[3,5]", 5), "tensors a [0, 4] and b [3, 5] overlap"},
      {"Hole", two_tensors("[0,4]", "[7,9]", 9),
       "tensor b: data_offsets: expected to begin at 4, where the data before it ends, found 7: 3 "
       "bytes belong to no tensor"},
      {"HoleAtTheStart", one_tensor("U8", "[2]", "[1,3]", 3), "expected to begin at 0"},
      {"Trailing", one_tensor("U8", "[2]", "[0,2]", 5),
       "expected the data section to end with its last tensor at 2, found 3 more bytes"},
  };
}

const auto kName = [](const auto& test) { return std::string(test.param.name); };
INSTANTIATE_TEST_SUITE_P(Framing, SafetensorsRefusal, ::testing::ValuesIn(framing_refusals()),
                         kName);
INSTANTIATE_TEST_SUITE_P(Structure, SafetensorsRefusal, ::testing::ValuesIn(structure_refusals()),
                         kName);
INSTANTIATE_TEST_SUITE_P(Layout, SafetensorsRefusal, ::testing::ValuesIn(layout_refusals()), kName);

// Every file that a cut leaves behind is refused, wherever the cut is.
TEST(Safetensors, RefusesEveryCut) {
  const std::string whole = two_tensors("[0,4]", "[4,6]", 6);
  ASSERT_NO_THROW(parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parse(whole.substr(0, size)), Error) << size;
  }
}

// No change of one byte crashes, and none that is accepted makes tensors leave the file.
TEST(Safetensors, SurvivesEveryChangedByte) {
  const std::string whole = two_tensors("[0,4]", "[4,6]", 6);
  for (std::size_t at = 0; at < whole.size() - 6; ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = whole;
      changed[at] = static_cast<char>(value);
      try {
        const SafetensorsHeader header = parse(changed);
        for (const TensorInfo& tensor : header.tensors) {
          ASSERT_LE(header.data_begin + tensor.end, changed.size());
        }
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kInput);
      }
    }
  }
}

TEST(Safetensors, ReadsTheBundledCheckpoint) {
  const SafetensorsFile file(tiny_checkpoint() / "model.safetensors");
  const TensorInfo* const table = file.find("layers.0.ffn.gate.tid2eid");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(describe(*table), "I32 [512, 2]");
  EXPECT_EQ(table->begin, 1106964u);
  EXPECT_EQ(file.bytes(*table).size(), 4096u);
  EXPECT_EQ(file.find("layers.0"), nullptr);
  EXPECT_EQ(file.find("zzz"), nullptr);
  EXPECT_EQ(file.metadata().at("format"), "pt");
  for (const TensorInfo& tensor : file.tensors()) EXPECT_EQ(file.find(tensor.name), &tensor);
}

TEST(Safetensors, NamesTheFile) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(tiny_checkpoint() / "model.safetensors", folder / "cut.safetensors");
  std::filesystem::resize_file(folder / "cut.safetensors", 9'000'000);
  EXPECT_THAT(input_error_of([&] { SafetensorsFile file(folder / "cut.safetensors"); }),
              ::testing::AllOf(HasSubstr((folder / "cut.safetensors").string()),
                               HasSubstr("the file may be cut off")));
}

}  // namespace
}  // namespace dscope
