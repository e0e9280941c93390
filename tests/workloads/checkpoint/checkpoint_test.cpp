// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/checkpoint.h"

#include "tests/workloads/checkpoint/checkpoint_folder.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>

namespace dscope {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kWqA = "layers.1.attn.wq_a.weight";
const std::string kExpert = "layers.2.ffn.experts.3.w2.weight";

std::vector<float> row_of(const WeightMatrix& weight, std::int64_t row) {
  std::vector<float> values(static_cast<std::size_t>(weight.cols));
  decode_row(weight, row, values.data());
  return values;
}

void expect_same(const WeightMatrix& a, const WeightMatrix& b) {
  ASSERT_EQ(a.format, b.format);
  ASSERT_EQ(a.rows, b.rows);
  for (std::int64_t row = 0; row < a.rows; ++row) ASSERT_EQ(row_of(a, row), row_of(b, row)) << row;
}

// The message of opening the tiny checkpoint after a change to its tensors.
template <class Change>
std::string complaint_after(Change change) {
  const TemporaryFolder folder;
  std::vector<LooseTensor> tensors = tiny_tensors();
  change(tensors);
  write_checkpoint(folder, tensors);
  return input_error_of([&] { Checkpoint checkpoint(folder.path()); });
}

TEST(Checkpoint, OpensTheBundledOne) {
  Checkpoint checkpoint(tiny_checkpoint());
  EXPECT_EQ(checkpoint.config().layers, 4);
  EXPECT_EQ(checkpoint.description(), tiny_checkpoint().string());
  EXPECT_EQ(checkpoint.contents().shards, 1);
  EXPECT_EQ(checkpoint.contents().bytes, 9403652 - 8 - 33848);
  EXPECT_EQ(checkpoint.contents().unused_tensors, 0);

  EXPECT_EQ(checkpoint.ends().embed.format, WeightFormat::kBf16);
  EXPECT_EQ(checkpoint.ends().hc_head.scale.size, 1);
  const LayerWeights& window = checkpoint.layer(0);
  EXPECT_TRUE(window.attn.compressor.wkv.empty());
  EXPECT_EQ(window.router.tid2eid.rows, 512);
  EXPECT_TRUE(window.router.bias.empty());
  const LayerWeights& ratio_4 = checkpoint.layer(1);
  EXPECT_EQ(ratio_4.attn.wq_a.format, WeightFormat::kFp8);
  EXPECT_EQ(ratio_4.attn.wo_a.cols, 1024);
  EXPECT_EQ(ratio_4.attn.wo_a.scale_row_bytes, 8);
  EXPECT_EQ(ratio_4.attn.compressor.ape.rows, 4);
  EXPECT_EQ(ratio_4.attn.indexer.compressor.norm.size, 128);
  EXPECT_TRUE(ratio_4.router.tid2eid.empty());
  EXPECT_TRUE(checkpoint.layer(2).attn.indexer.wq_b.empty());
}

// Decoded by hand from the stored bytes: value times the scale of its block.
TEST(Checkpoint, ViewsMeanWhatTheBytesSay) {
  Checkpoint checkpoint(tiny_checkpoint());
  const SafetensorsFile file(tiny_checkpoint() / "model.safetensors");
  const auto byte_of = [&](const char* name, std::size_t at) {
    return std::to_integer<std::uint8_t>(file.bytes(*file.find(name))[at]);
  };
  const float fp8 = row_of(checkpoint.layer(1).attn.wo_a, 5)[300];
  EXPECT_EQ(fp8, e4m3_to_float(byte_of("layers.1.attn.wo_a.weight", 5 * 1024 + 300)) *
                     e8m0_to_float(byte_of("layers.1.attn.wo_a.scale", 300 / 128)));
  const float fp4 = row_of(checkpoint.expert(2, 3)->w2, 7)[101];
  EXPECT_EQ(fp4, e2m1_to_float(byte_of(kExpert.c_str(), 7 * 64 + 50) >> 4) *
                     e8m0_to_float(byte_of("layers.2.ffn.experts.3.w2.scale", 7 * 4 + 3)));
}

TEST(Checkpoint, ExpertHandlesOutliveTheCheckpoint) {
  auto checkpoint = std::make_unique<Checkpoint>(tiny_checkpoint());
  const auto expert = checkpoint->expert(1, 7);
  const auto before = row_of(expert->w1, 0);
  checkpoint.reset();
  EXPECT_EQ(row_of(expert->w1, 0), before);
}

TEST(Checkpoint, RefusesLayersAndExpertsThatAreNotThere) {
  Checkpoint checkpoint(tiny_checkpoint());
  EXPECT_THROW((void)checkpoint.layer(4), Error);
  EXPECT_THROW((void)checkpoint.layer(-1), Error);
  EXPECT_THROW((void)checkpoint.expert(0, 8), Error);
}

class ShardedCheckpoint : public ::testing::TestWithParam<bool> {};

TEST_P(ShardedCheckpoint, HasTheSameViews) {
  const bool with_index = GetParam();
  const TemporaryFolder folder;
  std::filesystem::copy_file(tiny_checkpoint() / "config.json", folder / "config.json");
  std::array<std::vector<LooseTensor>, 3> parts;
  nlohmann::json index;
  const std::vector<LooseTensor> tensors = tiny_tensors();
  const auto shard_name = [](std::size_t part) {
    return fmt::format("model-{:05}-of-00003.safetensors", part + 1);
  };
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    parts[i % 3].push_back(tensors[i]);
    index["weight_map"][tensors[i].spec.name] = shard_name(i % 3);
  }
  for (std::size_t part = 0; part < 3; ++part) {
    write_tensors(folder / shard_name(part), parts[part]);
  }
  if (with_index) write_text_file(folder / "model.safetensors.index.json", index.dump());

