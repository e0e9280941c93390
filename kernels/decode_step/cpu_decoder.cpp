// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/cpu_decoder.h"

#include "kernels/common/stage_range.h"
#include "kernels/decode_step/rank_weights.h"
#include "kernels/embed/embed.h"
#include "kernels/hyper_connection/hyper_connection.h"
#include "kernels/norm_rope_cache/rms_norm.h"
#include "workloads/base/error.h"
#include "workloads/random.h"

#include <algorithm>

namespace dscope {
namespace {

// What the sources can give but this back end cannot run.
void check_options(const ModelConfig& m, const DecoderOptions& options, const Communicator& comm) {
  validate(options.layout, m);
  DSCOPE_REQUIRE(comm.size() == options.layout.tp && comm.rank() == options.layout.rank,
                 "communicator is rank {} of {}, layout is rank {} of {}", comm.rank(), comm.size(),
                 options.layout.rank, options.layout.tp);
  if (options.layers < 0 || options.layers > m.layers) {
    throw usage_error("layers: expected 0 (all) to {}, got {}", m.layers, options.layers);
  }
  if (options.max_batch < 1) throw usage_error("batch: expected at least 1");
  if (options.max_context < 1 || options.max_context > m.max_position) {
    throw usage_error("context: expected 1 to {} tokens ({}), got {}", m.max_position, m.name,
                      options.max_context);
  }
  if (!quantised_caches(options.numerics)) return;
  if (m.head_dim != KvPage::kHeadDim || m.rope_dim != KvPage::kRopeDim ||
      m.index_dim != IndexPage::kDim) {
    throw usage_error(
        "numerics: {} keeps keys in FP8 pages, which hold heads of 512 (64 roped) and index keys "
        "of "
        "128; {} has heads of {} ({} roped) and index keys of {}: use exact or bf16",
        id(options.numerics), m.name, m.head_dim, m.rope_dim, m.index_dim);
  }
}

}  // namespace

template <Activation Act>
CpuDecoder<Act>::CpuDecoder(WeightSource& weights, Communicator& comm,
                            const DecoderOptions& options)
    : weights_(weights),
      comm_(comm),
      options_(options),
      model_(first_layers(weights.config(), options.layers)),
      format_(cache_format(options.numerics)),
      activations_to_fp8_(options.numerics == Numerics::kServingA8),
      heads_(options.layout.heads(model_)),
      pages_(model_, options.max_batch, options.max_context),
      plain_rope_(model_, 0),
      yarn_rope_(model_, 4),
      next_position_(static_cast<std::size_t>(options.max_batch), -1) {
  for (const int layer_ratio : model_.compress_ratios) {
    caches_.emplace_back(model_, layer_ratio, format_, pages_);
  }
}

template <Activation Act>
void CpuDecoder<Act>::start_sequence(std::int64_t slot, std::int64_t history) {
  DSCOPE_REQUIRE(slot >= 0 && slot < options_.max_batch, "slot {} of {}", slot, options_.max_batch);
  DSCOPE_REQUIRE(history >= 0 && history < options_.max_context, "history {} in a context of {}",
                 history, options_.max_context);
  next_position_[slot] = history;
  for (std::int64_t layer = 0; layer < model_.layers && history > 0; ++layer) {
    caches_[layer].fill_synthetic(pages_, slot, history, hash64(options_.seed, layer));
  }
}

template <Activation Act>
void CpuDecoder<Act>::check_tokens(std::span<const StepToken> tokens,
                                   std::span<float> logits) const {
  DSCOPE_REQUIRE(!tokens.empty() && static_cast<std::int64_t>(tokens.size()) <= options_.max_batch,
                 "a step decodes 1 to {} tokens, got {}", options_.max_batch, tokens.size());
  DSCOPE_REQUIRE(logits.size() == tokens.size() * static_cast<std::size_t>(model_.vocab),
                 "logits must hold {} x {} values, not {}", tokens.size(), model_.vocab,
                 logits.size());
  std::vector<bool> seen(static_cast<std::size_t>(options_.max_batch));
  for (const StepToken& token : tokens) {
    DSCOPE_REQUIRE(token.slot >= 0 && token.slot < options_.max_batch && !seen[token.slot],
                   "slot {} is out of range or used twice in a step", token.slot);
    seen[token.slot] = true;
    DSCOPE_REQUIRE(token.id >= 0 && token.id < model_.vocab, "token id {} of {}", token.id,
                   model_.vocab);
    DSCOPE_REQUIRE(token.position == next_position_[token.slot],
                   "slot {} is at position {}, got a token for {}", token.slot,
                   next_position_[token.slot], token.position);
    DSCOPE_REQUIRE(token.position < options_.max_context, "position {} in a context of {}",
                   token.position, options_.max_context);
  }
}

template <Activation Act>
void CpuDecoder<Act>::all_reduce(StepState& s, Op op, std::vector<Act>& values) {
  const StageRange range(s.sink, op);
  comm_.all_reduce_sum(std::span<Act>(values));
}

template <Activation Act>
void CpuDecoder<Act>::embed(StepState& s) {
  std::vector<Act> e(static_cast<std::size_t>(s.tokens * model_.hidden));
  {
    const StageRange range(s.sink, Op::kEmbed);
    const EndWeights ends = rank_slice(weights_.ends(), model_, options_.layout);
    reference_embed<Act>({.tokens = s.tokens,
                          .ids = s.meta->ids.data(),
                          .table = ends.embed,
                          .vocab = options_.layout.vocab(model_),
                          .out = e.data()});
  }
  all_reduce(s, Op::kEmbedAllReduce, e);
  const StageRange range(s.sink, Op::kEmbed);
  reference_hc_expand<Act>({.tokens = s.tokens,
                            .streams = model_.hc_mult,
                            .hidden = model_.hidden,
                            .e = e.data(),
                            .x = s.streams.data()});
}

template <Activation Act>
void CpuDecoder<Act>::enter_sublayer(StepState& s, Op hc_op, const HyperConnectionWeights& hc,
                                     Op norm_op, const WeightVector& norm_weight) {
  {
    const StageRange range(s.sink, hc_op);
    reference_hc_pre<Act>({.tokens = s.tokens,
                           .streams = model_.hc_mult,
                           .hidden = model_.hidden,
                           .x = s.streams.data(),
                           .weights = &hc,
                           .rms_eps = model_.rms_eps,
                           .hc_eps = model_.hc_eps,
                           .sinkhorn_iterations = model_.sinkhorn_iterations,
                           .y = s.mixed.data(),
                           .post = s.post.data(),
                           .mixing = s.mixing.data()});
  }
  norm(s, norm_op, norm_weight);
}

template <Activation Act>
void CpuDecoder<Act>::norm(StepState& s, Op op, const WeightVector& weight) {
  const StageRange range(s.sink, op);
  reference_rms_norm<float, Act>({.tokens = s.tokens,
                                  .x = s.mixed.data(),
                                  .x_stride = model_.hidden,
                                  .weight = weight,
                                  .eps = model_.rms_eps,
                                  .y = s.x.data()});
}

template <Activation Act>
void CpuDecoder<Act>::leave_sublayer(StepState& s, Op hc_op) {
  const StageRange range(s.sink, hc_op);
  reference_hc_post<Act>({.tokens = s.tokens,
                          .streams = model_.hc_mult,
                          .hidden = model_.hidden,
                          .f = s.f.data(),
                          .post = s.post.data(),
                          .mixing = s.mixing.data(),
                          .x = s.streams.data()});
}

template <Activation Act>
void CpuDecoder<Act>::finish(StepState& s, std::span<float> logits) {
  const EndWeights ends = rank_slice(weights_.ends(), model_, options_.layout);
  {
    const StageRange range(s.sink, Op::kHcHead);
    reference_hc_head<Act>({.tokens = s.tokens,
                            .streams = model_.hc_mult,
                            .hidden = model_.hidden,
                            .x = s.streams.data(),
                            .weights = &ends.hc_head,
                            .rms_eps = model_.rms_eps,
                            .hc_eps = model_.hc_eps,
                            .y = s.mixed.data()});
  }
  norm(s, Op::kFinalNorm, ends.norm);
  const std::int64_t chunk = options_.layout.vocab_chunk(model_);
  std::vector<float> mine(static_cast<std::size_t>(s.tokens * chunk));
  {
    const StageRange range(s.sink, Op::kLmHead);
    linear(s, s.x.data(), model_.hidden, ends.head, mine.data(), chunk);
  }
  const StageRange range(s.sink, Op::kLogitsAllGather);
  std::vector<float> all(mine.size() * static_cast<std::size_t>(comm_.size()));
  comm_.all_gather(mine, all);
  // [rank, T, chunk] -> [T, vocab]; the last rank's chunk may be padded.
  for (std::int64_t v = 0; v < model_.vocab; ++v) {
    const float* column = all.data() + v / chunk * s.tokens * chunk + v % chunk;
    for (std::int64_t t = 0; t < s.tokens; ++t) logits[t * model_.vocab + v] = column[t * chunk];
  }
}

template <Activation Act>
void CpuDecoder<Act>::step(std::span<const StepToken> tokens, const StepHooks& hooks,
                           RangeSink* sink, std::span<float> logits) {
  check_tokens(tokens, logits);
  const StepMetadata meta(model_, pages_, tokens);
  StepState s;
  s.meta = &meta;
  s.hooks = &hooks;
  s.sink = sink;
  s.tokens = static_cast<std::int64_t>(tokens.size());
  const auto resize = [&](auto& values, std::int64_t per_token) {
    values.resize(static_cast<std::size_t>(s.tokens * per_token));
  };
  resize(s.streams, model_.hc_mult * model_.hidden);
  resize(s.mixed, model_.hidden);
  resize(s.x, model_.hidden);
  resize(s.f, model_.hidden);
  resize(s.post, model_.hc_mult);
  resize(s.mixing, model_.hc_mult * model_.hc_mult);
  resize(qkv_, model_.q_lora_rank + model_.head_dim);
  resize(qr_, model_.q_lora_rank);
  resize(q_, heads_.size() * model_.head_dim);
  resize(attended_, heads_.size() * model_.head_dim);
  resize(o_, heads_.size() * model_.head_dim);

  embed(s);
  for (std::int64_t layer = 0; layer < model_.layers; ++layer) {
    const LayerWeights w = rank_slice(weights_.layer(layer), model_, options_.layout);
    enter_sublayer(s, Op::kAttnHcPre, w.hc_attn, Op::kAttnNorm, w.attn_norm);
    attention(s, layer, w);
    all_reduce(s, Op::kAttnAllReduce, s.f);
    leave_sublayer(s, Op::kAttnHcPost);
    enter_sublayer(s, Op::kFfnHcPre, w.hc_ffn, Op::kFfnNorm, w.ffn_norm);
    moe(s, layer, w);
    all_reduce(s, Op::kMoeAllReduce, s.f);
    leave_sublayer(s, Op::kFfnHcPost);
  }
  finish(s, logits);
  for (const StepToken& token : tokens) ++next_position_[token.slot];
}

template class CpuDecoder<float>;
template class CpuDecoder<bf16_t>;

std::unique_ptr<Decoder> make_cpu_decoder(WeightSource& weights, Communicator& comm,
                                          const DecoderOptions& options) {
  check_options(weights.config(), options, comm);
  if (options.numerics == Numerics::kExact) {
    return std::make_unique<CpuDecoder<float>>(weights, comm, options);
  }
  return std::make_unique<CpuDecoder<bf16_t>>(weights, comm, options);
}

std::int64_t cpu_cache_bytes(const ModelConfig& model, const DecoderOptions& options) {
  const ModelConfig m = first_layers(model, options.layers);
  const PageTable pages(m, options.max_batch, options.max_context);
  std::int64_t bytes = 0;
  for (const int ratio : m.compress_ratios) {
    bytes += LayerCaches::bytes(m, ratio, cache_format(options.numerics), pages);
  }
  return bytes;
}

}  // namespace dscope
