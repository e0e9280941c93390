// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "workloads/checkpoint/weights.h"

#include <cstdint>
#include <vector>

namespace dscope {

// The mixture of experts. An expert is SwiGLU with clamps in front of the activation:
//   g = min(w1 . x, limit), u = clip(w3 . x, -limit, limit), h = silu(g) * u, y = w2 . h
// g and u stay in full precision, h is rounded to the activation type.
//   out[t] = sum_k weights[t, k] * expert_{ids[t, k]}(x[t]) + shared(x[t])
// Ids of -1 (owned by another rank) contribute exactly nothing and read nothing. Tokens that share
// an expert read its weights once.
template <Activation Act>
struct MoeParams {
  std::int64_t tokens = 0;             // T
  std::int64_t hidden = 0;             // d
  std::int64_t experts_per_token = 0;  // k
  const Act* x = nullptr;              // [T, d]
  const std::int32_t* ids = nullptr;   // [T, k] indices into `experts`, or -1
  const float* weights = nullptr;      // [T, k], routed_scaling included
  // [E of this rank] sliced along I; entries that no id names may be null.
  const std::vector<const ExpertWeights*>* experts = nullptr;
  const ExpertWeights* shared = nullptr;  // sliced along I
  double swiglu_limit = 0;                // 0: no clamp
  bool quantise_activations = false;      // round x and h to FP8 first (`serving-a8`)
  float* routed = nullptr;                // [T, d] sum over routed experts, handed between the two
  Act* out = nullptr;                     // [T, d]
};

// Fills p.routed.
template <Activation Act>
void reference_moe_routed(const MoeParams<Act>& p);

// out = p.routed + shared expert.
template <Activation Act>
void reference_moe_shared(const MoeParams<Act>& p);

}  // namespace dscope
