// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dot.h"
#include "kernels/common/threads.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace dscope {
namespace {

// Decodes the valid entries of one token's set behind those already in `entries`.
void append_entries(const SparseSet& set, std::int64_t t, std::vector<float>& entries) {
  if (set.width == 0) return;
  const auto dim = static_cast<std::size_t>(set.cache.dim);
  const std::int32_t* indices = set.indices + t * set.width;
  for (std::int32_t i = 0; i < set.length[t]; ++i) {
    if (indices[i] < 0) continue;
    entries.resize(entries.size() + dim);
    load_kv(set.cache, indices[i], entries.data() + entries.size() - dim);
  }
}

// One head over `count` entries [count, dim].
template <Activation Act>
void attend(const SparseMlaDecodeParams<Act>& p, std::int64_t t, std::int64_t h,
            const std::vector<float>& entries) {
  const std::int64_t dim = p.head_dim;
  const auto count = static_cast<std::int64_t>(entries.size()) / dim;
  const std::int64_t row = t * p.heads + h;
  float* o = p.o + row * dim;
  if (count == 0) {
    std::fill_n(o, dim, 0.0f);
    if (p.lse != nullptr) p.lse[row] = std::numeric_limits<float>::infinity();
    return;
  }
  std::vector<float> q(static_cast<std::size_t>(dim));
  std::transform(p.q + row * dim, p.q + (row + 1) * dim, q.begin(),
                 [](Act v) { return to_float(v); });
  std::vector<double> weight(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    weight[i] = p.scale * dot(q.data(), entries.data() + i * dim, dim);
  }
  const double largest = *std::max_element(weight.begin(), weight.end());
  double sum = 0;
  for (double& w : weight) sum += w = std::exp(w - largest);
  const double denominator = sum + std::exp(double{p.sink[h]} - largest);
  std::vector<double> out(static_cast<std::size_t>(dim));
  for (std::int64_t i = 0; i < count; ++i) {
    const float* entry = entries.data() + i * dim;
    for (std::int64_t c = 0; c < dim; ++c) out[c] += weight[i] * entry[c];
  }
  for (std::int64_t c = 0; c < dim; ++c) {
    o[c] = static_cast<float>(out[c] / denominator);
  }
  if (p.lse != nullptr) p.lse[row] = static_cast<float>(largest + std::log(sum));
}

}  // namespace

template <Activation Act>
void reference_sparse_mla_decode(const SparseMlaDecodeParams<Act>& p) {
  std::vector<float> entries;
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    entries.clear();
    append_entries(p.window, t, entries);
    append_entries(p.compressed, t, entries);
#pragma omp parallel for if (worth_threads(p.heads * static_cast <std::int64_t>(entries.size())))
    for (std::int64_t h = 0; h < p.heads; ++h) attend(p, t, h, entries);
  }
}

template void reference_sparse_mla_decode(const SparseMlaDecodeParams<float>&);
template void reference_sparse_mla_decode(const SparseMlaDecodeParams<bf16_t>&);

}  // namespace dscope