  Checkpoint whole(tiny_checkpoint());
  Checkpoint sharded(folder.path());
  EXPECT_EQ(sharded.contents().shards, 3);
  EXPECT_EQ(sharded.contents().bytes, whole.contents().bytes);
  expect_same(sharded.ends().head, whole.ends().head);
  for (std::int64_t layer = 0; layer < 4; ++layer) {
    expect_same(sharded.layer(layer).attn.wq_b, whole.layer(layer).attn.wq_b);
    expect_same(sharded.layer(layer).hc_ffn.fn, whole.layer(layer).hc_ffn.fn);
    for (std::int64_t id = 0; id < 8; ++id) {
      expect_same(sharded.expert(layer, id)->w2, whole.expert(layer, id)->w2);
    }
  }
  EXPECT_EQ(sharded.layer(0).router.tid2eid.at(511, 1), whole.layer(0).router.tid2eid.at(511, 1));
}
INSTANTIATE_TEST_SUITE_P(Index, ShardedCheckpoint, ::testing::Bool());

TEST(Checkpoint, NamesEverythingWrongAtOnce) {
  const std::string message = complaint_after([](std::vector<LooseTensor>& tensors) {
    std::erase_if(tensors, [](const auto& t) { return t.spec.name == "layers.3.attn.wkv.scale"; });
    std::erase_if(tensors, [](const auto& t) { return t.spec.name == kExpert; });
    tensor_named(tensors, kWqA).spec.shape = {256, 128};
    tensor_named(tensors, "norm.weight").spec.dtype = TensorDtype::kI16;
    tensor_named(tensors, "layers.0.attn.wq_a.scale").spec.shape = {2, 1};
    tensors.push_back({{"layers.4.attn_norm.weight", TensorDtype::kU8, {1}}, {std::byte{0}}});
    const std::int32_t bad_id = 8;
    std::memcpy(tensor_named(tensors, "layers.0.ffn.gate.tid2eid").bytes.data() + 4 * 13, &bad_id,
                4);
  });
  EXPECT_THAT(
      message,
      AllOf(HasSubstr("7 findings"),
            HasSubstr("layers.3.attn.wkv.scale: expected F8_E8M0 or U8 [4, 2], found none"),
            HasSubstr(kExpert + ": expected I8, U8 or F4 [256, 64], found none"),
            HasSubstr(kWqA + ": expected [128, 256], found F8_E4M3 [256, 128]"),
            HasSubstr("norm.weight: expected BF16, F16 or F32 [256], found I16 [256]"),
            HasSubstr("layers.0.attn.wq_a.scale: expected [1, 2], found F8_E8M0 [2, 1]"),
            HasSubstr("layers.4.attn_norm.weight: expected no tensor of this name, found U8 [1]"),
            HasSubstr("layers.0.ffn.gate.tid2eid[6, 1]: expected an expert id from 0 to 7, found "
                      "8")));
}

