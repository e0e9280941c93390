// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/cache_view.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/decode_step/decoder.h"
#include "kernels/sampling/sampling.h"
#include "workloads/dtypes.h"

#include <cstdint>

namespace dscope {

// What one step carries from op to op in GPU memory, sized for the largest batch; T below is the
// batch of the step at hand.
struct CudaStepBuffers {
  CudaStepBuffers(const ModelConfig& model, const DecoderOptions& options);

  // The residual stream and what hyper-connections hand on.
  DeviceArray<bf16_t> streams;  // [T, hc_mult, d]
  DeviceArray<float> post;      // [T, hc_mult]
  DeviceArray<float> mixing;    // [T, hc_mult, hc_mult]
  DeviceBuffer hc_workspace;
  DeviceArray<bf16_t> x;    // [T, d] input of a sublayer, normed
  DeviceArray<bf16_t> f;    // [T, d] its output; the embedding at first
  DeviceArray<float> part;  // [T, d] this rank's part of f, where collectives take float32

  // Attention
  DeviceArray<bf16_t> qkv;      // [T, q_lora + D]
  DeviceArray<bf16_t> qr;       // [T, q_lora] normed
  DeviceArray<bf16_t> q;        // [T, H, D]
  DeviceArray<float> attended;  // [T, H, D] before the inverse RoPE
  DeviceArray<bf16_t> turned;   // [T, H, D] behind it
  DeviceArray<bf16_t> lora;     // [T, o_groups * o_lora]
  DeviceBuffer attention_workspace;

  // Compressors and indexer
  DeviceArray<float> compressor_kv;          // [T, C]
  DeviceArray<float> compressor_score;       // [T, C]
  DeviceArray<bf16_t> index_q;               // [T, Hi, Di]
  DeviceArray<bf16_t> index_w;               // [T, Hi]
  DeviceBuffer index_query;                  // [T, Hi, Di] in the cache's format
  DeviceArray<float> head_weights;           // [T, Hi]
  std::int64_t logits_stride = 0;            // entries of ratio 4 in the longest context
  DeviceArray<float> index_logits;           // [T, logits_stride]
  DeviceArray<std::int32_t> selected;        // [ratio-4 layers, max_batch, topk] kept for observers
  DeviceArray<std::int32_t> selected_slots;  // [T, topk] cache slots
  DeviceBuffer topk_workspace;

  // MoE
  DeviceArray<float> router_logits;    // [T, E]
  DeviceArray<std::int32_t> routed;    // [layers, max_batch, k] kept for observers
  DeviceArray<float> routing_weights;  // [T, k]
  DeviceBuffer moe_workspace;

  // End
  DeviceArray<float> vocab_part;   // [T, vocab_chunk]
  DeviceArray<float> vocab_parts;  // [ranks, T, vocab_chunk]; empty with one rank
  DeviceArray<float> logits;       // [T, vocab]
  DeviceArray<SamplePartial> sample_workspace;
  DeviceArray<std::int32_t> next;  // [T]
};

}  // namespace dscope
