// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/cpu_decoder.h"

#include "kernels/common/stage_range.h"
#include "kernels/decode_step/decoder_options.h"
#include "kernels/decode_step/rank_weights.h"
#include "kernels/embed/embed.h"
#include "kernels/hyper_connection/hyper_connection.h"
#include "kernels/norm_rope_cache/rms_norm.h"
#include "kernels/sampling/join_vocab.h"
#include "kernels/sampling/sampling.h"
#include "workloads/random.h"

namespace dscope {

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
      sequences_(options.max_batch, options.max_context, model_.vocab) {
  for (const int layer_ratio : model_.compress_ratios) {
    caches_.emplace_back(model_, layer_ratio, format_, pages_);
  }
}

template <Activation Act>
void CpuDecoder<Act>::start_sequence(std::int64_t slot, std::int64_t history) {
  sequences_.start(slot, history);
  for (std::size_t layer = 0; layer < caches_.size(); ++layer) {
    caches_[layer].fill_synthetic(pages_, slot, history, hash64(options_.seed, layer), slot);
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
  reference_join_vocab({.tokens = s.tokens,
                        .ranks = comm_.size(),
                        .chunk = chunk,
                        .vocab = model_.vocab,
                        .parts = all.data(),
                        .logits = logits.data()});
}

template <Activation Act>
void CpuDecoder<Act>::step(std::span<const StepToken> tokens, const StepHooks& hooks,
                           RangeSink* sink, const StepOutput& out) {
  sequences_.check(tokens, out);
  const StepMetadata meta = [&] {
    const StageRange range(sink, Op::kStepInputs);
    return StepMetadata(model_, pages_, tokens);
  }();
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
  std::vector<float> scratch;
  std::span<float> logits = out.logits;
  if (logits.empty()) {
    resize(scratch, model_.vocab);
    logits = scratch;
  }
  finish(s, logits);
  if (!out.next.empty()) sample(s, logits, out.next);
  sequences_.advance(tokens);
}

template <Activation Act>
void CpuDecoder<Act>::sample(StepState& s, std::span<const float> logits,
                             std::span<std::int32_t> next) {
  const StageRange range(s.sink, Op::kSample);
  reference_sample({.tokens = s.tokens,
                    .vocab = model_.vocab,
                    .logits = logits.data(),
                    .streams = s.meta->streams.data(),
                    .positions = s.meta->positions.data(),
                    .temperature = options_.temperature,
                    .seed = options_.seed,
                    .next = next.data()});
}

template class CpuDecoder<float>;
template class CpuDecoder<bf16_t>;

std::unique_ptr<Decoder> make_cpu_decoder(WeightSource& weights, Communicator& comm,
                                          const DecoderOptions& options) {
  check_decoder_options(weights.config(), options);
  check_communicator(options, comm.size(), comm.rank());
  if (options.numerics == Numerics::kExact) {
    return std::make_unique<CpuDecoder<float>>(weights, comm, options);
  }
  return std::make_unique<CpuDecoder<bf16_t>>(weights, comm, options);
}

std::int64_t cache_bytes(const ModelConfig& model, const DecoderOptions& options) {
  const ModelConfig m = first_layers(model, options.layers);
  const PageTable pages(m, options.max_batch, options.max_context);
  std::int64_t bytes = 0;
  for (const int ratio : m.compress_ratios) {
    bytes += layer_cache_sizes(m, ratio, cache_format(options.numerics), pages).bytes();
  }
  return bytes;
}

}  // namespace dscope
