// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/stage_range.h"
#include "kernels/compressor/compressor.h"
#include "kernels/decode_step/cpu_decoder.h"
#include "kernels/indexer_query/indexer_query.h"
#include "kernels/linear/linear.h"
#include "kernels/norm_rope_cache/norm_rope_cache.h"
#include "kernels/norm_rope_cache/rms_norm.h"
#include "kernels/paged_mqa_logits/paged_mqa_logits.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode.h"
#include "kernels/topk/topk.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <cmath>

namespace dscope {

template <Activation Act>
void CpuDecoder<Act>::attention(StepState& s, std::int64_t layer, const LayerWeights& w) {
  project_queries(s, w.attn, rope(layer), caches_[layer]);
  // The compressors run before attention: an entry that this token completes can be attended.
  IndexList compressed;
  if (ratio(layer) == 4) {
    compress(s, Op::kIndexCompressor, w.attn.indexer.compressor, layer, model_.index_dim);
    compressed = select_entries(s, layer, w.attn.indexer);
  } else if (ratio(layer) == 128) {
    compressed = s.meta->ratio128.attended;
  }
  if (ratio(layer) != 0) {
    compress(s, Op::kCompressor, w.attn.compressor, layer, model_.head_dim);
  }
  attend(s, layer, w.attn, compressed);
  project_output(s, w.attn, rope(layer));
}

template <Activation Act>
void CpuDecoder<Act>::project_queries(StepState& s, const AttentionWeights& w, const Rope& rope,
                                      LayerCaches& caches) {
  const std::int64_t lora = model_.q_lora_rank;
  const std::int64_t qkv_stride = lora + model_.head_dim;
  {
    const StageRange range(s.sink, Op::kQkvDown);
    linear(s, s.x.data(), model_.hidden, w.wq_a, qkv_.data(), qkv_stride);
    linear(s, s.x.data(), model_.hidden, w.wkv, qkv_.data() + lora, qkv_stride);
  }
  {
    const StageRange range(s.sink, Op::kQNorm);
    reference_rms_norm<Act, Act>({.tokens = s.tokens,
                                  .x = qkv_.data(),
                                  .x_stride = qkv_stride,
                                  .weight = w.q_norm,
                                  .eps = model_.rms_eps,
                                  .y = qr_.data()});
  }
  {
    const StageRange range(s.sink, Op::kQUp);
    linear(s, qr_.data(), lora, w.wq_b, q_.data(), w.wq_b.rows);
  }
  {
    const StageRange range(s.sink, Op::kQNormRope);
    reference_q_norm_rope<Act>({.tokens = s.tokens,
                                .heads = heads_.size(),
                                .head_dim = model_.head_dim,
                                .rope_dim = model_.rope_dim,
                                .q = q_.data(),
                                .positions = s.meta->positions.data(),
                                .rope = rope.view(),
                                .eps = model_.rms_eps});
  }
  const StageRange range(s.sink, Op::kKvNormRopeStore);
  reference_kv_norm_rope_store<Act>({.tokens = s.tokens,
                                     .kv = qkv_.data() + lora,
                                     .kv_stride = qkv_stride,
                                     .weight = w.kv_norm,
                                     .positions = s.meta->positions.data(),
                                     .slots = s.meta->window_slots.data(),
                                     .rope = rope.view(),
                                     .cache = caches.window(),
                                     .eps = model_.rms_eps});
}

template <Activation Act>
std::vector<float> CpuDecoder<Act>::project_history(StepState& s, const WeightMatrix& weight) {
  std::vector<float> y(static_cast<std::size_t>(s.tokens * weight.rows));
  linear(s, s.x.data(), model_.hidden, weight, y.data(), weight.rows);
  return y;
}

template <Activation Act>
void CpuDecoder<Act>::compress(StepState& s, Op op, const CompressorWeights& w, std::int64_t layer,
                               std::int64_t dim) {
  const StageRange range(s.sink, op);
  const std::vector<float> kv = project_history(s, w.wkv);
  const std::vector<float> score = project_history(s, w.wgate);
  LayerCaches& caches = caches_[layer];
  const bool index = op == Op::kIndexCompressor;
  reference_compressor<Act>({.tokens = s.tokens,
                             .ratio = ratio(layer),
                             .dim = dim,
                             .rope_dim = model_.rope_dim,
                             .kv = kv.data(),
                             .score = score.data(),
                             .ape = w.ape,
                             .norm = w.norm,
                             .eps = model_.rms_eps,
                             .rope = rope(layer).view(),
                             .positions = s.meta->positions.data(),
                             .state_slots = s.meta->slots.data(),
                             .state = index ? caches.index_state() : caches.state(),
                             .entry_slots = s.meta->of_ratio(ratio(layer)).entry_slots.data(),
                             .kv_cache = index ? KvCacheView{} : caches.compressed(),
                             .index_cache = index ? caches.index() : IndexCacheView{}});
}

template <Activation Act>
std::vector<float> CpuDecoder<Act>::index_logits(StepState& s, std::int64_t layer,
                                                 const IndexerWeights& w, std::int64_t width) {
  const std::int64_t heads = model_.index_heads;
  const std::int64_t dim = model_.index_dim;
  std::vector<Act> q(static_cast<std::size_t>(s.tokens * heads * dim));
  {
    const StageRange range(s.sink, Op::kIndexQ);
    linear(s, qr_.data(), model_.q_lora_rank, w.wq_b, q.data(), heads * dim);
  }
  std::vector<Act> weights(static_cast<std::size_t>(s.tokens * heads));
  {
    const StageRange range(s.sink, Op::kIndexWeights);
    linear(s, s.x.data(), model_.hidden, w.weights_proj, weights.data(), heads);
  }
  std::vector<std::byte> stored(q.size() * static_cast<std::size_t>(element_bytes(format_)));
  const IndexQueryView query{stored.data(), format_};
  std::vector<float> head_weights(weights.size());
  {
    const StageRange range(s.sink, Op::kIndexQQuant);
    reference_indexer_query<Act>({.tokens = s.tokens,
                                  .heads = heads,
                                  .dim = dim,
                                  .rope_dim = model_.rope_dim,
                                  .q = q.data(),
                                  .w = weights.data(),
                                  .positions = s.meta->positions.data(),
                                  .rope = rope(layer).view(),
                                  .out = query,
                                  .head_weights = head_weights.data()});
  }
  std::vector<float> logits(static_cast<std::size_t>(s.tokens * width));
  const StageRange range(s.sink, Op::kIndexLogits);
  reference_paged_mqa_logits({.tokens = s.tokens,
                              .heads = heads,
                              .q = query,
                              .head_weights = head_weights.data(),
                              .cache = caches_[layer].index(),
                              .page_table = s.meta->page_rows.data(),
                              .page_table_stride = pages_.pages_per_sequence(),
                              .entries = s.meta->ratio4.entries.data(),
                              .logits = logits.data(),
                              .logits_stride = width});
  return logits;
}

template <Activation Act>
void CpuDecoder<Act>::choose_entries(StepState& s, std::int64_t layer,
                                     const std::vector<float>& logits, std::int64_t width,
                                     std::vector<std::int32_t>& selected) {
  reference_topk({.tokens = s.tokens,
                  .k = model_.index_topk,
                  .logits = logits.data(),
                  .logits_stride = width,
                  .entries = s.meta->ratio4.entries.data(),
                  .selected = selected.data()});
  if (s.hooks->force_selection) {
    for (std::int64_t t = 0; t < s.tokens; ++t) {
      const auto begin = selected.begin() + t * model_.index_topk;
      s.hooks->force_selection(t, layer, {begin, begin + model_.index_topk});
    }
  }
  if (s.hooks->on_selection) s.hooks->on_selection(layer, selected);
}

template <Activation Act>
IndexList CpuDecoder<Act>::select_entries(StepState& s, std::int64_t layer,
                                          const IndexerWeights& w) {
  const std::vector<std::int64_t>& entries = s.meta->ratio4.entries;
  const std::int64_t width = *std::max_element(entries.begin(), entries.end());
  const std::vector<float> logits = index_logits(s, layer, w, width);
  const StageRange range(s.sink, Op::kIndexTopK);
  IndexList list;
  list.width = model_.index_topk;
  list.indices.resize(static_cast<std::size_t>(s.tokens * list.width));
  choose_entries(s, layer, logits, width, list.indices);
  for (std::int64_t t = 0; t < s.tokens; ++t) {
    list.length.push_back(static_cast<std::int32_t>(list.width));
    for (std::int64_t i = 0; i < list.width; ++i) {
      std::int32_t& index = list.indices[t * list.width + i];
      if (index < 0) continue;
      DSCOPE_REQUIRE(index < entries[t], "selected entry {} of {} in layer {}", index, entries[t],
                     layer);
      index = static_cast<std::int32_t>(pages_.entry_slot(s.meta->slots[t], index, 4));
    }
  }
  return list;
}

template <Activation Act>
void CpuDecoder<Act>::attend(StepState& s, std::int64_t layer, const AttentionWeights& w,
                             const IndexList& compressed) {
  const StageRange range(s.sink, Op::kSparseMla);
  const LayerCaches& caches = caches_[layer];
  const auto as_set = [](const KvCacheView& cache, const IndexList& list) {
    return SparseSet{cache, list.indices.data(), list.width, list.length.data()};
  };
  reference_sparse_mla_decode<Act>({.tokens = s.tokens,
                                    .heads = heads_.size(),
                                    .head_dim = model_.head_dim,
                                    .q = q_.data(),
                                    .window = as_set(caches.window(), s.meta->window),
                                    .compressed = as_set(caches.compressed(), compressed),
                                    .sink = w.sink,
                                    .scale = 1 / std::sqrt(static_cast<double>(model_.head_dim)),
                                    .o = attended_.data()});
}

template <Activation Act>
void CpuDecoder<Act>::project_output(StepState& s, const AttentionWeights& w, const Rope& rope) {
  {
    const StageRange range(s.sink, Op::kOInverseRope);
    reference_inverse_rope<Act>({.tokens = s.tokens,
                                 .heads = heads_.size(),
                                 .head_dim = model_.head_dim,
                                 .rope_dim = model_.rope_dim,
                                 .x = attended_.data(),
                                 .o = o_.data(),
                                 .positions = s.meta->positions.data(),
                                 .rope = rope.view()});
  }
  std::vector<Act> lora(static_cast<std::size_t>(s.tokens * w.wo_a.rows));
  {
    const StageRange range(s.sink, Op::kWoA);
    // Runs in BF16 in every mode, although checkpoints keep it in FP8: inputs are never rounded.
    reference_linear<Act, Act>({.tokens = s.tokens,
                                .groups = options_.layout.o_groups(model_).size(),
                                .x = o_.data(),
                                .x_stride = heads_.size() * model_.head_dim,
                                .weight = w.wo_a,
                                .y = lora.data(),
                                .y_stride = w.wo_a.rows});
  }
  const StageRange range(s.sink, Op::kWoB);
  linear(s, lora.data(), w.wo_a.rows, w.wo_b, s.f.data(), model_.hidden);
}

template class CpuDecoder<float>;
template class CpuDecoder<bf16_t>;

}  // namespace dscope
