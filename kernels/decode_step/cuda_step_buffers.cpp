// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/cuda_step_buffers.h"

#include "kernels/compressor/compressor.h"
#include "kernels/hyper_connection/hyper_connection.h"
#include "kernels/moe/moe.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode.h"
#include "kernels/topk/topk.h"

#include <algorithm>

namespace dscope {
namespace {

DeviceBuffer workspace(std::int64_t bytes) {
  DeviceBuffer buffer(bytes, "a workspace");
  if (bytes > 0) fill_device(buffer.data(), 0, bytes);
  return buffer;
}

// The longest row of a compressor in this model.
std::int64_t compressor_width(const ModelConfig& m) {
  std::int64_t width = 0;
  for (const int ratio : m.compress_ratios) {
    if (ratio != 0) width = std::max(width, compressor_channels(ratio, m.head_dim));
    if (ratio == 4) width = std::max(width, compressor_channels(ratio, m.index_dim));
  }
  return width;
}

}  // namespace

CudaStepBuffers::CudaStepBuffers(const ModelConfig& m, const DecoderOptions& o) {
  const std::int64_t batch = o.max_batch;
  const ParallelLayout& layout = o.layout;
  const std::int64_t heads = layout.heads(m).size();
  const std::int64_t lora_rows = layout.o_groups(m).size() * m.o_lora_rank;
  const auto make = [&](auto& array, std::int64_t per_token) {
    array = std::remove_reference_t<decltype(array)>(batch * per_token, "activations of a step");
  };
  make(streams, m.hc_mult * m.hidden);
  make(post, m.hc_mult);
  make(mixing, m.hc_mult * m.hc_mult);
  hc_workspace = workspace(hc_workspace_bytes(batch, m.hc_mult, m.hidden));
  make(x, m.hidden);
  make(f, m.hidden);
  if (layout.tp > 1) make(part, m.hidden);

  make(qkv, m.q_lora_rank + m.head_dim);
  make(qr, m.q_lora_rank);
  make(q, heads * m.head_dim);
  make(attended, heads * m.head_dim);
  make(turned, heads * m.head_dim);
  make(lora, lora_rows);
  attention_workspace = workspace(sparse_mla_workspace_bytes(batch, heads, m.head_dim));

  make(compressor_kv, compressor_width(m));
  make(compressor_score, compressor_width(m));
  const std::int64_t ratio4_layers = m.layers_with_ratio(4);
  if (ratio4_layers > 0) {
    make(index_q, m.index_heads * m.index_dim);
    make(index_w, m.index_heads);
    index_query =
        workspace(batch * m.index_heads * m.index_dim * element_bytes(cache_format(o.numerics)));
    make(head_weights, m.index_heads);
    logits_stride = round_up(std::max<std::int64_t>(1, o.max_context / 4), 64);
    make(index_logits, logits_stride);
    make(selected, ratio4_layers * m.index_topk);
    make(selected_slots, m.index_topk);
    topk_workspace = workspace(topk_workspace_bytes(batch, m.index_topk, logits_stride));
  }

  make(router_logits, m.experts);
  make(routed, m.layers * m.experts_per_token);
  make(routing_weights, m.experts_per_token);
  moe_workspace = workspace(moe_workspace_bytes(
      batch, m.experts_per_token, m.hidden,
      std::max(layout.routed_intermediate(m).size(), layout.shared_intermediate(m).size())));

  const std::int64_t chunk = layout.vocab_chunk(m);
  make(vocab_part, chunk);
  if (layout.tp > 1) make(vocab_parts, layout.tp * chunk);
  make(logits, m.vocab);
  make(sample_workspace, sample_segments(m.vocab));
  make(next, 1);
}

}  // namespace dscope
