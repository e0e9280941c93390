// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/fast_divide.h"
#include "kernels/cuda/stream.h"
#include "kernels/moe/moe_config.h"
#include "workloads/weight_matrix.h"

#include <cstddef>
#include <cstdint>

// The kernels that launch_moe() is made of, in the order in which they run:
//
//   moe_quantise   (serving-a8)          x rounded to FP8                       [T, d]
//   moe_plan       (more than 8 tokens)  ids -> groups of up to 8 pairs
//   moe_gate_up                          h = swiglu(w1 x, w3 x)                 [T k + T, pitch]
//   moe_quantise   (serving-a8)          h rounded to FP8
//   moe_down                             out = sum_k weight_k w2 h_k + w2 h_shared
//
// h has a row for every (token, k) pair and behind them one per token for the shared expert.
namespace dscope {

// What the kernels see of MoeParams. Device pointers; sizes are checked to fit.
struct MoeArgs {
  int tokens = 0;
  int hidden = 0;
  FastDivisor experts_per_token;
  const bf16_t* x = nullptr;  // rounded to FP8 where asked
  const std::int32_t* ids = nullptr;
  const float* weights = nullptr;

  int first_expert = 0;
  int expert_count = 0;
  int intermediate = 0;
  const std::byte* bank = nullptr;
  std::int64_t expert_bytes = 0;
  std::int64_t gate_up_bytes = 0;

  WeightMatrix w1;  // of the shared expert
  WeightMatrix w3;
  WeightMatrix w2;
  int shared_intermediate = 0;  // 0: no shared expert
  int shared_groups = 0;
  // Of moe_gate_up: its blocks, and tiles of 16 rows of a shared and of a routed expert.
  FastDivisor blocks;
  FastDivisor shared_tiles;
  FastDivisor routed_tiles;

  // Steps through a row (moe_stream.cuh) of a routed and of the shared expert.
  int gate_up_steps[2] = {};
  int down_steps[2] = {};

  float limit = 0;     // of the clamps; infinity: none
  FastDivisor splits;  // parts of K in moe_down
  bf16_t* h = nullptr;
  int h_pitch = 0;
  bf16_t* out = nullptr;
  float* partial = nullptr;  // instead of out

  // More than 8 tokens only.
  std::int32_t* group_count = nullptr;
  MoeGroup* groups = nullptr;      // [T k]
  float* contributions = nullptr;  // [T k + T][splits][d]: weighted y of every pair
};

// (token, k) pairs of the step.
[[nodiscard]] __host__ __device__ inline int pair_count(const MoeArgs& a) {
  return a.tokens * static_cast<int>(a.experts_per_token.divisor);
}

void launch_moe_plan(const MoeArgs& a, Stream stream);
void launch_moe_gate_up(const MoeArgs& a, const MoeStream& shape, Stream stream);
void launch_moe_down(const MoeArgs& a, const MoeStream& shape, Stream stream);

// Rows of BF16 values, `pitch` apart, rounded to FP8 and back in groups of 128.
struct MoeQuantiseArgs {
  const bf16_t* in = nullptr;
  bf16_t* out = nullptr;  // may be `in`
  int rows = 0;
  int pitch = 0;
  // Rows of experts that are not on this rank are left alone. Null: there are none.
  const std::int32_t* ids = nullptr;  // [routed_rows]
  int first_expert = 0;
  int expert_count = 0;
  int routed_rows = 0;
  int routed_width = 0;  // values of one of those
  int width = 0;         // values of a row behind them
};
void launch_moe_quantise(const MoeQuantiseArgs& a, Stream stream);

}  // namespace dscope
