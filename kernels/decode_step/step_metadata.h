// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/decoder.h"
#include "kernels/decode_step/page_table.h"
#include "workloads/model_config.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

// Cache slots that a step's queries attend to, in the form of SparseSet.
struct IndexList {
  std::int64_t width = 0;             // a multiple of 64
  std::vector<std::int32_t> indices;  // [T, width], -1 padded
  std::vector<std::int32_t> length;   // [T]
};

// What every layer with the same compress ratio shares in a step.
struct RatioMetadata {
  std::vector<std::int64_t> entries;      // [T] complete entries once this token is in: floor(S/r)
  std::vector<std::int64_t> entry_slots;  // [T] cache slot of the entry this token's block becomes
  IndexList attended;                     // ratio 128: all entries
};

// Everything about a step that depends on its tokens only, made once and used by all layers.
struct StepMetadata {
  StepMetadata(const ModelConfig& model, const PageTable& pages, std::span<const StepToken> tokens);

  std::vector<std::int32_t> ids;           // [T]
  std::vector<std::int64_t> slots;         // [T] sequence slots
  std::vector<std::int64_t> positions;     // [T]
  std::vector<std::int64_t> streams;       // [T]
  std::vector<std::int64_t> window_slots;  // [T] where the new token goes in the window cache
  std::vector<std::int32_t> page_rows;     // [T, pages_per_sequence]
  IndexList window;                        // newest first
  RatioMetadata ratio4;
  RatioMetadata ratio128;

  [[nodiscard]] const RatioMetadata& of_ratio(int ratio) const {
    return ratio == 4 ? ratio4 : ratio128;
  }
};

}  // namespace dscope
