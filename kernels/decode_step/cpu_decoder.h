// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/rope.h"
#include "kernels/decode_step/decoder.h"
#include "kernels/decode_step/layer_caches.h"
#include "kernels/decode_step/page_table.h"
#include "kernels/decode_step/sequence_slots.h"
#include "kernels/decode_step/step_metadata.h"
#include "kernels/linear/linear.h"
#include "workloads/op.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dscope {

// The decode step on the CPU, op by op as the official reference model has them. Act decides how
// activations are kept between ops.
//
// The class is split by sublayer: attention_sublayer.cpp, moe_sublayer.cpp, and the frame around
// them in cpu_decoder.cpp.
template <Activation Act>
class CpuDecoder final : public Decoder {
 public:
  CpuDecoder(WeightSource& weights, Communicator& comm, const DecoderOptions& options);

  void start_sequence(std::int64_t slot, std::int64_t history) override;
  void step(std::span<const StepToken> tokens, const StepHooks& hooks, RangeSink* sink,
            const StepOutput& out) override;

 private:
  // What one step carries from op to op.
  struct StepState {
    const StepMetadata* meta = nullptr;
    const StepHooks* hooks = nullptr;
    RangeSink* sink = nullptr;
    std::int64_t tokens = 0;    // T
    std::vector<Act> streams;   // [T, hc_mult, d] the residual stream
    std::vector<float> mixed;   // [T, d] streams as hyper-connections mix them, before the norm
    std::vector<Act> x;         // [T, d] input of a sublayer, normed
    std::vector<Act> f;         // [T, d] its output
    std::vector<float> post;    // [T, hc_mult]
    std::vector<float> mixing;  // [T, hc_mult, hc_mult]
  };

  void embed(StepState& s);
  void enter_sublayer(StepState& s, Op hc_op, const HyperConnectionWeights& hc, Op norm_op,
                      const WeightVector& norm);
  void norm(StepState& s, Op op, const WeightVector& weight);  // s.mixed -> s.x
  void leave_sublayer(StepState& s, Op hc_op);
  void all_reduce(StepState& s, Op op, std::vector<Act>& values);
  void finish(StepState& s, std::span<float> logits);
  void sample(StepState& s, std::span<const float> logits, std::span<std::int32_t> next);

  // Attention: s.x -> s.f (partial sum of this rank).
  void attention(StepState& s, std::int64_t layer, const LayerWeights& w);
  void project_queries(StepState& s, const AttentionWeights& w, const Rope& rope,
                       LayerCaches& caches);
  std::vector<float> project_history(StepState& s, const WeightMatrix& weight);
  void compress(StepState& s, Op op, const CompressorWeights& w, std::int64_t layer,
                std::int64_t dim);
  IndexList select_entries(StepState& s, std::int64_t layer, const IndexerWeights& w);
  std::vector<float> index_logits(StepState& s, std::int64_t layer, const IndexerWeights& w,
                                  std::int64_t width);
  void choose_entries(StepState& s, std::int64_t layer, const std::vector<float>& logits,
                      std::int64_t width, std::vector<std::int32_t>& selected);
  void attend(StepState& s, std::int64_t layer, const AttentionWeights& w,
              const IndexList& compressed);
  void project_output(StepState& s, const AttentionWeights& w, const Rope& rope);

  // MoE: s.x -> s.f (partial sum of this rank).
  void moe(StepState& s, std::int64_t layer, const LayerWeights& w);
  std::vector<std::int32_t> forced_experts(StepState& s, std::int64_t layer) const;

  template <class Out>
  void linear(const StepState& s, const Act* x, std::int64_t x_stride, const WeightMatrix& weight,
              Out* y, std::int64_t y_stride) const {
    reference_linear<Act, Out>(
        {.tokens = s.tokens,
         .x = x,
         .x_stride = x_stride,
         .weight = weight,
         .y = y,
         .y_stride = y_stride,
         .quantise_activations = activations_to_fp8_ && weight.format == WeightFormat::kFp8});
  }

  [[nodiscard]] int ratio(std::int64_t layer) const { return model_.compress_ratios[layer]; }
  [[nodiscard]] const Rope& rope(std::int64_t layer) const {
    return ratio(layer) == 0 ? plain_rope_ : yarn_rope_;
  }

  WeightSource& weights_;
  Communicator& comm_;
  DecoderOptions options_;
  ModelConfig model_;
  CacheFormat format_;
  bool activations_to_fp8_;
  Slice heads_;
  PageTable pages_;
  Rope plain_rope_;
  Rope yarn_rope_;
  std::vector<LayerCaches> caches_;  // [layers]
  SequenceSlots sequences_;

  // Scratch of the attention sublayer, sized for the step at hand.
  std::vector<Act> qkv_;         // [T, q_lora + D]
  std::vector<Act> qr_;          // [T, q_lora] normed
  std::vector<Act> q_;           // [T, H, D]
  std::vector<float> attended_;  // [T, H, D] before the inverse RoPE
  std::vector<Act> o_;           // [T, H, D]
};

}  // namespace dscope
