// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/stage_range.h"
#include "kernels/decode_step/cuda_decoder.h"
#include "kernels/decode_step/cuda_linear.h"
#include "kernels/moe/moe.h"
#include "kernels/router/router.h"

namespace dscope {

void CudaDecoder::moe(Enqueue& e, std::int64_t layer) {
  const LayerWeights& w = weights_->layer(layer);
  {
    const StageRange range(e.sink, Op::kRouterGate);
    linear(e, buffers_.x.data(), model_.hidden, w.router.gate, buffers_.router_logits.data(),
           model_.experts);
  }
  {
    const StageRange range(e.sink, Op::kRouterTopK);
    launch_router({.tokens = e.tokens,
                   .experts = model_.experts,
                   .experts_per_token = model_.experts_per_token,
                   .logits = buffers_.router_logits.data(),
                   .bias = w.router.bias,
                   .tid2eid = w.router.tid2eid,
                   .token_ids = inputs_.ids,
                   .forced = inputs_.forced_routing(layer),
                   .routed_scaling = model_.routed_scaling,
                   .ids = routed(layer),
                   .weights = buffers_.routing_weights.data()},
                  e.stream);
  }
  const Slice owned = options_.layout.experts(model_);
  const StageRange range(e.sink, Op::kMoeRouted);
  launch_moe(MoeParams<bf16_t>{.tokens = e.tokens,
                               .hidden = model_.hidden,
                               .experts_per_token = model_.experts_per_token,
                               .x = buffers_.x.data(),
                               .ids = routed(layer),
                               .weights = buffers_.routing_weights.data(),
                               .first_expert = owned.begin,
                               .expert_count = owned.size(),
                               .bank = weights_->experts(layer),
                               .shared = &w.shared_expert,
                               .swiglu_limit = model_.swiglu_limit,
                               .quantise_activations = activations_to_fp8_,
                               .workspace = buffers_.moe_workspace.data(),
                               .out = buffers_.f.data(),
                               .partial = float32_parts(e) ? buffers_.part.data() : nullptr},
             e.stream);
}

}  // namespace dscope
