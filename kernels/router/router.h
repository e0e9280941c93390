// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/weight_matrix.h"

#include <cstdint>

namespace dscope {

// Expert selection. score_e = sqrt(softplus(logit_e)). The chosen ids are, in this order of
// precedence: `forced`; the token's row of `tid2eid` (hash layers); the k largest score + bias
// (equal ones: the lower id). Weights are the unbiased scores of the chosen ids divided by their
// sum and multiplied by routed_scaling: the only place that factor is applied.
struct RouterParams {
  std::int64_t tokens = 0;                  // T
  std::int64_t experts = 0;                 // E
  std::int64_t experts_per_token = 0;       // k
  const float* logits = nullptr;            // [T, E]
  WeightVector bias;                        // [E]; empty in hash layers
  IntMatrix tid2eid;                        // [V, k]; empty outside hash layers
  const std::int32_t* token_ids = nullptr;  // [T]; read in hash layers only
  const std::int32_t* forced = nullptr;     // [T, k], null to choose freely
  double routed_scaling = 1;
  std::int32_t* ids = nullptr;  // [T, k]
  float* weights = nullptr;     // [T, k]
};

void reference_router(const RouterParams& p);

}  // namespace dscope
