// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"
#include "workloads/weight_matrix.h"

#include <cstdint>

namespace dscope {

struct LinearConfig;  // linear_config.h
struct LinearChoice;
struct LinearProblem;

// y[t, n] = sum_k x[t, k] * w[n, k] with the weight in any format of WeightMatrix.
//
// Grouped (wo_a): the rows of the weight are `groups` equal blocks, and x holds one input row per
// group: y[t, g, n] = sum_k x[t, g, k] * w[g, n, k].
template <Activation Act, class Out>
struct LinearParams {
  std::int64_t tokens = 0;    // T
  std::int64_t groups = 1;    // G, divides weight.rows
  const Act* x = nullptr;     // [T, G, weight.cols]
  std::int64_t x_stride = 0;  // elements between tokens of x, at least G * weight.cols
  WeightMatrix weight;        // [G * N, K]
  Out* y = nullptr;           // [T, G * N]
  std::int64_t y_stride = 0;  // elements between tokens of y, at least G * N
  // Round x to FP8 in groups of 128 along K first (`serving-a8`).
  bool quantise_activations = false;
};

// Out is Act, or float where the model keeps full precision (router, compressor, LM head).
template <Activation Act, class Out>
void reference_linear(const LinearParams<Act, Out>& p);

// The CUDA kernels: all pointers are device pointers, Out is bf16_t or float. Sums are formed in
// float32, in an order that the shapes and the device alone decide. BF16 and FP8 weights whose
// rows, slices and inputs begin on 16 bytes run on tensor cores, anything else on a plain kernel
// that is right rather than fast.
template <class Out>
[[nodiscard]] Support supports(const LinearParams<bf16_t, Out>& p);

// `config`, one of kLinearConfigs, replaces the choice of pick_config; Error{kInternal} where it
// cannot run the problem.
template <class Out>
void launch_linear(const LinearParams<bf16_t, Out>& p, Stream stream,
                   const LinearConfig* config = nullptr);

// The same as tuning measures it: with one of linear_choices(). Error{kInternal} where that cannot
// run the problem.
template <class Out>
void launch_linear_as(const LinearParams<bf16_t, Out>& p, const LinearChoice& choice,
                      Stream stream);
// What choices are found by.
template <class Out>
[[nodiscard]] LinearProblem linear_problem(const LinearParams<bf16_t, Out>& p);

// Two products of the same x. One launch where shapes and formats allow it, so that two small
// matrices fill the GPU together; else two. The results are correct either way.
template <class Out>
void launch_linear_pair(const LinearParams<bf16_t, Out>& a, const LinearParams<bf16_t, Out>& b,
                        Stream stream);

}  // namespace dscope
