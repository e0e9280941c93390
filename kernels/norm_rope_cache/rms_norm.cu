// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/norm_rope_cache/checks.h"
#include "kernels/norm_rope_cache/rms_norm.cuh"
#include "kernels/norm_rope_cache/rms_norm.h"
#include "workloads/formats.h"

namespace dscope {
namespace {

using namespace norm_rope_cache;

constexpr std::int64_t kMostDim = 1 << 20;

template <class In>
Support check(const RmsNormParams<In, bf16_t>& p) {
  if (const Support s = check_tokens(p.tokens); !s.ok()) return s;
  if (p.weight.size < 1 || p.weight.size > kMostDim) {
    return unsupported("weight.size: 1 to {} expected, got {}", kMostDim, p.weight.size);
  }
  if (const Support s = check_weight(p.weight, p.weight.size); !s.ok()) return s;
  if (p.x == nullptr) return unsupported("x: null");
  if (p.x_stride < p.weight.size) {
    return unsupported("x_stride: at least {} expected, got {}", p.weight.size, p.x_stride);
  }
  if (p.y == nullptr) return unsupported("y: null");
  return check_eps(p.eps);
}

// Whether each thread can hold eight values, read 16 bytes at a time.
template <class In>
bool by_eight(const RmsNormParams<In, bf16_t>& p) {
  const std::int64_t row_bytes = p.x_stride * static_cast<std::int64_t>(sizeof(In));
  return p.weight.size % kEight == 0 && p.weight.size <= kEight * kMostThreads &&
         row_bytes % 16 == 0 && aligned(p.x, 16) && aligned(p.y, 16) && aligned(p.weight.data, 16);
}

template <class In>
void launch_any(const RmsNormParams<In, bf16_t>& p, Stream stream) {
  require_supported("launch_rms_norm", supports(p));
  const RmsNormArgs<In> args{.x = p.x,
                             .x_stride = p.x_stride,
                             .weight = p.weight,
                             .y = p.y,
                             .dim = static_cast<int>(p.weight.size),
                             .eps = static_cast<float>(p.eps)};
  const bool fast = by_eight(p);
  const std::int64_t threads = fast ? round_up(p.weight.size / kEight, 32) : kAnyThreads;
  launch(fast ? rms_norm_kernel<In> : rms_norm_any_kernel<In>,
         {.grid = dim3(static_cast<unsigned>(p.tokens)),
          .block = dim3(static_cast<unsigned>(threads))},
         stream, args);
}

}  // namespace

Support supports(const RmsNormParams<float, bf16_t>& p) {
  return check(p);
}
Support supports(const RmsNormParams<bf16_t, bf16_t>& p) {
  return check(p);
}
void launch_rms_norm(const RmsNormParams<float, bf16_t>& p, Stream stream) {
  launch_any(p, stream);
}
void launch_rms_norm(const RmsNormParams<bf16_t, bf16_t>& p, Stream stream) {
  launch_any(p, stream);
}

}  // namespace dscope
