// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/cuda_decoder.h"

#include "kernels/common/stage_range.h"
#include "kernels/cuda/device.h"
#include "kernels/decode_step/cuda_linear.h"
#include "kernels/decode_step/cuda_memory_plan.h"
#include "kernels/decode_step/decoder_options.h"
#include "kernels/embed/embed.h"
#include "kernels/hyper_connection/hyper_connection.h"
#include "kernels/sampling/join_vocab.h"
#include "kernels/sampling/sampling.h"
#include "workloads/base/error.h"

#include <chrono>
#include <optional>

namespace dscope {
namespace {

// The largest batch that the tensor-core paths are made for.
constexpr std::int64_t kMaxTokens = 128;

void check_cuda_options(const ModelConfig& model, const DecoderOptions& options) {
  check_decoder_options(model, options);
  if (options.numerics == Numerics::kExact) {
    throw usage_error(
        "numerics: exact (float32 everywhere) is what the CPU reference is for; the CUDA back end "
        "runs bf16, serving and serving-a8");
  }
  if (options.max_batch > kMaxTokens) {
    throw usage_error("batch: the CUDA back end decodes up to {} tokens a step, got {}", kMaxTokens,
                      options.max_batch);
  }
}

// The sink where it wants to know what launches belong to, else null.
RangeSink* labeller(RangeSink* sink) {
  return sink != nullptr && sink->labels_launches() ? sink : nullptr;
}

}  // namespace

CudaDecoder::CudaDecoder(std::shared_ptr<const CudaWeights> weights, DeviceCommunicator& comm,
                         const DecoderOptions& options, const CudaOptions& cuda)
    : options_(options),
      cuda_(cuda),
      comm_(comm),
      model_(weights->model()),
      format_(cache_format(options.numerics)),
      activations_to_fp8_(options.numerics == Numerics::kServingA8),
      heads_(options.layout.heads(model_)),
      pages_(model_, options.max_batch, options.max_context),
      plain_frequencies_(Rope(model_, 0).frequencies()),
      yarn_frequencies_(Rope(model_, 4).frequencies()),
      weights_(std::move(weights)),
      histories_(model_, format_, pages_, options.seed),
      inputs_(model_, pages_, options),
      buffers_(model_, options),
      sequences_(options.max_batch, options.max_context, model_.vocab) {
  std::int64_t ratio4_layers = 0;
  for (const int layer_ratio : model_.compress_ratios) {
    caches_.emplace_back(model_, layer_ratio, format_, pages_);
    index_layer_.push_back(ratio4_layers);
    if (layer_ratio == 4) ++ratio4_layers;
  }
}

void CudaDecoder::start_sequence(std::int64_t slot, std::int64_t history) {
  sequences_.start(slot, history);
  if (history > 0) histories_.fill(caches_, slot, history, stream_.get());
}

RopeView CudaDecoder::rope(std::int64_t layer) const {
  const DeviceArray<double>& table = ratio(layer) == 0 ? plain_frequencies_ : yarn_frequencies_;
  return {table.data(), table.size()};
}

std::int32_t* CudaDecoder::selected(std::int64_t layer) const {
  return buffers_.selected.data() + index_layer_[layer] * options_.max_batch * model_.index_topk;
}

std::int32_t* CudaDecoder::routed(std::int64_t layer) const {
  return buffers_.routed.data() + layer * options_.max_batch * model_.experts_per_token;
}

void CudaDecoder::all_reduce(Enqueue& e, Op op) {
  const StageRange range(e.sink, op);
  comm_.all_reduce_sum(buffers_.f.data(), e.tokens * model_.hidden, e.stream);
}

void CudaDecoder::join_parts(Enqueue& e, Op op) {
  if (!float32_parts(e)) return all_reduce(e, op);
  const StageRange range(e.sink, op);
  comm_.all_reduce_sum(buffers_.part.data(), e.tokens * model_.hidden, buffers_.f.data(), e.stream);
}

void CudaDecoder::embed(Enqueue& e) {
  {
    const StageRange range(e.sink, Op::kEmbed);
    launch_embed(EmbedParams<bf16_t>{.tokens = e.tokens,
                                     .ids = inputs_.ids,
                                     .table = weights_->ends().embed,
                                     .vocab = options_.layout.vocab(model_),
                                     .out = buffers_.f.data()},
                 e.stream);
  }
  all_reduce(e, Op::kEmbedAllReduce);
  const StageRange range(e.sink, Op::kEmbed);
  launch_hc_expand(HcExpandParams<bf16_t>{.tokens = e.tokens,
                                          .streams = model_.hc_mult,
                                          .hidden = model_.hidden,
                                          .e = buffers_.f.data(),
                                          .x = buffers_.streams.data()},
                   e.stream);
}

void CudaDecoder::enter_sublayer(Enqueue& e, Op op, const HyperConnectionWeights& hc,
                                 const WeightVector& norm) {
  const StageRange range(e.sink, op);
  const HcPostParams<bf16_t> leave{.tokens = e.tokens,
                                   .streams = model_.hc_mult,
                                   .hidden = model_.hidden,
                                   .f = buffers_.f.data(),
                                   .post = buffers_.post.data(),
                                   .mixing = buffers_.mixing.data(),
                                   .x = buffers_.streams.data()};
  const HcPostParams<bf16_t>* const previous = e.entered ? &leave : nullptr;
  const HcNorm normed{.weight = norm, .eps = model_.rms_eps, .x = buffers_.x.data()};
  // What both readers of the streams are told.
  const auto reader = [&](auto p) {
    p.tokens = e.tokens;
    p.streams = model_.hc_mult;
    p.hidden = model_.hidden;
    p.x = buffers_.streams.data();
    p.weights = &hc;
    p.rms_eps = model_.rms_eps;
    p.hc_eps = model_.hc_eps;
    p.workspace = buffers_.hc_workspace.data();
    return p;
  };
  if (op == Op::kHcHead) {
    launch_hc_head(previous, reader(HcHeadParams<bf16_t>{}), normed, e.stream);
    return;
  }
  e.entered = true;
  launch_hc_transition(previous,
                       reader(HcPreParams<bf16_t>{.sinkhorn_iterations = model_.sinkhorn_iterations,
                                                  .post = buffers_.post.data(),
                                                  .mixing = buffers_.mixing.data()}),
                       normed, e.stream);
}

void CudaDecoder::gather_logits(Enqueue& e) {
  const StageRange range(e.sink, Op::kLogitsAllGather);
  const std::int64_t chunk = options_.layout.vocab_chunk(model_);
  comm_.all_gather(buffers_.vocab_part.data(), e.tokens * chunk, buffers_.vocab_parts.data(),
                   e.stream);
  launch_join_vocab({.tokens = e.tokens,
                     .ranks = comm_.size(),
                     .chunk = chunk,
                     .vocab = model_.vocab,
                     .parts = buffers_.vocab_parts.data(),
                     .logits = buffers_.logits.data()},
                    e.stream);
}

void CudaDecoder::finish(Enqueue& e) {
  const EndWeights& ends = weights_->ends();
  enter_sublayer(e, Op::kHcHead, ends.hc_head, ends.norm);
  const bool alone = comm_.size() == 1;
  {
    const StageRange range(e.sink, Op::kLmHead);
    linear(e, buffers_.x.data(), model_.hidden, ends.head,
           alone ? buffers_.logits.data() : buffers_.vocab_part.data(),
           alone ? model_.vocab : options_.layout.vocab_chunk(model_));
  }
  if (!alone) gather_logits(e);
  const StageRange range(e.sink, Op::kSample);
  launch_sample({.tokens = e.tokens,
                 .vocab = model_.vocab,
                 .logits = buffers_.logits.data(),
                 .streams = inputs_.streams,
                 .positions = inputs_.positions,
                 .temperature = options_.temperature,
                 .seed = options_.seed,
                 .next = buffers_.next.data(),
                 .workspace = buffers_.sample_workspace.data()},
                e.stream);
}

void CudaDecoder::enqueue_step(Enqueue& e) {
  {
    const StageRange range(e.sink, Op::kStepInputs);
    inputs_.upload(e.stream);
  }
  embed(e);
  for (std::int64_t layer = 0; layer < model_.layers; ++layer) {
    const LayerWeights& w = weights_->layer(layer);
    enter_sublayer(e, Op::kAttnHcPre, w.hc_attn, w.attn_norm);
    attention(e, layer);
    join_parts(e, Op::kAttnAllReduce);
    enter_sublayer(e, Op::kFfnHcPre, w.hc_ffn, w.ffn_norm);
    moe(e, layer);
    join_parts(e, Op::kMoeAllReduce);
  }
  finish(e);
}

CudaDecoder::Captured& CudaDecoder::captured(std::int64_t tokens, bool timed, RangeSink* labels) {
  Captured& step = captured_[{tokens, timed}];
  if (step.graph) return step;
  if (timed) step.log = std::make_unique<CudaRangeLog>();
  step.graph = std::make_unique<CudaGraph>([&](Stream stream) {
    if (step.log) step.log->start(stream);
    Enqueue e{.tokens = tokens, .stream = stream, .sink = timed ? step.log.get() : labels};
    enqueue_step(e);
  });
  return step;
}

void CudaDecoder::prepare(std::int64_t tokens, RangeSink* sink) {
  if (!cuda_.graph) return;
  RangeSink* const labels = labeller(sink);
  captured(tokens, /*timed=*/false, labels);
  if (labels == nullptr) captured(tokens, /*timed=*/true, nullptr);
}

// The log's times are the GPU's; its last range ended when the stream was seen complete, just now.
void CudaDecoder::report(const CudaRangeLog& log, RangeSink& sink) const {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(since_start).count();
  const std::vector<CudaRangeLog::TimedRange> ranges = log.read();
  if (ranges.empty()) return;
  const double first_ns = static_cast<double>(now_ns) - ranges.back().end_ns;
  for (const CudaRangeLog::TimedRange& range : ranges) {
    sink.add(range.stage, range.name, static_cast<std::int64_t>(first_ns + range.start_ns),
             static_cast<std::int64_t>(first_ns + range.end_ns));
  }
}

void CudaDecoder::run(std::int64_t tokens, RangeSink* sink) {
  RangeSink* const labels = labeller(sink);
  const bool timed = labels == nullptr && sink != nullptr && sink->enabled();
  if (cuda_.graph) {
    const Captured& step = captured(tokens, timed, labels);
    step.graph->launch(stream_.get());
    stream_.synchronise();
    if (timed) report(*step.log, *sink);
    return;
  }
  eager_log_.start(stream_.get());
  Enqueue e{.tokens = tokens, .stream = stream_.get(), .sink = timed ? &eager_log_ : labels};
  enqueue_step(e);
  stream_.synchronise();
  if (timed) report(eager_log_, *sink);
}

// One copy for all layers: each copy is a round trip to the GPU, as long as a small kernel.
void CudaDecoder::observe(std::int64_t tokens, const StepHooks& hooks) const {
  const auto tell = [&](const auto& hook, const DeviceArray<std::int32_t>& kept, std::int64_t width,
                        auto place_of) {
    if (!hook) return;
    const std::vector<std::int32_t> values = kept.to_host();
    for (std::int64_t layer = 0; layer < model_.layers; ++layer) {
      const std::optional<std::int64_t> place = place_of(layer);
      if (!place) continue;
      const auto first = static_cast<std::size_t>(*place * options_.max_batch * width);
      hook(layer, std::span(values).subspan(first, static_cast<std::size_t>(tokens * width)));
    }
  };
  tell(hooks.on_routing, buffers_.routed, model_.experts_per_token,
       [](std::int64_t layer) { return std::optional(layer); });
  tell(hooks.on_selection, buffers_.selected, model_.index_topk, [&](std::int64_t layer) {
    return ratio(layer) == 4 ? std::optional(index_layer_[layer]) : std::nullopt;
  });
}

void CudaDecoder::step(std::span<const StepToken> tokens, const StepHooks& hooks, RangeSink* sink,
                       const StepOutput& out) {
  sequences_.check(tokens, out);
  const auto count = static_cast<std::int64_t>(tokens.size());
  {
    const StageRange range(labeller(sink), Op::kStepInputs);
    inputs_.set(StepMetadata(model_, pages_, tokens), hooks);
  }
  run(count, sink);
  sequences_.advance(tokens);
  // Copies of results belong to what made them.
  const StageRange range(labeller(sink), Op::kSample);
  if (!out.next.empty()) copy_to_host(out.next.data(), buffers_.next.data(), 4 * count);
  if (!out.logits.empty()) {
    copy_to_host(out.logits.data(), buffers_.logits.data(), 4 * count * model_.vocab);
  }
  observe(count, hooks);
}

std::shared_ptr<const CudaWeights> load_cuda_weights(WeightSource& source,
                                                     const DecoderOptions& options,
                                                     const CudaOptions& cuda) {
  const CudaDevice device = current_device();
  check_cuda_options(source.config(), options);
  check_memory(source.config(), options, cuda, WeightsAre::kToBeLoaded, device.free_bytes);
  return std::make_shared<const CudaWeights>(source, first_layers(source.config(), options.layers),
                                             options.layout, cuda.wo_a_bf16, cuda.on_load);
}

std::unique_ptr<Decoder> make_cuda_decoder(std::shared_ptr<const CudaWeights> weights,
                                           DeviceCommunicator& comm, const DecoderOptions& options,
                                           const CudaOptions& cuda) {
  const CudaDevice device = current_device();
  check_cuda_options(weights->model(), options);
  check_communicator(options, comm.size(), comm.rank());
  DSCOPE_REQUIRE(weights->made_for(options, cuda),
                 "weights were loaded for other layers, another rank or another format of wo_a");
  check_memory(weights->model(), options, cuda, WeightsAre::kLoaded, device.free_bytes);
  return std::make_unique<CudaDecoder>(std::move(weights), comm, options, cuda);
}

std::unique_ptr<Decoder> make_cuda_decoder(WeightSource& weights, DeviceCommunicator& comm,
                                           const DecoderOptions& options, const CudaOptions& cuda) {
  check_communicator(options, comm.size(), comm.rank());
  return make_cuda_decoder(load_cuda_weights(weights, options, cuda), comm, options, cuda);
}

}  // namespace dscope