TEST(Checkpoint, RefusesNegativeExpertIds) {
  EXPECT_THAT(complaint_after([](std::vector<LooseTensor>& tensors) {
                auto& table = tensor_named(tensors, "layers.0.ffn.gate.tid2eid");
                std::ranges::fill(table.bytes, std::byte{0xff});
              }),
              AllOf(HasSubstr("1 finding in"), HasSubstr("tid2eid[0, 0]"), HasSubstr("found -1")));
}

TEST(Checkpoint, AScaleOfAnUnquantisedMatrixIsUnexpected) {
  EXPECT_THAT(complaint_after([](std::vector<LooseTensor>& tensors) {
                auto& weight = tensor_named(tensors, kWqA);
                weight.spec.dtype = TensorDtype::kBf16;
                weight.bytes.resize(2 * weight.bytes.size());
              }),
              AllOf(HasSubstr("1 finding in"),
                    HasSubstr("layers.1.attn.wq_a.scale: expected no tensor of this name")));
}

TEST(Checkpoint, TakesUnquantisedMatrices) {
  const TemporaryFolder folder;
  std::vector<LooseTensor> tensors = tiny_tensors();
  std::erase_if(tensors, [](const auto& t) { return t.spec.name == "layers.1.attn.wq_a.scale"; });
  auto& weight = tensor_named(tensors, kWqA);
  weight.spec.dtype = TensorDtype::kF32;
  weight.bytes.assign(4 * weight.bytes.size(), std::byte{0});
  const float one = 1;
  std::memcpy(weight.bytes.data() + 4 * (256 * 2 + 3), &one, 4);  // row 2, column 3
  write_checkpoint(folder, tensors);
  Checkpoint checkpoint(folder.path());
  const WeightMatrix& view = checkpoint.layer(1).attn.wq_a;
  EXPECT_EQ(view.format, WeightFormat::kF32);
  EXPECT_EQ(view.scales, nullptr);
  EXPECT_EQ(row_of(view, 2)[3], 1);
  EXPECT_EQ(row_of(view, 2)[2], 0);
}

TEST(Checkpoint, TakesTokenTablesOfI64) {
  const TemporaryFolder folder;
  std::vector<LooseTensor> tensors = tiny_tensors();
  auto& table = tensor_named(tensors, "layers.0.ffn.gate.tid2eid");
  std::vector<std::int64_t> ids(1024, 3);
  ids[1023] = 7;
  table.spec.dtype = TensorDtype::kI64;
  const auto bytes = std::as_bytes(std::span(ids));
  table.bytes.assign(bytes.begin(), bytes.end());
  write_checkpoint(folder, tensors);
  Checkpoint checkpoint(folder.path());
  EXPECT_EQ(checkpoint.layer(0).router.tid2eid.element_bytes, 8);
  EXPECT_EQ(checkpoint.layer(0).router.tid2eid.at(511, 1), 7);
}

