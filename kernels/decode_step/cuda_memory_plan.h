// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/decoder.h"

#include <cstdint>

namespace dscope {

// What a CUDA decoder takes of GPU memory, known before anything is allocated.
struct CudaMemoryPlan {
  std::int64_t experts = 0;  // routed, of this rank
  std::int64_t other_weights = 0;
  std::int64_t caches = 0;       // and compressor state
  std::int64_t activations = 0;  // of a step, logits and workspaces
  std::int64_t reserve = 0;      // CUDA context, graphs, fragmentation

  [[nodiscard]] std::int64_t total() const {
    return experts + other_weights + caches + activations + reserve;
  }
};
[[nodiscard]] CudaMemoryPlan cuda_memory_plan(const ModelConfig& model,
                                              const DecoderOptions& options, bool wo_a_bf16);

enum class WeightsAre : std::uint8_t { kToBeLoaded, kLoaded };

// Throws Error{kUnavailable} when the plan, less what is loaded already, does not fit the device's
// free memory, with the sizes and the largest batch and context that would.
void check_memory(const ModelConfig& model, const DecoderOptions& options, const CudaOptions& cuda,
                  WeightsAre weights, std::int64_t free_bytes);

}  // namespace dscope
