// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dot.h"
#include "kernels/common/hadamard.h"
#include "kernels/compressor/compressor.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dscope {
namespace {

// One row of the softmax window: where its kv and score channels start.
struct Row {
  const float* kv;
  const float* score;
};

template <Activation Act>
float* state_row(const CompressorParams<Act>& p, std::int64_t t, std::int64_t position) {
  const std::int64_t ring = compressor_ring(p.ratio);
  const std::int64_t channels = compressor_channels(p.ratio, p.dim);
  return p.state + (p.state_slots[t] * ring + position % ring) * 2 * channels;
}

template <Activation Act>
void append_row(const CompressorParams<Act>& p, std::int64_t t) {
  const std::int64_t channels = compressor_channels(p.ratio, p.dim);
  float* row = state_row(p, t, p.positions[t]);
  std::vector<float> ape(static_cast<std::size_t>(channels));
  decode_row(p.ape, p.positions[t] % p.ratio, ape.data());
  for (std::int64_t c = 0; c < channels; ++c) {
    row[c] = p.kv[t * channels + c];
    row[channels + c] = p.score[t * channels + c] + ape[c];
  }
}

// The rows that form the entry completed by token t.
template <Activation Act>
std::vector<Row> window_rows(const CompressorParams<Act>& p, std::int64_t t) {
  const std::int64_t channels = compressor_channels(p.ratio, p.dim);
  const std::int64_t block_start = p.positions[t] + 1 - p.ratio;
  std::vector<Row> rows;
  const auto add_block = [&](std::int64_t start, std::int64_t first_channel) {
    for (std::int64_t i = 0; i < p.ratio; ++i) {
      const float* row = state_row(p, t, start + i);
      rows.push_back({row + first_channel, row + channels + first_channel});
    }
  };
  if (p.ratio == 4 && block_start >= p.ratio) add_block(block_start - p.ratio, 0);
  add_block(block_start, channels - p.dim);
  return rows;
}

std::vector<float> softmax_pool(const std::vector<Row>& rows, std::int64_t dim) {
  std::vector<float> pooled(static_cast<std::size_t>(dim));
  for (std::int64_t c = 0; c < dim; ++c) {
    double largest = -INFINITY;
    for (const Row& row : rows) largest = std::max(largest, double{row.score[c]});
    double sum = 0;
    double weighted = 0;
    for (const Row& row : rows) {
      const double weight = std::exp(row.score[c] - largest);
      sum += weight;
      weighted += weight * row.kv[c];
    }
    pooled[c] = static_cast<float>(weighted / sum);
  }
  return pooled;
}

template <Activation Act>
void emit_entry(const CompressorParams<Act>& p, std::int64_t t) {
  std::vector<float> entry = softmax_pool(window_rows(p, t), p.dim);
  for (float& v : entry) v = to_float(from_float<Act>(v));
  const double mean = sum_of_squares(entry.data(), p.dim) / static_cast<double>(p.dim);
  const double scale = 1 / std::sqrt(mean + p.eps);
  for (std::int64_t c = 0; c < p.dim; ++c) {
    entry[c] = static_cast<float>(entry[c] * scale * double{p.norm[c]});
  }
  apply_rope(p.rope, entry.data() + p.dim - p.rope_dim, p.positions[t] + 1 - p.ratio);
  if (p.kv_cache.data != nullptr) {
    store_kv(p.kv_cache, p.entry_slots[t], entry.data());
  } else {
    hadamard(entry.data(), p.dim);
    store_index_key(p.index_cache, p.entry_slots[t], entry.data());
  }
}

}  // namespace

template <Activation Act>
void reference_compressor(const CompressorParams<Act>& p) {
  DSCOPE_REQUIRE(p.ratio == 4 || p.ratio == 128, "ratio must be 4 or 128, got {}", p.ratio);
  DSCOPE_REQUIRE((p.kv_cache.data != nullptr) != (p.index_cache.data != nullptr),
                 "exactly one of kv_cache and index_cache must be given");
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    append_row(p, t);
    if ((p.positions[t] + 1) % p.ratio == 0) emit_entry(p, t);
  }
}

template void reference_compressor(const CompressorParams<float>&);
template void reference_compressor(const CompressorParams<bf16_t>&);

}  // namespace dscope
