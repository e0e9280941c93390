// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/op_costs.h"

#include "workloads/base/error.h"
#include "workloads/op_costs_caches.h"
#include "workloads/op_costs_weights.h"

#include <algorithm>
#include <bit>
#include <cmath>

// Where the shapes come from: the official reference model; cache entries from the FlashMLA page
// layout. Conventions, the same for every op:
//
//   activations   every operand and result of an op once, activation_bytes(numerics) each. float32
//                 in every numerics: router and index scores, routing weights, hyper-connection
//                 coefficients, compressor state. int32: ids.
//   fusion        what never has to leave the chip is not counted: the hidden vector of an expert,
//                 attention scores, partial results of a split.
//   FLOPs         the multiply-adds of matrix products; ops without one count their element-wise
//                 multiplies and adds. Comparisons, exp, sqrt and the like are not counted.
//   collectives   only with more than one rank. wire_bytes is the size that bus bandwidth is quoted
//                 for: the reduced vector, or the gathered result. What a rank sends depends on
//                 the algorithm: 2 (N - 1) / N of the vector in a ring (ncclAllReduce), N - 1 times
//                 the vector, in float32, where small parts are gathered and added
//                 (kernels/comm/rank_sum.h).
namespace dscope {
namespace {

constexpr std::int64_t kF32 = 4;
constexpr std::int64_t kI32 = 4;
// Element-wise work per element: square, sum, scale, weight; and a rotation of pairs.
constexpr std::int64_t kNormFlops = 4;
constexpr std::int64_t kRopeFlops = 3;

class StepPricer {
 public:
  explicit StepPricer(const CostInputs& in)
      : in_(in),
        m_(*in.model),
        weights_(m_, in.layout, in.wo_a_bf16),
        tokens_(static_cast<double>(in.contexts.size())),
        heads_(in.layout.heads(m_).size()) {}

  std::vector<OpCost> price() {
    embedding();
    for (layer_ = 0; layer_ < m_.layers; ++layer_) {
      ratio_ = m_.compress_ratios[static_cast<std::size_t>(layer_)];
      attention();
      feed_forward();
    }
    layer_ = -1;
    ending();
    return std::move(costs_);
  }

 private:
  void embedding();
  void attention();
  void query_path();
  void indexer();
  void compressor(Op op, std::int64_t dim, std::int64_t entry_bytes);
  void sparse_attention();
  void output_path();
  void feed_forward();
  void router();
  void experts();
  void ending();

  void hyper_connection_pre(Op op);
  void hyper_connection_post(Op op);
  void rms_norm(Op op, std::int64_t width);
  void linear(Op op, double weight_bytes, std::int64_t inputs, std::int64_t outputs);
  void all_reduce(Op op);

  void add(OpCost cost) {
    cost.layer = layer_;
    costs_.push_back(cost);
  }
  // Bytes of activations [T, width].
  [[nodiscard]] double activations(std::int64_t width) const {
    return tokens_ * static_cast<double>(width * activation_bytes(in_.numerics));
  }
  [[nodiscard]] double per_token(std::int64_t amount) const {
    return tokens_ * static_cast<double>(amount);
  }
  // float32 that hc_pre leaves for hc_post: post [T, hc] and the mixing matrix [T, hc, hc].
  [[nodiscard]] double coefficients() const {
    return per_token(kF32 * m_.hc_mult * (m_.hc_mult + 1));
  }
  // What the router hands to the experts: id and weight [T, k].
  [[nodiscard]] double choices() const { return per_token((kI32 + kF32) * m_.experts_per_token); }
  // Sum over the tokens of a count that depends on the length of their sequence.
  template <class Count>
  [[nodiscard]] double sum_over_tokens(Count count) const {
    std::int64_t sum = 0;
    for (std::int64_t context : in_.contexts) sum += count(context);
    return static_cast<double>(sum);
  }

