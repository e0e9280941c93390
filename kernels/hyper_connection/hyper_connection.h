// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"
#include "workloads/checkpoint/weights.h"

#include <cstddef>
#include <cstdint>

// Manifold-constrained hyper-connections: the residual stream is m copies X [T, m, d] (m = hc_mult,
// 4 in both models). Source: the official reference model (Block) and its hc_split_sinkhorn kernel.
namespace dscope {

// Both readers of the stream need it flattened and normalised: with x = flatten(X), r = 1 /
// sqrt(mean(x^2) + rms_eps), the mixes are (fn . x) * r.

// In front of a sublayer, per token, with the 2m + m^2 mixes split into pre [m], post [m], C [m,
// m]:
//   pre_j  = sigmoid(mix_j * scale_0 + base_j) + hc_eps
//   post_j = 2 * sigmoid(mix_{m+j} * scale_1 + base_{m+j})
//   C      = sinkhorn(mix_{2m+mj+k} * scale_2 + base_{2m+mj+k})
//   y      = sum_j pre_j * X_j
// sinkhorn: softmax of each row, + hc_eps; columns divided by (sum + hc_eps); then iterations - 1
// more rounds of rows and columns divided by (sum + hc_eps).
template <Activation Act>
struct HcPreParams {
  std::int64_t tokens = 0;                          // T
  std::int64_t streams = 4;                         // m
  std::int64_t hidden = 0;                          // d
  const Act* x = nullptr;                           // [T, m, d]
  const HyperConnectionWeights* weights = nullptr;  // fn [(2 + m) m, m d], base, scale [3]
  double rms_eps = 0;
  double hc_eps = 0;
  std::int64_t sinkhorn_iterations = 0;
  float* y = nullptr;              // [T, d], for the norm behind it
  float* post = nullptr;           // [T, m]
  float* mixing = nullptr;         // [T, m, m]: C[source, destination]
  std::byte* workspace = nullptr;  // GPU only: see hc_workspace_bytes
};

template <Activation Act>
void reference_hc_pre(const HcPreParams<Act>& p);

// Behind a sublayer with output f: X'_k = post_k * f + sum_j C[j, k] * X_j. In place.
template <Activation Act>
struct HcPostParams {
  std::int64_t tokens = 0;        // T
  std::int64_t streams = 4;       // m
  std::int64_t hidden = 0;        // d
  const Act* f = nullptr;         // [T, d]
  const float* post = nullptr;    // [T, m]
  const float* mixing = nullptr;  // [T, m, m]
  Act* x = nullptr;               // [T, m, d], in and out
};

template <Activation Act>
void reference_hc_post(const HcPostParams<Act>& p);

// At the end: y = sum_j (sigmoid(mix_j * scale_0 + base_j) + hc_eps) * X_j.
template <Activation Act>
struct HcHeadParams {
  std::int64_t tokens = 0;                          // T
  std::int64_t streams = 4;                         // m
  std::int64_t hidden = 0;                          // d
  const Act* x = nullptr;                           // [T, m, d]
  const HyperConnectionWeights* weights = nullptr;  // fn [m, m d], base [m], scale [1]
  double rms_eps = 0;
  double hc_eps = 0;
  float* y = nullptr;              // [T, d], for the norm behind it
  std::byte* workspace = nullptr;  // GPU only: see hc_workspace_bytes
};

template <Activation Act>
void reference_hc_head(const HcHeadParams<Act>& p);

// At the start: X[t, j, :] = e[t, :] for every stream.
template <Activation Act>
struct HcExpandParams {
  std::int64_t tokens = 0;   // T
  std::int64_t streams = 4;  // m
  std::int64_t hidden = 0;   // d
  const Act* e = nullptr;    // [T, d]
  Act* x = nullptr;          // [T, m, d]
};

template <Activation Act>
void reference_hc_expand(const HcExpandParams<Act>& p);

// On the GPU what lies between two sublayers is one transition: hc_post of the one before (or
// none), hc_pre or hc_head of the one behind, and its RMS norm. Params hold device pointers, except
// `weights`, a struct in host memory whose tensors lie on the device.

// x = bf16(RMS norm of y with weight), y in float32 as hc_pre or hc_head gives it.
struct HcNorm {
  WeightVector weight;  // [d]
  double eps = 0;
  bf16_t* x = nullptr;  // [T, d]
};

// Bytes that a transition of at most so many tokens works in.
[[nodiscard]] std::int64_t hc_workspace_bytes(std::int64_t tokens, std::int64_t streams,
                                              std::int64_t hidden);

// `post` may be null and its streams are those of the second argument, which reads them as hc_post
// rounds them. Its post and mixing may be the memory that the second argument writes. The
// second's y may be null: not written.
[[nodiscard]] Support supports(const HcPostParams<bf16_t>* post, const HcPreParams<bf16_t>& pre,
                               const HcNorm& norm);
[[nodiscard]] Support supports(const HcPostParams<bf16_t>* post, const HcHeadParams<bf16_t>& head,
                               const HcNorm& norm);
void launch_hc_transition(const HcPostParams<bf16_t>* post, const HcPreParams<bf16_t>& pre,
                          const HcNorm& norm, Stream stream);
void launch_hc_head(const HcPostParams<bf16_t>* post, const HcHeadParams<bf16_t>& head,
                    const HcNorm& norm, Stream stream);

[[nodiscard]] Support supports(const HcPostParams<bf16_t>& p);
void launch_hc_post(const HcPostParams<bf16_t>& p, Stream stream);
[[nodiscard]] Support supports(const HcExpandParams<bf16_t>& p);
void launch_hc_expand(const HcExpandParams<bf16_t>& p, Stream stream);

// The doubly stochastic projection alone, [m, m] in place (exposed for its properties' sake).
void sinkhorn(double* matrix, std::int64_t m, std::int64_t iterations, double eps);

}  // namespace dscope
