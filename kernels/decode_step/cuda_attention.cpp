// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/stage_range.h"
#include "kernels/compressor/compressor.h"
#include "kernels/decode_step/cuda_decoder.h"
#include "kernels/decode_step/cuda_linear.h"
#include "kernels/indexer_query/indexer_query.h"
#include "kernels/norm_rope_cache/norm_rope_cache.h"
#include "kernels/norm_rope_cache/rms_norm.h"
#include "kernels/paged_mqa_logits/paged_mqa_logits.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode.h"
#include "kernels/topk/topk.h"

#include <cmath>

namespace dscope {

void CudaDecoder::attention(Enqueue& e, std::int64_t layer) {
  const AttentionWeights& w = weights_->layer(layer).attn;
  project_queries(e, layer);
  // The compressors run before attention: an entry that this token completes can be attended.
  if (ratio(layer) == 4) {
    compress(e, Op::kIndexCompressor, w.indexer.compressor, layer, model_.index_dim);
    select_entries(e, layer);
  }
  if (ratio(layer) != 0) compress(e, Op::kCompressor, w.compressor, layer, model_.head_dim);
  attend(e, layer);
  project_output(e, layer);
}

void CudaDecoder::project_queries(Enqueue& e, std::int64_t layer) {
  const AttentionWeights& w = weights_->layer(layer).attn;
  const std::int64_t lora = model_.q_lora_rank;
  const std::int64_t qkv_stride = lora + model_.head_dim;
  bf16_t* const kv = buffers_.qkv.data() + lora;
  {
    const StageRange range(e.sink, Op::kQkvDown);
    linear(e, buffers_.x.data(), model_.hidden, w.wq_a, buffers_.qkv.data(), qkv_stride);
    linear(e, buffers_.x.data(), model_.hidden, w.wkv, kv, qkv_stride);
  }
  {
    const StageRange range(e.sink, Op::kQNorm);
    launch_rms_norm(RmsNormParams<bf16_t, bf16_t>{.tokens = e.tokens,
                                                  .x = buffers_.qkv.data(),
                                                  .x_stride = qkv_stride,
                                                  .weight = w.q_norm,
                                                  .eps = model_.rms_eps,
                                                  .y = buffers_.qr.data()},
                    e.stream);
  }
  {
    const StageRange range(e.sink, Op::kQUp);
    linear(e, buffers_.qr.data(), lora, w.wq_b, buffers_.q.data(), w.wq_b.rows);
  }
  {
    const StageRange range(e.sink, Op::kQNormRope);
    launch_q_norm_rope({.tokens = e.tokens,
                        .heads = heads_.size(),
                        .head_dim = model_.head_dim,
                        .rope_dim = model_.rope_dim,
                        .q = buffers_.q.data(),
                        .positions = inputs_.positions,
                        .rope = rope(layer),
                        .eps = model_.rms_eps},
                       e.stream);
  }
  const StageRange range(e.sink, Op::kKvNormRopeStore);
  launch_kv_norm_rope_store({.tokens = e.tokens,
                             .kv = kv,
                             .kv_stride = qkv_stride,
                             .weight = w.kv_norm,
                             .positions = inputs_.positions,
                             .slots = inputs_.window_slots,
                             .rope = rope(layer),
                             .cache = caches_[layer].window(),
                             .eps = model_.rms_eps},
                            e.stream);
}

void CudaDecoder::project_history(Enqueue& e, const CompressorWeights& w) {
  linear(e, buffers_.x.data(), model_.hidden, w.wkv, buffers_.compressor_kv.data(), w.wkv.rows);
  linear(e, buffers_.x.data(), model_.hidden, w.wgate, buffers_.compressor_score.data(),
         w.wgate.rows);
}

// One compressor of a layer: the indexer's, or that of the keys and values.
void CudaDecoder::compress(Enqueue& e, Op op, const CompressorWeights& w, std::int64_t layer,
                           std::int64_t dim) {
  const StageRange range(e.sink, op);
  project_history(e, w);
  const CudaLayerCaches& caches = caches_[layer];
  const bool index = op == Op::kIndexCompressor;
  launch_compressor(
      CompressorParams<bf16_t>{.tokens = e.tokens,
                               .ratio = ratio(layer),
                               .dim = dim,
                               .rope_dim = model_.rope_dim,
                               .kv = buffers_.compressor_kv.data(),
                               .score = buffers_.compressor_score.data(),
                               .ape = w.ape,
                               .norm = w.norm,
                               .eps = model_.rms_eps,
                               .rope = rope(layer),
                               .positions = inputs_.positions,
                               .state_slots = inputs_.slots,
                               .state = index ? caches.index_state() : caches.state(),
                               .entry_slots = inputs_.of_ratio(ratio(layer)).entry_slots,
                               .kv_cache = index ? KvCacheView{} : caches.compressed(),
                               .index_cache = index ? caches.index() : IndexCacheView{}},
      e.stream);
}

void CudaDecoder::select_entries(Enqueue& e, std::int64_t layer) {
  const IndexerWeights& w = weights_->layer(layer).attn.indexer;
  const std::int64_t heads = model_.index_heads;
  const IndexQueryView query{buffers_.index_query.data(), format_};
  {
    const StageRange range(e.sink, Op::kIndexQ);
    linear(e, buffers_.qr.data(), model_.q_lora_rank, w.wq_b, buffers_.index_q.data(),
           heads * model_.index_dim);
  }
  {
    const StageRange range(e.sink, Op::kIndexWeights);
    linear(e, buffers_.x.data(), model_.hidden, w.weights_proj, buffers_.index_w.data(), heads);
  }
  {
    const StageRange range(e.sink, Op::kIndexQQuant);
    launch_indexer_query(IndexerQueryParams<bf16_t>{.tokens = e.tokens,
                                                    .heads = heads,
                                                    .dim = model_.index_dim,
                                                    .rope_dim = model_.rope_dim,
                                                    .q = buffers_.index_q.data(),
                                                    .w = buffers_.index_w.data(),
                                                    .positions = inputs_.positions,
                                                    .rope = rope(layer),
                                                    .out = query,
                                                    .head_weights = buffers_.head_weights.data()},
                         e.stream);
  }
  {
    const StageRange range(e.sink, Op::kIndexLogits);
    launch_paged_mqa_logits({.tokens = e.tokens,
                             .heads = heads,
                             .q = query,
                             .head_weights = buffers_.head_weights.data(),
                             .cache = caches_[layer].index(),
                             .page_table = inputs_.page_rows,
                             .page_table_stride = pages_.pages_per_sequence(),
                             .entries = inputs_.ratio4.entries,
                             .logits = buffers_.index_logits.data(),
                             .logits_stride = buffers_.logits_stride},
                            e.stream);
  }
  const StageRange range(e.sink, Op::kIndexTopK);
  launch_topk({.tokens = e.tokens,
               .k = model_.index_topk,
               .logits = buffers_.index_logits.data(),
               .logits_stride = buffers_.logits_stride,
               .entries = inputs_.ratio4.entries,
               .selected = selected(layer),
               .forced = inputs_.forced_selection(layer),
               .slots = buffers_.selected_slots.data(),
               .page_table = inputs_.page_rows,
               .page_table_stride = pages_.pages_per_sequence(),
               .page_entries = kPageTokens / 4,
               .workspace = buffers_.topk_workspace.data()},
              e.stream);
}

void CudaDecoder::attend(Enqueue& e, std::int64_t layer) {
  const StageRange range(e.sink, Op::kSparseMla);
  SparseMlaDecodeParams<bf16_t> p{.tokens = e.tokens,
                                  .heads = heads_.size(),
                                  .head_dim = model_.head_dim,
                                  .q = buffers_.q.data(),
                                  .window = {caches_[layer].window(), inputs_.window.indices,
                                             inputs_.window.width, inputs_.window.length},
                                  .sink = weights_->layer(layer).attn.sink,
                                  .scale = 1 / std::sqrt(static_cast<double>(model_.head_dim)),
                                  .o = buffers_.attended.data(),
                                  .workspace = buffers_.attention_workspace.data()};
  if (ratio(layer) == 4) {
    p.compressed = {caches_[layer].compressed(), buffers_.selected_slots.data(), model_.index_topk,
                    inputs_.topk_length};
  } else if (ratio(layer) == 128) {
    p.compressed = {caches_[layer].compressed(), inputs_.attended128.indices,
                    inputs_.attended128.width, inputs_.attended128.length};
  }
  launch_sparse_mla_decode(p, e.stream);
}

void CudaDecoder::project_output(Enqueue& e, std::int64_t layer) {
  const AttentionWeights& w = weights_->layer(layer).attn;
  {
    const StageRange range(e.sink, Op::kOInverseRope);
    launch_inverse_rope({.tokens = e.tokens,
                         .heads = heads_.size(),
                         .head_dim = model_.head_dim,
                         .rope_dim = model_.rope_dim,
                         .x = buffers_.attended.data(),
                         .o = buffers_.turned.data(),
                         .positions = inputs_.positions,
                         .rope = rope(layer)},
                        e.stream);
  }
  {
    const StageRange range(e.sink, Op::kWoA);
    // Inputs are never rounded to FP8 here: see CpuDecoder.
    launch_linear(LinearParams<bf16_t, bf16_t>{.tokens = e.tokens,
                                               .groups = options_.layout.o_groups(model_).size(),
                                               .x = buffers_.turned.data(),
                                               .x_stride = heads_.size() * model_.head_dim,
                                               .weight = w.wo_a,
                                               .y = buffers_.lora.data(),
                                               .y_stride = w.wo_a.rows},
                  e.stream);
  }
  const StageRange range(e.sink, Op::kWoB);
  const auto project = [&](auto* out) {
    linear(e, buffers_.lora.data(), w.wo_a.rows, w.wo_b, out, model_.hidden);
  };
  if (float32_parts(e)) {
    project(buffers_.part.data());
  } else {
    project(buffers_.f.data());
  }
}

}  // namespace dscope
