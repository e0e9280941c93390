// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/op_costs_weights.h"

#include "workloads/formats.h"
#include "workloads/op_costs_caches.h"

namespace dscope {
namespace {

double bf16_bytes(std::int64_t rows, std::int64_t cols) {
  return 2.0 * static_cast<double>(rows * cols);
}

double f32_bytes(std::int64_t rows, std::int64_t cols) {
  return 4.0 * static_cast<double>(rows * cols);
}

double fp8_bytes(std::int64_t rows, std::int64_t cols) {
  return static_cast<double>(rows * cols + ceil_div(rows, kFp8Block) * ceil_div(cols, kFp8Block));
}

double mxfp4_bytes(std::int64_t rows, std::int64_t cols) {
  const std::int64_t row_bytes = cols / 2 + cols / kMxfp4Group;
  return static_cast<double>(rows * row_bytes);
}

}  // namespace

double RankWeightBytes::vocab_matrix() const {
  return bf16_bytes(layout_.vocab(m_).size(), m_.hidden);
}
double RankWeightBytes::vocab_row() const {
  return bf16_bytes(1, m_.hidden);
}

double RankWeightBytes::qkv_down() const {
  return fp8_bytes(m_.q_lora_rank, m_.hidden) + fp8_bytes(m_.head_dim, m_.hidden);
}
double RankWeightBytes::q_up() const {
  return fp8_bytes(layout_.heads(m_).size() * m_.head_dim, m_.q_lora_rank);
}
double RankWeightBytes::sink() const {
  return f32_bytes(layout_.heads(m_).size(), 1);
}

double RankWeightBytes::wo_a() const {
  const std::int64_t rows = layout_.o_groups(m_).size() * m_.o_lora_rank;
  const std::int64_t cols = layout_.o_group_inputs(m_).size();
  return wo_a_bf16_ ? bf16_bytes(rows, cols) : fp8_bytes(rows, cols);
}
double RankWeightBytes::wo_b() const {
  return fp8_bytes(m_.hidden, layout_.o_groups(m_).size() * m_.o_lora_rank);
}

double RankWeightBytes::compressor_projections(int ratio, std::int64_t dim) const {
  return 2 * bf16_bytes(compressor_channels(ratio, dim), m_.hidden);
}
double RankWeightBytes::compressor_ape_row(int ratio, std::int64_t dim) const {
  return f32_bytes(1, compressor_channels(ratio, dim));
}

double RankWeightBytes::index_q() const {
  return fp8_bytes(m_.index_heads * m_.index_dim, m_.q_lora_rank);
}
double RankWeightBytes::index_weights() const {
  return bf16_bytes(m_.index_heads, m_.hidden);
}

double RankWeightBytes::gate() const {
  return bf16_bytes(m_.experts, m_.hidden);
}
double RankWeightBytes::gate_bias() const {
  return f32_bytes(m_.experts, 1);
}
double RankWeightBytes::hash_row() const {
  return static_cast<double>(m_.experts_per_token) * sizeof(std::int32_t);
}

double RankWeightBytes::routed_expert() const {
  const std::int64_t slice = layout_.routed_intermediate(m_).size();
  return 2 * mxfp4_bytes(slice, m_.hidden) + mxfp4_bytes(m_.hidden, slice);
}
double RankWeightBytes::shared_expert() const {
  const std::int64_t slice = layout_.shared_intermediate(m_).size();
  return 2 * fp8_bytes(slice, m_.hidden) + fp8_bytes(m_.hidden, slice);
}

double RankWeightBytes::hyper_connection() const {
  constexpr std::int64_t kScales = 3;  // one each for pre, post and the mixing matrix
  return f32_bytes(m_.hc_rows(), m_.hc_mult * m_.hidden) + f32_bytes(m_.hc_rows() + kScales, 1);
}
double RankWeightBytes::hc_head() const {
  return f32_bytes(m_.hc_mult, m_.hc_mult * m_.hidden) + f32_bytes(m_.hc_mult + 1, 1);
}
double RankWeightBytes::norm(std::int64_t width) {
  return bf16_bytes(width, 1);
}

}  // namespace dscope
