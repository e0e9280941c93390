// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/rank_weights.h"

namespace dscope {

LayerWeights rank_slice(const LayerWeights& layer, const ModelConfig& m,
                        const ParallelLayout& layout) {
  const Slice heads = layout.heads(m);
  const Slice groups = layout.o_groups(m);
  const Slice inputs = layout.o_group_inputs(m);
  const Slice lora{groups.begin * m.o_lora_rank, groups.end * m.o_lora_rank};
  LayerWeights mine = layer;
  mine.attn.wq_b = layer.attn.wq_b.row_slice(heads.begin * m.head_dim, heads.end * m.head_dim);
  mine.attn.sink = layer.attn.sink.slice(heads.begin, heads.end);
  mine.attn.wo_a =
      layer.attn.wo_a.row_slice(lora.begin, lora.end).col_slice(inputs.begin, inputs.end);
  mine.attn.wo_b = layer.attn.wo_b.col_slice(lora.begin, lora.end);
  mine.shared_expert = rank_slice(layer.shared_expert, layout.shared_intermediate(m));
  return mine;
}

EndWeights rank_slice(const EndWeights& ends, const ModelConfig& m, const ParallelLayout& layout) {
  const Slice vocab = layout.vocab(m);
  EndWeights mine = ends;
  mine.embed = ends.embed.row_slice(vocab.begin, vocab.end);
  mine.head = ends.head.row_slice(vocab.begin, vocab.end);
  return mine;
}

ExpertWeights rank_slice(const ExpertWeights& expert, const Slice& intermediate) {
  return {expert.w1.row_slice(intermediate.begin, intermediate.end),
          expert.w3.row_slice(intermediate.begin, intermediate.end),
          expert.w2.col_slice(intermediate.begin, intermediate.end)};
}

}  // namespace dscope