// I8 in the bundled checkpoint; U8 and both ways to count F4 mean the same bytes.
TEST(Checkpoint, TakesEveryPackingOfExperts) {
  Checkpoint original(tiny_checkpoint());
  const std::vector<std::pair<TensorDtype, std::vector<std::int64_t>>> packings{
      {TensorDtype::kU8, {256, 64}}, {TensorDtype::kF4, {256, 128}}};
  for (const auto& [dtype, shape] : packings) {
    const TemporaryFolder folder;
    std::vector<LooseTensor> tensors = tiny_tensors();
    auto& expert = tensor_named(tensors, kExpert);
    expert.spec.dtype = dtype;
    expert.spec.shape = shape;
    write_checkpoint(folder, tensors);
    Checkpoint checkpoint(folder.path());
    expect_same(checkpoint.expert(2, 3)->w2, original.expert(2, 3)->w2);
  }
}

TEST(Checkpoint, TakesF4CountedInPairs) {
  const TemporaryFolder folder;
  std::vector<LooseTensor> tensors = tiny_tensors();
  write_checkpoint(folder, tensors);
  // The writer counts values; change the header in place, leaving its length.
  const auto path = folder / "model.safetensors";
  std::string text;
  {
    std::ifstream in(path, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto entry = text.find('"' + kExpert + '"');
  const auto dtype = text.find("\"I8\"", text.find("\"dtype\"", entry));
  text.replace(dtype, 4, "\"F4\"");
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  Checkpoint original(tiny_checkpoint());
  Checkpoint checkpoint(folder.path());
  expect_same(checkpoint.expert(2, 3)->w2, original.expert(2, 3)->w2);
}

TEST(Checkpoint, RefusesF4OfTheWrongSize) {
  EXPECT_THAT(complaint_after([](std::vector<LooseTensor>& tensors) {
                auto& expert = tensor_named(tensors, kExpert);
                expert.spec.dtype = TensorDtype::kF4;
                expert.spec.shape = {256, 64};
                expert.bytes.resize(expert.bytes.size() / 2);
              }),
              HasSubstr(kExpert + ": expected [256, 64], found F4 [256, 64]"));
}

TEST(Checkpoint, CountsPredictionLayersAsUnused) {
  const TemporaryFolder folder;
  std::vector<LooseTensor> tensors = tiny_tensors();
  tensors.push_back({{"mtp.0.e_proj.weight", TensorDtype::kU8, {5}}, std::vector<std::byte>(5)});
  tensors.push_back({{"mtp.0.norm.weight", TensorDtype::kU8, {2}}, std::vector<std::byte>(2)});
  write_checkpoint(folder, tensors);
  const Checkpoint checkpoint(folder.path());
  EXPECT_EQ(checkpoint.contents().unused_tensors, 2);
  EXPECT_EQ(checkpoint.contents().unused_bytes, 7);
}

TEST(Checkpoint, RefusesAConfigFarBeyondItsFiles) {
  const TemporaryFolder folder;
  write_checkpoint(folder, tiny_tensors());
  nlohmann::json config = read_json_file(folder / "config.json");
  config["n_routed_experts"] = 1 << 20;
  write_text_file(folder / "config.json", config.dump());
  EXPECT_THAT(input_error_of([&] { Checkpoint checkpoint(folder.path()); }),
              HasSubstr("expected the tensors of 4 layers with 1048576 experts each, as "
                        "config.json says, found"));
}

TEST(Checkpoint, CapsTheListOfFindings) {
  const TemporaryFolder folder;
  write_checkpoint(folder, tiny_tensors());
  nlohmann::json config = read_json_file(folder / "config.json");
  config["moe_intermediate_size"] = 64;
  write_text_file(folder / "config.json", config.dump());
  const std::string message = input_error_of([&] { Checkpoint checkpoint(folder.path()); });
  EXPECT_THAT(message, AllOf(HasSubstr("wrong shape ("), HasSubstr("... and")));
  EXPECT_LE(std::ranges::count(message, '\n'), 42);
}

TEST(Checkpoint, NamesAMissingConfig) {
  const TemporaryFolder folder;
  EXPECT_THAT(input_error_of([&] { Checkpoint checkpoint(folder.path()); }),
              HasSubstr("config.json: cannot open: No such file"));
}

}  // namespace
}  // namespace dscope
