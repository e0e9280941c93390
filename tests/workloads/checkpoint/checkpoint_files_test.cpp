// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/checkpoint_files.h"

#include "tests/workloads/checkpoint/checkpoint_folder.h"
#include "workloads/base/json_util.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dscope {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kIndexFile = "model.safetensors.index.json";

void write_bytes(const std::filesystem::path& path, const std::vector<std::string>& names) {
  std::vector<LooseTensor> tensors;
  for (const std::string& name : names) {
    LooseTensor& tensor = tensors.emplace_back();
    tensor.spec.name = name;
    tensor.spec.dtype = TensorDtype::kU8;
    tensor.spec.shape = {1};
    tensor.bytes = {std::byte{7}};
  }
  write_tensors(path, tensors);
}

// The message of opening the folder, from the files themselves or from the findings.
std::string complaint(const TemporaryFolder& folder) {
  return input_error_of([&] {
    CheckpointFindings findings;
    const CheckpointFiles files(folder.path(), findings);
    findings.raise(folder.path().string());
  });
}

std::vector<std::string> names_in(const TemporaryFolder& folder) {
  CheckpointFindings findings;
  const CheckpointFiles files(folder.path(), findings);
  findings.raise("findings");
  std::vector<std::string> names;
  for (const auto& [name, tensor] : files.tensors()) names.emplace_back(name);
  return names;
}

TEST(CheckpointFiles, TakesOnlyWhatIsNamedLikeWeights) {
  const TemporaryFolder folder;
  write_bytes(folder / "model.safetensors", {"a"});
  write_bytes(folder / "expected.safetensors", {"b"});
  EXPECT_THAT(names_in(folder), ::testing::ElementsAre("a"));
}

TEST(CheckpointFiles, TakesNumberedShardsWithoutAnIndex) {
  const TemporaryFolder folder;
  write_bytes(folder / "model-00001-of-00002.safetensors", {"a"});
  write_bytes(folder / "model-00002-of-00002.safetensors", {"b"});
  write_bytes(folder / "model-extra.safetensors", {"c"});
  EXPECT_THAT(names_in(folder), ::testing::ElementsAre("a", "b"));
}

TEST(CheckpointFiles, NamesShardsThatAreNotThere) {
  const TemporaryFolder folder;
  write_bytes(folder / "model-00002-of-00003.safetensors", {"a"});
  write_bytes(folder / "model-00001-of-00002.safetensors", {"a"});
  EXPECT_THAT(
      complaint(folder),
      AllOf(HasSubstr("model-00001-of-00003.safetensors: expected this shard, found none"),
            HasSubstr("model-00003-of-00003.safetensors: expected this shard, found none"),
            HasSubstr("model-00001-of-00002.safetensors: expected shards 1 to 3 of 3, found a "
                      "shard of another set")));
}

TEST(CheckpointFiles, RefusesATensorInTwoShards) {
  const TemporaryFolder folder;
  write_bytes(folder / "model-00001-of-00002.safetensors", {"a"});
  write_bytes(folder / "model-00002-of-00002.safetensors", {"a"});
  EXPECT_THAT(complaint(folder), HasSubstr("a: expected it in one shard, found it in "
                                           "model-00002-of-00002.safetensors too"));
}

TEST(CheckpointFiles, SaysWhatItLookedFor) {
  const TemporaryFolder folder;
  write_bytes(folder / "weights.safetensors", {"a"});
  EXPECT_THAT(complaint(folder), HasSubstr("expected model.safetensors.index.json, "
                                           "model.safetensors or model-00001-of-NNNNN"));
  std::filesystem::remove_all(folder.path());
  EXPECT_THAT(complaint(folder), HasSubstr("cannot list: No such file or directory"));
}

TEST(CheckpointFiles, FollowsTheIndex) {
  const TemporaryFolder folder;
  write_bytes(folder / "x.safetensors", {"a", "b"});
  write_bytes(folder / "model.safetensors", {"stale"});
  write_text_file(folder / kIndexFile,
                  R"({"weight_map": {"a": "x.safetensors", "b": "x.safetensors"}})");
  EXPECT_THAT(names_in(folder), ::testing::ElementsAre("a", "b"));
}

TEST(CheckpointFiles, NamesAllUnreadableShardsOfTheIndex) {
  const TemporaryFolder folder;
  write_text_file(folder / "y.safetensors", "cut");
  write_text_file(folder / kIndexFile,
                  R"({"weight_map": {"a": "x.safetensors", "b": "y.safetensors"}})");
  EXPECT_THAT(complaint(folder),
              AllOf(HasSubstr("files (2)"), HasSubstr("x.safetensors: cannot open: No such file"),
                    HasSubstr("y.safetensors: byte 0: expected the 8-byte header length")));
}

TEST(CheckpointFiles, ComparesIndexAndShards) {
  const TemporaryFolder folder;
  write_bytes(folder / "x.safetensors", {"both", "unlisted"});
  write_bytes(folder / "y.safetensors", {"both", "moved"});
  write_text_file(folder / kIndexFile, R"({"weight_map": {"both": "x.safetensors",
      "absent": "y.safetensors", "moved": "x.safetensors"}})");
  EXPECT_THAT(
      complaint(folder),
      AllOf(HasSubstr("index (5)"),
            HasSubstr("absent: expected it in y.safetensors, as the index says, found none"),
            HasSubstr("unlisted: expected an entry in the index, found it in x.safetensors"),
            HasSubstr("both: expected it in x.safetensors only, as the index says, found it in "
                      "y.safetensors"),
            HasSubstr("moved: expected it in x.safetensors only, as the index says, found it in "
                      "y.safetensors"),
            HasSubstr("moved: expected it in x.safetensors, as the index says, found none")));
}

TEST(CheckpointFiles, RefusesShardNamesThatLeadAway) {
  for (const char* shard : {"/etc/x.safetensors", "../x.safetensors", "a\\\\x.safetensors",
                            "..safetensors", "x.bin", "", "a\\nb.safetensors"}) {
    const TemporaryFolder folder;
    write_text_file(folder / kIndexFile,
                    fmt::format(R"({{"weight_map": {{"t/1": "{}"}}}})", shard));
    EXPECT_THAT(complaint(folder),
                HasSubstr("index.json: /weight_map/t~11: expected the name of a .safetensors file "
                          "in the same folder"))
        << shard;
  }
}

TEST(CheckpointFiles, NamesBrokenIndexes) {
  const auto message = [](const char* text) {
    const TemporaryFolder folder;
    write_text_file(folder / kIndexFile, text);
    return complaint(folder);
  };
  EXPECT_THAT(message("{"), HasSubstr("index.json: byte 2: not valid JSON"));
  EXPECT_THAT(message("{}"), HasSubstr("/weight_map: expected this field, found none"));
  EXPECT_THAT(message(R"({"weight_map": [1]})"), HasSubstr("/weight_map: expected an object"));
  EXPECT_THAT(message(R"({"weight_map": {"a": 1}})"),
              HasSubstr("/weight_map/a: expected a string"));
}

}  // namespace
}  // namespace dscope