  const CostInputs& in_;
  const ModelConfig& m_;
  RankWeightBytes weights_;
  double tokens_;       // T
  std::int64_t heads_;  // H/tp
  std::int64_t layer_ = -1;
  int ratio_ = 0;
  std::vector<OpCost> costs_;
};

// --- Parts that several sublayers share ---------------------------------------------------------

// y = x W^T with x [T, inputs], y [T, outputs].
void StepPricer::linear(Op op, double weight_bytes, std::int64_t inputs, std::int64_t outputs) {
  add({.op = op,
       .weight_bytes = weight_bytes,
       .read_bytes = activations(inputs),
       .write_bytes = activations(outputs),
       .flops = per_token(2 * inputs * outputs)});
}

void StepPricer::rms_norm(Op op, std::int64_t width) {
  add({.op = op,
       .weight_bytes = RankWeightBytes::norm(width),
       .read_bytes = activations(width),
       .write_bytes = activations(width),
       .flops = per_token(kNormFlops * width)});
}

// Streams X [T, hc, d] -> y [T, d], and post [T, hc], mixing matrix [T, hc, hc] for hc_post.
// fn . x takes 2*rows*hc*d, the mean square and the weighted sum of streams 2*hc*d each.
void StepPricer::hyper_connection_pre(Op op) {
  const std::int64_t streams = m_.hc_mult * m_.hidden;
  add({.op = op,
       .weight_bytes = weights_.hyper_connection(),
       .read_bytes = activations(streams),
       .write_bytes = activations(m_.hidden) + coefficients(),
       .flops = per_token(2 * (m_.hc_rows() + 2) * streams)});
}

// Xnew_k = post_k f + sum_j C_jk X_j.
void StepPricer::hyper_connection_post(Op op) {
  const std::int64_t streams = m_.hc_mult * m_.hidden;
  add({.op = op,
       .read_bytes = activations(m_.hidden + streams) + coefficients(),
       .write_bytes = activations(streams),
       .flops = per_token(2 * (m_.hc_mult + 1) * streams)});
}

// Sum of a [T, d] vector over the ranks.
void StepPricer::all_reduce(Op op) {
  if (in_.layout.tp == 1) return;
  const double vector = activations(m_.hidden);
  add({.op = op, .read_bytes = vector, .write_bytes = vector, .wire_bytes = vector});
}

// --- Beginning and end --------------------------------------------------------------------------

// Rows are spread over the ranks with the vocabulary: a rank has its share of the T rows on
// average. Each row becomes hc equal streams.
void StepPricer::embedding() {
  const double share =
      static_cast<double>(in_.layout.vocab(m_).size()) / static_cast<double>(m_.vocab);
  const double rows = std::min(tokens_, static_cast<double>(m_.vocab)) * share;
  add({.op = Op::kEmbed,
       .weight_bytes = rows * weights_.vocab_row(),
       .write_bytes = activations(m_.hc_mult * m_.hidden)});
  all_reduce(Op::kEmbedAllReduce);
}

// hc_head: as hc_pre with hc rows and no coefficients left over. Logits travel as activations.
void StepPricer::ending() {
  const std::int64_t streams = m_.hc_mult * m_.hidden;
  add({.op = Op::kHcHead,
       .weight_bytes = weights_.hc_head(),
       .read_bytes = activations(streams),
       .write_bytes = activations(m_.hidden),
       .flops = per_token(2 * (m_.hc_mult + 2) * streams)});
  rms_norm(Op::kFinalNorm, m_.hidden);
  linear(Op::kLmHead, weights_.vocab_matrix(), m_.hidden, in_.layout.vocab(m_).size());
  if (in_.layout.tp > 1) {
    const double chunk = activations(in_.layout.vocab_chunk(m_));
    const double gathered = chunk * in_.layout.tp;
    add({.op = Op::kLogitsAllGather,
         .read_bytes = chunk,
         .write_bytes = gathered,
         .wire_bytes = gathered});
  }
  add({.op = Op::kSample, .read_bytes = activations(m_.vocab), .write_bytes = per_token(kI32)});
}

// --- Attention sublayer -------------------------------------------------------------------------

void StepPricer::attention() {
  hyper_connection_pre(Op::kAttnHcPre);
  rms_norm(Op::kAttnNorm, m_.hidden);
  query_path();
  if (ratio_ == 4) indexer();
  if (ratio_ != 0) compressor(Op::kCompressor, m_.head_dim, kv_entry_bytes(m_, in_.numerics));
  sparse_attention();
  output_path();
  all_reduce(Op::kAttnAllReduce);
  hyper_connection_post(Op::kAttnHcPost);
}

void StepPricer::query_path() {
  const std::int64_t width = heads_ * m_.head_dim;
  linear(Op::kQkvDown, weights_.qkv_down(), m_.hidden, m_.q_lora_rank + m_.head_dim);
  rms_norm(Op::kQNorm, m_.q_lora_rank);
  linear(Op::kQUp, weights_.q_up(), m_.q_lora_rank, width);
  // Per head: a norm without weight (one multiply less) over all dims, RoPE on the last ones.
  const std::int64_t head_flops = (kNormFlops - 1) * m_.head_dim + kRopeFlops * m_.rope_dim;
  add({.op = Op::kQNormRope,
       .read_bytes = activations(width),
       .write_bytes = activations(width),
       .flops = per_token(heads_ * head_flops)});
  add({.op = Op::kKvNormRopeStore,
       .weight_bytes = RankWeightBytes::norm(m_.head_dim),
       .read_bytes = activations(m_.head_dim),
       .write_bytes = per_token(kv_entry_bytes(m_, in_.numerics)),
       .flops = per_token(kNormFlops * m_.head_dim + kRopeFlops * m_.rope_dim)});
}

// Every token adds a row of kv and score to the state; a token that completes a block also reads
// the rows of the entry's window (`dim` of the C channels of each) and writes the entry.
void StepPricer::compressor(Op op, std::int64_t dim, std::int64_t entry_bytes) {
  const std::int64_t channels = compressor_channels(ratio_, dim);
  const double emitted = sum_over_tokens([&](auto s) { return emits_entry(ratio_, s) ? 1 : 0; });
  // The first entry of a sequence has no block before it.
  const double rows = sum_over_tokens(
      [&](auto s) { return emits_entry(ratio_, s) ? std::min(s, compressor_window(ratio_)) : 0; });
  const auto row_bytes = static_cast<double>(2 * dim * kF32);
  const double ape_rows = std::min(tokens_, static_cast<double>(ratio_));
  add({.op = op,
       .weight_bytes = weights_.compressor_projections(ratio_, dim) +
                       ape_rows * weights_.compressor_ape_row(ratio_, dim) +
                       (emitted > 0 ? RankWeightBytes::norm(dim) : 0),
       .read_bytes = activations(m_.hidden) + rows * row_bytes,
       .write_bytes = per_token(compressor_state_bytes(ratio_, dim)) +
                      emitted * static_cast<double>(entry_bytes),
       .flops = per_token(2 * m_.hidden * 2 * channels) + 2 * rows * static_cast<double>(dim)});
}

// Replicated on every rank. Per token n = floor(S/4) keys; the top-k reads its logits only when
// there is a choice to make.
void StepPricer::indexer() {
  const std::int64_t query = m_.index_heads * m_.index_dim;
  const double head_scalars = per_token(m_.index_heads * kF32);
  const std::int64_t entry_bytes = index_entry_bytes(m_, in_.numerics);
  const double query_bytes = per_token(m_.index_heads * entry_bytes);
  const double keys = sum_over_tokens([&](auto s) { return compressed_entries(ratio_, s); });
  const double ranked = sum_over_tokens([&](auto s) {
    const std::int64_t present = compressed_entries(ratio_, s);
    return present > m_.index_topk ? present : 0;
  });
  const double selected = sum_over_tokens([&](auto s) { return selected_entries(m_, ratio_, s); });

  compressor(Op::kIndexCompressor, m_.index_dim, entry_bytes);
  linear(Op::kIndexQ, weights_.index_q(), m_.q_lora_rank, query);
  // RoPE on the tail, then a Hadamard transform: log2(dim) additions and one scaling per dim.
  const std::int64_t head_flops =
      kRopeFlops * m_.rope_dim +
      m_.index_dim * std::bit_width(static_cast<std::uint64_t>(m_.index_dim));
  add({.op = Op::kIndexQQuant,
       .read_bytes = activations(query),
       .write_bytes = query_bytes,
       .flops = per_token(m_.index_heads * head_flops)});
  add({.op = Op::kIndexWeights,
       .weight_bytes = weights_.index_weights(),
       .read_bytes = activations(m_.hidden),
       .write_bytes = head_scalars,
       .flops = per_token(2 * m_.hidden * m_.index_heads)});
  add({.op = Op::kIndexLogits,
       .read_bytes = keys * static_cast<double>(entry_bytes) + query_bytes + head_scalars,
       .write_bytes = keys * kF32,
       .flops = 2 * keys * static_cast<double>(query)});
  add({.op = Op::kIndexTopK, .read_bytes = ranked * kF32, .write_bytes = selected * kI32});
}

// K = V = one entry: the scores and the weighted sum take 2*D per head and entry each. Caches are
// replicated, so a rank reads every entry whatever share of the heads it has.
void StepPricer::sparse_attention() {
  const double entries = sum_over_tokens([&](auto s) { return attended_entries(m_, ratio_, s); });
  const double indices =
      ratio_ == 4 ? sum_over_tokens([&](auto s) { return selected_entries(m_, ratio_, s); }) : 0;
  const std::int64_t width = heads_ * m_.head_dim;
  add({.op = Op::kSparseMla,
       .weight_bytes = weights_.sink(),
       .read_bytes = entries * static_cast<double>(kv_entry_bytes(m_, in_.numerics)) +
                     indices * kI32 + activations(width),
       .write_bytes = activations(width),
       .flops = 4 * entries * static_cast<double>(width)});
}

void StepPricer::output_path() {
  const std::int64_t roped = heads_ * m_.rope_dim;
  const std::int64_t low_rank = in_.layout.o_groups(m_).size() * m_.o_lora_rank;
  add({.op = Op::kOInverseRope,
       .read_bytes = activations(roped),
       .write_bytes = activations(roped),
       .flops = per_token(kRopeFlops * roped)});
  // Block diagonal: every output sees the inputs of its own group only.
  add({.op = Op::kWoA,
       .weight_bytes = weights_.wo_a(),
       .read_bytes = activations(heads_ * m_.head_dim),
       .write_bytes = activations(low_rank),
       .flops = per_token(2 * low_rank * in_.layout.o_group_inputs(m_).size())});
  linear(Op::kWoB, weights_.wo_b(), low_rank, m_.hidden);
}

// --- MoE sublayer -------------------------------------------------------------------------------

void StepPricer::feed_forward() {
  hyper_connection_pre(Op::kFfnHcPre);
  rms_norm(Op::kFfnNorm, m_.hidden);
  router();
  experts();
  all_reduce(Op::kMoeAllReduce);
  hyper_connection_post(Op::kFfnHcPost);
}

// Hash layers look the ids up by token, but weigh them with the same scores.
void StepPricer::router() {
  const double scores = per_token(m_.experts * kF32);
  add({.op = Op::kRouterGate,
       .weight_bytes = weights_.gate(),
       .read_bytes = activations(m_.hidden),
       .write_bytes = scores,
       .flops = per_token(2 * m_.hidden * m_.experts)});
  const double table = m_.is_hash_layer(layer_)
                           ? std::min(tokens_, static_cast<double>(m_.vocab)) * weights_.hash_row()
                           : weights_.gate_bias();
  add({.op = Op::kRouterTopK,
       .weight_bytes = table,
       .read_bytes = scores,
       .write_bytes = choices()});
}

// Three matrices of I x d per expert. The shared expert adds onto the routed sum.
void StepPricer::experts() {
  const auto at = static_cast<std::size_t>(layer_);
  const std::int64_t routed = in_.layout.routed_intermediate(m_).size();
  const std::int64_t shared = in_.layout.shared_intermediate(m_).size();
  add({.op = Op::kMoeRouted,
       .weight_bytes = in_.unique_experts[at] * weights_.routed_expert(),
       .read_bytes = activations(m_.hidden) + choices(),
       .write_bytes = activations(m_.hidden),
       .flops = 2 * in_.expert_slots[at] * static_cast<double>(3 * routed * m_.hidden)});
  add({.op = Op::kMoeShared,
       .weight_bytes = weights_.shared_expert(),
       .read_bytes = 2 * activations(m_.hidden),
       .write_bytes = activations(m_.hidden),
       .flops = per_token(2 * 3 * shared * m_.hidden)});
}

void require_consistent(const CostInputs& in) {
  DSCOPE_REQUIRE(in.model != nullptr, "CostInputs::model must be set");
  const auto layers = static_cast<std::size_t>(in.model->layers);
  DSCOPE_REQUIRE(in.model->compress_ratios.size() == layers,
                 "compress_ratios must have {} entries, has {}", layers,
                 in.model->compress_ratios.size());
  DSCOPE_REQUIRE(in.unique_experts.size() == layers, "unique_experts must have {} entries, has {}",
                 layers, in.unique_experts.size());
  DSCOPE_REQUIRE(in.expert_slots.size() == layers, "expert_slots must have {} entries, has {}",
                 layers, in.expert_slots.size());
  DSCOPE_REQUIRE(!in.contexts.empty(), "contexts must hold at least one token");
  for (std::int64_t context : in.contexts) {
    DSCOPE_REQUIRE(context >= 1, "contexts must be at least 1, one is {}", context);
  }
}

}  // namespace

std::vector<OpCost> op_costs(const CostInputs& in) {
  require_consistent(in);
  return StepPricer(in).price();
}

OpCost total(const std::vector<OpCost>& costs) {
  OpCost sum;
  for (const OpCost& cost : costs) {
    sum.weight_bytes += cost.weight_bytes;
    sum.read_bytes += cost.read_bytes;
    sum.write_bytes += cost.write_bytes;
    sum.flops += cost.flops;
    sum.wire_bytes += cost.wire_bytes;
  }
  return sum;
}

}  // namespace dscope
