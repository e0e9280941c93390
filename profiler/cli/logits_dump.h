// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace dscope::cli {

// Keeps the logits of every step of a run with a constant batch and writes them as one tensor
// "logits" [B, T, V] float32. Held in memory until written: 4 B T V bytes.
class LogitsDump {
 public:
  LogitsDump(std::filesystem::path path, std::int64_t batch, std::int64_t vocab);

  // `logits` [B, V] of the next step.
  void add(std::span<const float> logits);
  // T is the number of added steps. Throws Error{kInput} when the file cannot be written.
  void write() const;

 private:
  std::filesystem::path path_;
  std::int64_t batch_;
  std::int64_t vocab_;
  std::vector<float> logits_;  // [T, B, V]
};

}  // namespace dscope::cli
