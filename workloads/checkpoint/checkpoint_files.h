// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/checkpoint_findings.h"
#include "workloads/checkpoint/safetensors.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

// A tensor and the bytes it has in its shard.
struct StoredTensor {
  const TensorInfo* info = nullptr;
  std::span<const std::byte> bytes;
};

// The weight files of a checkpoint folder, mapped. In this order:
//   model.safetensors.index.json   the shards named in its "weight_map" {tensor: shard}
//   model.safetensors              this file alone
//   model-00001-of-00003.safetensors ...  all of them
// Other files of the folder are never weights.
class CheckpointFiles {
 public:
  // Shards that are missing or cannot be read are raised together as Error{kInput}; where index and
  // shards disagree about tensors, this goes to `findings`.
  CheckpointFiles(const std::filesystem::path& folder, CheckpointFindings& findings);

  // All tensors by name, valid as long as this object lives.
  [[nodiscard]] const std::map<std::string_view, StoredTensor>& tensors() const { return tensors_; }
  [[nodiscard]] std::size_t shard_count() const { return shards_.size(); }

 private:
  void open_shards(const std::filesystem::path& folder, const std::vector<std::string>& names);

  std::vector<std::unique_ptr<const SafetensorsFile>> shards_;
  std::map<std::string_view, StoredTensor> tensors_;
};

}  // namespace dscope
