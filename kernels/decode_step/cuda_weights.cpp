// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/cuda_weights.h"

#include "kernels/decode_step/rank_weights.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <exception>
#include <memory>

namespace dscope {
namespace {

// Experts that are packed side by side, on all cores, before they are copied.
constexpr std::int64_t kExpertsAtOnce = 32;

// The values of any matrix as BF16 rows. Exact for FP8 and BF16.
std::vector<bf16_t> as_bf16(const WeightMatrix& m) {
  std::vector<bf16_t> values(static_cast<std::size_t>(m.rows * m.cols));
#pragma omp parallel
  {
    std::vector<float> row(static_cast<std::size_t>(m.cols));
#pragma omp for schedule(static)
    for (std::int64_t r = 0; r < m.rows; ++r) {
      decode_row(m, r, row.data());
      std::transform(row.begin(), row.end(), values.begin() + r * m.cols, bf16_from_float);
    }
  }
  return values;
}

}  // namespace

CudaWeights::CudaWeights(WeightSource& source, const ModelConfig& model,
                         const ParallelLayout& layout, bool wo_a_bf16, const LoadProgress& progress)
    : model_(model), layout_(layout), wo_a_bf16_(wo_a_bf16) {
  const EndWeights ends = rank_slice(source.ends(), model, layout);
  ends_ = {upload(ends.embed), upload(ends.hc_head), upload(ends.norm), upload(ends.head)};
  for (std::int64_t layer = 0; layer < model.layers; ++layer) {
    layers_.push_back(upload(rank_slice(source.layer(layer), model, layout), wo_a_bf16));
    upload_experts(source, layer, layout.experts(model), layout.routed_intermediate(model));
    if (progress) progress(layer + 1, model.layers);
  }
}

WeightMatrix CudaWeights::upload(const WeightMatrix& host) {
  return matrices_.emplace_back(host).view();
}

WeightVector CudaWeights::upload(const WeightVector& host) {
  return vectors_.emplace_back(host).view();
}

IntMatrix CudaWeights::upload(const IntMatrix& host) {
  return tables_.emplace_back(host).view();
}

HyperConnectionWeights CudaWeights::upload(const HyperConnectionWeights& host) {
  return {upload(host.fn), upload(host.base), upload(host.scale)};
}

CompressorWeights CudaWeights::upload(const CompressorWeights& host) {
  return {upload(host.wkv), upload(host.wgate), upload(host.ape), upload(host.norm)};
}

ExpertWeights CudaWeights::upload(const ExpertWeights& host) {
  return {upload(host.w1), upload(host.w3), upload(host.w2)};
}

AttentionWeights CudaWeights::upload(const AttentionWeights& host, bool wo_a_bf16) {
  AttentionWeights w;
  w.wq_a = upload(host.wq_a);
  w.q_norm = upload(host.q_norm);
  w.wq_b = upload(host.wq_b);
  w.wkv = upload(host.wkv);
  w.kv_norm = upload(host.kv_norm);
  w.sink = upload(host.sink);
  if (wo_a_bf16 && host.wo_a.format == WeightFormat::kFp8) {
    const std::vector<bf16_t> values = as_bf16(host.wo_a);
    w.wo_a = upload(WeightMatrix{.format = WeightFormat::kBf16,
                                 .rows = host.wo_a.rows,
                                 .cols = host.wo_a.cols,
                                 .data = reinterpret_cast<const std::byte*>(values.data()),
                                 .row_bytes = 2 * host.wo_a.cols});
  } else {
    w.wo_a = upload(host.wo_a);
  }
  w.wo_b = upload(host.wo_b);
  w.compressor = upload(host.compressor);
  w.indexer = {upload(host.indexer.wq_b), upload(host.indexer.weights_proj),
               upload(host.indexer.compressor)};
  return w;
}

LayerWeights CudaWeights::upload(const LayerWeights& host, bool wo_a_bf16) {
  LayerWeights w;
  w.hc_attn = upload(host.hc_attn);
  w.attn_norm = upload(host.attn_norm);
  w.attn = upload(host.attn, wo_a_bf16);
  w.hc_ffn = upload(host.hc_ffn);
  w.ffn_norm = upload(host.ffn_norm);
  w.router = {upload(host.router.gate), upload(host.router.bias), upload(host.router.tid2eid)};
  w.shared_expert = upload(host.shared_expert);
  return w;
}

void CudaWeights::upload_experts(WeightSource& source, std::int64_t layer, const Slice& owned,
                                 const Slice& intermediate) {
  const ModelConfig& model = source.config();
  ExpertBank bank{.hidden = model.hidden, .intermediate = intermediate.size()};
  const std::int64_t bytes = bank.expert_bytes();
  bank_memory_.emplace_back(owned.size() * bytes, "the routed experts of a layer");
  bank.data = bank_memory_.back().data();
  const std::int64_t at_once = std::min(owned.size(), kExpertsAtOnce);
  const PinnedBuffer packed(at_once * bytes);
  for (std::int64_t first = owned.begin; first < owned.end; first += at_once) {
    const std::int64_t count = std::min(at_once, owned.end - first);
    std::vector<std::shared_ptr<const ExpertWeights>> experts;
    for (std::int64_t i = 0; i < count; ++i) experts.push_back(source.expert(layer, first + i));
    std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic)
    for (std::int64_t i = 0; i < count; ++i) {
      try {
        pack_expert(rank_slice(*experts[i], intermediate), packed.data() + i * bytes);
      } catch (...) {
#pragma omp critical(dscope_pack_failure)
        failure = std::current_exception();
      }
    }
    if (failure) std::rethrow_exception(failure);
    copy_to_device(bank_memory_.back().data() + (first - owned.begin) * bytes, packed.data(),
                   count * bytes);
  }
  banks_.push_back(bank);
}

}  // namespace dscope
