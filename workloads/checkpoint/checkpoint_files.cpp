// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/checkpoint_files.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <system_error>

namespace dscope {
namespace {

namespace fs = std::filesystem;
using Index = std::map<std::string, std::string>;  // tensor -> shard

constexpr std::string_view kIndexFile = "model.safetensors.index.json";
constexpr std::string_view kSingleFile = "model.safetensors";

// A shard is a plain file name: an index must not lead out of its folder.
bool is_shard_name(std::string_view name) {
  return name.ends_with(".safetensors") && name.find_first_of("/\\") == std::string_view::npos &&
         name.find("..") == std::string_view::npos &&
         std::ranges::none_of(name, [](unsigned char c) { return c < ' '; });
}

Index read_index(const fs::path& path) {
  const nlohmann::json json = read_json_file(path);
  const JsonReader map = JsonReader(json, path.string()).at("weight_map");
  Index index;
  for (const std::string& tensor : map.keys()) {
    const JsonReader shard = map.at(tensor);
    std::string name = shard.as_string();
    if (!is_shard_name(name)) shard.fail("the name of a .safetensors file in the same folder");
    index.emplace(tensor, std::move(name));
  }
  return index;
}

// The 3 of "model-00002-of-00003.safetensors"; nothing for other names.
std::optional<int> shard_count_in(std::string_view name) {
  constexpr std::string_view kPattern = "model-#####-of-#####.safetensors";
  constexpr std::size_t kCountAt = 15;
  if (name.size() != kPattern.size()) return std::nullopt;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool digit = name[i] >= '0' && name[i] <= '9';
    if (kPattern[i] == '#' ? !digit : name[i] != kPattern[i]) return std::nullopt;
  }
  int count = 0;
  std::from_chars(name.data() + kCountAt, name.data() + kCountAt + 5, count);
  return count;
}

std::vector<std::string> numbered_shards(const fs::path& folder) {
  std::set<std::string> found;
  int count = 0;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    const std::optional<int> claimed = shard_count_in(name);
    if (!claimed) continue;
    found.insert(name);
    count = std::max(count, *claimed);
  }
  if (failure) throw input_error("{}: cannot list: {}", folder.string(), failure.message());
  if (found.empty()) {
    throw input_error(
        "{}: expected {}, {} or model-00001-of-NNNNN.safetensors ..., found none of them",
        folder.string(), kIndexFile, kSingleFile);
  }
  CheckpointFindings findings;
  std::vector<std::string> names;
  for (int number = 1; number <= count; ++number) {
    names.push_back(fmt::format("model-{:05}-of-{:05}.safetensors", number, count));
    if (found.erase(names.back()) == 0) {
      findings.add(CheckpointFindings::kFile, names.back(), "this shard", "none");
    }
  }
  for (const std::string& name : found) {
    findings.add(CheckpointFindings::kFile, name, fmt::format("shards 1 to {} of {}", count, count),
                 "a shard of another set");
  }
  findings.raise(folder.string());
  return names;
}

void check_against_index(const Index& index,
                         const std::map<std::string_view, StoredTensor>& tensors,
                         CheckpointFindings& findings) {
  for (const auto& [tensor, shard] : index) {
    if (!tensors.contains(tensor)) {
      findings.add(CheckpointFindings::kIndex, tensor, "it in " + shard + ", as the index says",
                   "none");
    }
  }
}

}  // namespace

CheckpointFiles::CheckpointFiles(const fs::path& folder, CheckpointFindings& findings) {
  std::error_code failure;
  Index index;
  std::vector<std::string> names;
  const bool indexed = fs::exists(folder / kIndexFile, failure);
  if (indexed) {
    index = read_index(folder / kIndexFile);
    for (const auto& [tensor, shard] : index) names.push_back(shard);
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
  } else if (fs::exists(folder / kSingleFile, failure)) {
    names.emplace_back(kSingleFile);
  } else {
    names = numbered_shards(folder);
  }
  open_shards(folder, names);

  for (std::size_t i = 0; i < shards_.size(); ++i) {
    for (const TensorInfo& tensor : shards_[i]->tensors()) {
      const auto entry = index.find(tensor.name);
      if (indexed && (entry == index.end() || entry->second != names[i])) {
        findings.add(CheckpointFindings::kIndex, tensor.name,
                     entry == index.end() ? "an entry in the index"
                                          : "it in " + entry->second + " only, as the index says",
                     "it in " + names[i]);
      } else if (!tensors_
                      .try_emplace(tensor.name, StoredTensor{&tensor, shards_[i]->bytes(tensor)})
                      .second) {
        findings.add(CheckpointFindings::kIndex, tensor.name, "it in one shard",
                     "it in " + names[i] + " too");
      }
    }
  }
  check_against_index(index, tensors_, findings);
}

void CheckpointFiles::open_shards(const fs::path& folder, const std::vector<std::string>& names) {
  CheckpointFindings findings;
  for (const std::string& name : names) {
    try {
      shards_.push_back(std::make_unique<const SafetensorsFile>(folder / name));
    } catch (const Error& error) {
      findings.add(CheckpointFindings::kFile, name, "a readable shard", error.what());
    }
  }
  findings.raise(folder.string());
}

}  // namespace dscope
