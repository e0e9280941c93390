// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/forced_choice.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"
#include "workloads/weight_matrix.h"

#include <cstdint>

namespace dscope {

// Expert selection. score_e = sqrt(softplus(logit_e)). The chosen ids are, in this order of
// precedence: the token's row of `forced`, unless it begins with kNotForced; its row of `tid2eid`
// (hash layers); the k largest score + bias (equal ones: the lower id). Weights are the unbiased
// scores of the chosen ids divided by their sum and multiplied by routed_scaling: the only place
// that factor is applied. A forced id of -1 has weight 0.
struct RouterParams {
  std::int64_t tokens = 0;                  // T
  std::int64_t experts = 0;                 // E
  std::int64_t experts_per_token = 0;       // k
  const float* logits = nullptr;            // [T, E]
  WeightVector bias;                        // [E]; empty in hash layers
  IntMatrix tid2eid;                        // [V, k]; empty outside hash layers
  const std::int32_t* token_ids = nullptr;  // [T]; read in hash layers only
  const std::int32_t* forced = nullptr;     // [T, k], -1 to E - 1; null to choose freely
  double routed_scaling = 1;
  std::int32_t* ids = nullptr;  // [T, k]
  float* weights = nullptr;     // [T, k]
};

void reference_router(const RouterParams& p);

// The CUDA kernel: all pointers are device pointers. Scores are float32, so the choice is the
// reference's except between scores that agree to about 1e-7. NaN logits are chosen last. An id
// outside the experts, or a token outside the table, traps.
[[nodiscard]] Support supports(const RouterParams& p);
void launch_router(const RouterParams& p, Stream stream);

}  // namespace dscope
