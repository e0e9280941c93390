// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/routing/recorded.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace dscope::cli {

// Collects the ids [L, k] that every token of a run got, and writes them as one tensor: of shape
// [sequences, positions, L, k] when every sequence is decoded from its first token on, else
// [steps, max_batch, L, k]. Places that no token filled are -1. Held in memory until written.
class IdRecorder {
 public:
  // `tensor` names the result, `per_token` is k.
  IdRecorder(std::filesystem::path path, std::string tensor, routing::RecordedAxes axes,
             std::int64_t max_batch, std::int64_t layers, std::int64_t per_token);

  // `ids` [k] of one layer for the token at (sequence, position) or (token in step, step).
  void add(std::int64_t row, std::int64_t column, std::int64_t layer,
           std::span<const std::int32_t> ids);

  // Throws Error{kInput} when the file cannot be written.
  void write() const;

 private:
  std::filesystem::path path_;
  std::string tensor_;
  routing::RecordedAxes axes_;
  std::int64_t max_batch_;
  std::int64_t layers_;
  std::int64_t per_token_;
  std::vector<std::int32_t> ids_;  // [columns, max_batch, L, k]: grows with the run
};

}  // namespace dscope::cli
