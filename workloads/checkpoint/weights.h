// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/model_config.h"
#include "workloads/weight_matrix.h"

#include <cstdint>
#include <memory>
#include <string>

// The weights of one model by their role in the decode step. All of them are views, full size
// (never tensor-parallel slices: slicing is the decode step's business and costs nothing on views).
// Shapes are [out, in] as in the checkpoint; letters as in ModelConfig: d hidden, H heads, D head
// dim, E experts, I intermediate, k experts per token, V vocab.
namespace dscope {

struct HyperConnectionWeights {
  WeightMatrix fn;     // [24, 4d]; hc_head: [4, 4d]
  WeightVector base;   // [24];     hc_head: [4]
  WeightVector scale;  // [3];      hc_head: [1]
};

// ratio 4: channels C = 2 * dim (two overlapping blocks); ratio 128: C = dim.
struct CompressorWeights {
  WeightMatrix wkv;    // [C, d]
  WeightMatrix wgate;  // [C, d]
  WeightMatrix ape;    // [ratio, C]
  WeightVector norm;   // [dim]
};

struct IndexerWeights {
  WeightMatrix wq_b;          // [index_heads * index_dim, q_lora]
  WeightMatrix weights_proj;  // [index_heads, d]
  CompressorWeights compressor;
};

struct AttentionWeights {
  WeightMatrix wq_a;             // [q_lora, d]
  WeightVector q_norm;           // [q_lora]
  WeightMatrix wq_b;             // [H * D, q_lora]
  WeightMatrix wkv;              // [D, d]
  WeightVector kv_norm;          // [D]
  WeightVector sink;             // [H]
  WeightMatrix wo_a;             // [o_groups * o_lora, o_group_inputs], one block of rows per group
  WeightMatrix wo_b;             // [d, o_groups * o_lora]
  CompressorWeights compressor;  // empty when the ratio is 0
  IndexerWeights indexer;        // empty unless the ratio is 4
};

struct RouterWeights {
  WeightMatrix gate;  // [E, d]
  WeightVector bias;  // [E]; empty in hash layers
  IntMatrix tid2eid;  // [V, k]; empty outside hash layers
};

// One SwiGLU expert: routed (MXFP4) or shared (FP8).
struct ExpertWeights {
  WeightMatrix w1;  // gate [I, d]
  WeightMatrix w3;  // up   [I, d]
  WeightMatrix w2;  // down [d, I]
};

struct LayerWeights {
  HyperConnectionWeights hc_attn;
  WeightVector attn_norm;  // [d]
  AttentionWeights attn;
  HyperConnectionWeights hc_ffn;
  WeightVector ffn_norm;  // [d]
  RouterWeights router;
  ExpertWeights shared_expert;
};

struct EndWeights {
  WeightMatrix embed;  // [V, d]
  HyperConnectionWeights hc_head;
  WeightVector norm;  // [d]
  WeightMatrix head;  // [V, d]
};

// Where weights come from: a checkpoint on disk (checkpoint.h) or a seed (synthetic_weights.h).
// Views stay valid as long as the source lives. Routed experts are handed out as shared handles,
// because a synthetic source drops the least recently used ones to stay within its memory budget
// (and makes the same bytes again when asked): hold the handle while reading. Not thread safe.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  [[nodiscard]] virtual const ModelConfig& config() const = 0;
  // What the numbers are, for provenance: a path, or "synthetic, seed 7".
  [[nodiscard]] virtual std::string description() const = 0;
  [[nodiscard]] virtual const EndWeights& ends() = 0;
  [[nodiscard]] virtual const LayerWeights& layer(std::int64_t layer) = 0;
  // Routed expert `id` (0 .. E-1) of `layer`. The returned handle keeps the bytes alive.
  [[nodiscard]] virtual std::shared_ptr<const ExpertWeights> expert(std::int64_t layer,
                                                                    std::int64_t id) = 0;
};

}  // namespace dscope
