// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/weights.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace dscope {

// A checkpoint folder in the official layout: config.json and safetensors files
// (checkpoint_files.h). Files are mapped, never copied: opening reads headers and token tables
// only.
class Checkpoint final : public WeightSource {
 public:
  // Throws Error{kInput} that names every tensor that is missing, unexpected, or of a wrong dtype,
  // shape or value. Tensors of the multi-token-prediction layers ("mtp.*") are counted, not used.
  explicit Checkpoint(std::filesystem::path folder);
  ~Checkpoint() override;

  [[nodiscard]] const ModelConfig& config() const override { return config_; }
  [[nodiscard]] std::string description() const override { return folder_.string(); }
  [[nodiscard]] const EndWeights& ends() override;
  [[nodiscard]] const LayerWeights& layer(std::int64_t layer) override;
  // The handle keeps the files mapped, even beyond the life of the checkpoint.
  [[nodiscard]] std::shared_ptr<const ExpertWeights> expert(std::int64_t layer,
                                                            std::int64_t id) override;

  // What the files hold: used by the decode step, and known but not decoded ("mtp.*").
  struct Contents {
    std::int64_t shards = 0;
    std::int64_t tensors = 0;
    std::int64_t bytes = 0;
    std::int64_t unused_tensors = 0;
    std::int64_t unused_bytes = 0;
  };
  [[nodiscard]] const Contents& contents() const;

 private:
  struct Loaded;
  std::filesystem::path folder_;
  ModelConfig config_;
  std::shared_ptr<const Loaded> loaded_;
};

}  // namespace dscope
