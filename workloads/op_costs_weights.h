// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/model_config.h"
#include "workloads/parallel_layout.h"

#include <cstdint>

namespace dscope {

// Bytes of the weights one rank holds, by the part of the decode step that reads them: what an op
// reads once per step and what stays resident are the same numbers. Formats as in official
// checkpoints (FP8 blocks, MXFP4 experts, BF16, float32), E8M0 scales included. Shapes [out, in].
class RankWeightBytes {
 public:
  // `model` must outlive this.
  RankWeightBytes(const ModelConfig& model, const ParallelLayout& layout, bool wo_a_bf16)
      : m_(model), layout_(layout), wo_a_bf16_(wo_a_bf16) {}

  // Embedding or LM head: BF16 [V/tp, d]; one row of either.
  [[nodiscard]] double vocab_matrix() const;
  [[nodiscard]] double vocab_row() const;

  // wq_a [q_lora, d] and wkv [D, d], FP8, replicated.
  [[nodiscard]] double qkv_down() const;
  [[nodiscard]] double q_up() const;  // FP8 [H/tp * D, q_lora]
  [[nodiscard]] double sink() const;  // float32 [H/tp]
  // Block diagonal: per o-group of this rank [o_lora, inputs], BF16 or FP8.
  [[nodiscard]] double wo_a() const;
  [[nodiscard]] double wo_b() const;  // FP8 [d, o_lora * groups of this rank]

  // Compressors of a layer with `ratio`, `dim` outputs (head_dim, or index_dim for the indexer's
  // own): wkv and wgate [C, d] BF16; one float32 row [C] of ape; norm [dim] BF16. Replicated.
  [[nodiscard]] double compressor_projections(int ratio, std::int64_t dim) const;
  [[nodiscard]] double compressor_ape_row(int ratio, std::int64_t dim) const;

  // Indexer of ratio-4 layers, replicated: wq_b [index_heads * index_dim, q_lora] FP8,
  // weights_proj [index_heads, d] BF16.
  [[nodiscard]] double index_q() const;
  [[nodiscard]] double index_weights() const;

  [[nodiscard]] double gate() const;           // BF16 [E, d], replicated
  [[nodiscard]] double gate_bias() const;      // float32 [E]; layers that route by score
  [[nodiscard]] double hash_row() const;       // int32 [k] of tid2eid; layers that route by token
  [[nodiscard]] double routed_expert() const;  // this rank's slice of one expert, MXFP4
  [[nodiscard]] double shared_expert() const;  // this rank's slice, FP8

  // fn, base and scale of one sublayer, and of hc_head: float32, replicated.
  [[nodiscard]] double hyper_connection() const;
  [[nodiscard]] double hc_head() const;
  [[nodiscard]] static double norm(std::int64_t width);  // BF16 [width]

 private:
  const ModelConfig& m_;
  ParallelLayout layout_;
  bool wo_a_bf16_;
};

}  // namespace dscope
