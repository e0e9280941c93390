// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/hyper_connection/hyper_connection.cuh"

namespace dscope {
namespace {

constexpr std::int64_t kMaxTokens = 65'535;  // blocks along a grid's second dimension

unsigned blocks(std::int64_t n) {
  return static_cast<unsigned>(n);
}

HcStreams streams_of(const HcPostParams<bf16_t>& p) {
  return {.tokens = static_cast<int>(p.tokens),
          .streams = static_cast<int>(p.streams),
          .hidden = static_cast<int>(p.hidden),
          .x = p.x,
          .f = p.f,
          .post = p.post,
          .mixing = p.mixing};
}

// What hc_pre and hc_head have in common.
template <class Params>
HcArgs args_of(const HcPostParams<bf16_t>* post, const Params& p, const HcNorm& norm) {
  HcArgs args;
  if (post != nullptr) {
    args.streams = streams_of(*post);
  } else {
    args.streams = {.tokens = static_cast<int>(p.tokens),
                    .streams = static_cast<int>(p.streams),
                    .hidden = static_cast<int>(p.hidden),
                    .x = const_cast<bf16_t*>(p.x)};  // only read without f
  }
  args.fn = p.weights->fn;
  args.base = p.weights->base;
  args.scale = p.weights->scale;
  args.rms_eps = static_cast<float>(p.rms_eps);
  args.hc_eps = static_cast<float>(p.hc_eps);
  args.y = p.y;
  args.norm = norm;
  args.partials = reinterpret_cast<float*>(p.workspace);
  return args;
}

template <int Tokens>
void launch_mix(const HcArgs& args, const HcConfig& config, Stream stream) {
  launch(hc_mix_kernel<Tokens>,
         {.grid = dim3(blocks(args.slices), blocks(hc_tiles(config, args.streams.tokens))),
          .block = dim3(kHcThreads)},
         stream, args);
}

void run(HcArgs args, Stream stream) {
  args.slices = static_cast<int>(hc_slices(args.streams.hidden));
  const HcConfig config = pick_config(
      HcProblem{.tokens = args.streams.tokens, .hidden = args.streams.hidden}, device_limits());
  if (config.tokens == 1) {
    launch_mix<1>(args, config, stream);
  } else if (config.tokens == 4) {
    launch_mix<4>(args, config, stream);
  } else {
    DSCOPE_REQUIRE(config.tokens == 8, "{} tokens a block are not compiled", config.tokens);
    launch_mix<8>(args, config, stream);
  }
  launch(hc_finish_kernel, {.grid = dim3(blocks(args.streams.tokens)), .block = dim3(kHcThreads)},
         stream, args);
}

Support supports_sizes(std::int64_t tokens, std::int64_t streams, std::int64_t hidden) {
  if (tokens < 1 || tokens > kMaxTokens) {
    return unsupported("tokens must be 1 to {}, got {}", kMaxTokens, tokens);
  }
  if (streams < 1 || streams > kMaxHcStreams) {
    return unsupported("streams must be 1 to {}, got {}", kMaxHcStreams, streams);
  }
  if (hidden < 8 || hidden > kMaxHcHidden || hidden % 8 != 0) {
    return unsupported("hidden must be a multiple of 8 up to {}, got {}", kMaxHcHidden, hidden);
  }
  return {};
}

bool is_plain(WeightFormat format) {
  return format == WeightFormat::kF32 || format == WeightFormat::kF16 ||
         format == WeightFormat::kBf16;
}

Support supports_weights(const HyperConnectionWeights* w, std::int64_t rows, std::int64_t cols,
                         std::int64_t scales) {
  if (w == nullptr) return unsupported("weights must be given");
  if (w->fn.empty() || w->fn.rows != rows || w->fn.cols != cols) {
    return unsupported("weights.fn must be [{}, {}], got [{}, {}]", rows, cols, w->fn.rows,
                       w->fn.cols);
  }
  if (!is_plain(w->fn.format)) return unsupported("weights.fn must be F32, F16 or BF16");
  if (w->fn.row_bytes % 16 != 0) {
    return unsupported("weights.fn must have rows of a multiple of 16 bytes, got {}",
                       w->fn.row_bytes);
  }
  if (w->base.empty() || w->base.size != rows) {
    return unsupported("weights.base must have {} values, got {}", rows, w->base.size);
  }
  if (w->scale.empty() || w->scale.size != scales) {
    return unsupported("weights.scale must have {} values, got {}", scales, w->scale.size);
  }
  return {};
}

Support supports_norm(const HcNorm& norm, std::int64_t hidden) {
  if (norm.weight.empty() || norm.weight.size != hidden) {
    return unsupported("norm.weight must have {} values, got {}", hidden, norm.weight.size);
  }
  if (norm.x == nullptr) return unsupported("norm.x must be given");
  return {};
}

template <class Params>
Support supports_previous(const HcPostParams<bf16_t>* post, const Params& p) {
  if (post == nullptr) return {};
  if (const Support support = supports(*post); !support.ok()) return support;
  if (post->tokens != p.tokens || post->streams != p.streams || post->hidden != p.hidden) {
    return unsupported("post must have the sizes of what follows, [{}, {}, {}], got [{}, {}, {}]",
                       p.tokens, p.streams, p.hidden, post->tokens, post->streams, post->hidden);
  }
  if (post->x != p.x) return unsupported("post.x must be the streams x of what follows");
  return {};
}

template <class Params>
Support supports_reader(const HcPostParams<bf16_t>* post, const Params& p, const HcNorm& norm,
                        std::int64_t rows, std::int64_t scales) {
  if (const Support support = supports_sizes(p.tokens, p.streams, p.hidden); !support.ok()) {
    return support;
  }
  if (p.x == nullptr) return unsupported("x must be given");
  if (p.workspace == nullptr) return unsupported("workspace must be given");
  for (const Support& part : {supports_weights(p.weights, rows, p.streams * p.hidden, scales),
                              supports_norm(norm, p.hidden)}) {
    if (!part.ok()) return part;
  }
  return supports_previous(post, p);
}

}  // namespace

std::int64_t hc_workspace_bytes(std::int64_t tokens, std::int64_t, std::int64_t hidden) {
  return tokens * hc_slices(hidden) * kHcPartials * static_cast<std::int64_t>(sizeof(float));
}

Support supports(const HcPostParams<bf16_t>* post, const HcPreParams<bf16_t>& pre,
                 const HcNorm& norm) {
  const std::int64_t m = pre.streams;
  if (const Support support = supports_reader(post, pre, norm, (2 + m) * m, 3); !support.ok()) {
    return support;
  }
  if (pre.post == nullptr) return unsupported("post must be given");
  if (pre.mixing == nullptr) return unsupported("mixing must be given");
  if (pre.sinkhorn_iterations < 1 || pre.sinkhorn_iterations > 1000) {
    return unsupported("sinkhorn_iterations must be 1 to 1000, got {}", pre.sinkhorn_iterations);
  }
  return {};
}

Support supports(const HcPostParams<bf16_t>* post, const HcHeadParams<bf16_t>& head,
                 const HcNorm& norm) {
  return supports_reader(post, head, norm, head.streams, 1);
}

Support supports(const HcPostParams<bf16_t>& p) {
  if (const Support support = supports_sizes(p.tokens, p.streams, p.hidden); !support.ok()) {
    return support;
  }
  if (p.f == nullptr) return unsupported("f must be given");
  if (p.post == nullptr) return unsupported("post must be given");
  if (p.mixing == nullptr) return unsupported("mixing must be given");
  if (p.x == nullptr) return unsupported("x must be given");
  return {};
}

Support supports(const HcExpandParams<bf16_t>& p) {
  if (const Support support = supports_sizes(p.tokens, p.streams, p.hidden); !support.ok()) {
    return support;
  }
  if (p.e == nullptr) return unsupported("e must be given");
  if (p.x == nullptr) return unsupported("x must be given");
  return {};
}

void launch_hc_transition(const HcPostParams<bf16_t>* post, const HcPreParams<bf16_t>& pre,
                          const HcNorm& norm, Stream stream) {
  require_supported("launch_hc_transition", supports(post, pre, norm));
  HcArgs args = args_of(post, pre, norm);
  args.sinkhorn_iterations = static_cast<int>(pre.sinkhorn_iterations);
  args.post = pre.post;
  args.mixing = pre.mixing;
  run(args, stream);
}

void launch_hc_head(const HcPostParams<bf16_t>* post, const HcHeadParams<bf16_t>& head,
                    const HcNorm& norm, Stream stream) {
  require_supported("launch_hc_head", supports(post, head, norm));
  HcArgs args = args_of(post, head, norm);
  args.head = true;
  run(args, stream);
}

void launch_hc_post(const HcPostParams<bf16_t>& p, Stream stream) {
  require_supported("launch_hc_post", supports(p));
  const std::int64_t threads = ceil_div(p.hidden, kHcPostChannels);
  launch(hc_post_kernel,
         {.grid = dim3(blocks(ceil_div(threads, kHcThreads)), blocks(p.tokens)),
          .block = dim3(kHcThreads)},
         stream, streams_of(p));
}

void launch_hc_expand(const HcExpandParams<bf16_t>& p, Stream stream) {
  require_supported("launch_hc_expand", supports(p));
  const std::int64_t threads = ceil_div(p.hidden, kHcExpandChannels);
  launch(hc_expand_kernel,
         {.grid = dim3(blocks(ceil_div(threads, kHcThreads)), blocks(p.tokens)),
          .block = dim3(kHcThreads)},
         stream, p);
}

}  // namespace dscope
