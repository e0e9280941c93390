// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/router/router.cuh"
#include "kernels/router/router.h"

#include <algorithm>
#include <cmath>

namespace dscope {
namespace {

Support check_table(const RouterParams& p) {
  const IntMatrix& table = p.tid2eid;
  if (table.empty()) return {};
  if (table.cols != p.experts_per_token) {
    return unsupported("tid2eid.cols is {}, expected experts_per_token = {}", table.cols,
                       p.experts_per_token);
  }
  if (table.rows < 1) return unsupported("tid2eid.rows is {}", table.rows);
  if (table.element_bytes != 4 && table.element_bytes != 8) {
    return unsupported("tid2eid.element_bytes is {}, expected 4 or 8", table.element_bytes);
  }
  if (p.token_ids == nullptr) return unsupported("token_ids is null in a hash layer");
  return {};
}

Support check_bias(const RouterParams& p) {
  if (p.bias.empty()) return {};
  if (p.bias.size != p.experts) {
    return unsupported("bias.size is {}, expected experts = {}", p.bias.size, p.experts);
  }
  if (p.bias.format == WeightFormat::kFp8 || p.bias.format == WeightFormat::kMxfp4) {
    return unsupported("bias.format is quantised");
  }
  return {};
}

}  // namespace

Support supports(const RouterParams& p) {
  constexpr std::int64_t kMostTokens = 65'535;
  if (p.tokens < 1 || p.tokens > kMostTokens) {
    return unsupported("tokens is {}, expected 1 to {}", p.tokens, kMostTokens);
  }
  if (p.experts < 1 || p.experts > router::kMaxExperts) {
    return unsupported("experts is {}, expected 1 to {}", p.experts, router::kMaxExperts);
  }
  const std::int64_t most = std::min<std::int64_t>(p.experts, router::kMaxChoices);
  if (p.experts_per_token < 1 || p.experts_per_token > most) {
    return unsupported("experts_per_token is {}, expected 1 to {}", p.experts_per_token, most);
  }
  if (p.logits == nullptr) return unsupported("logits is null");
  if (const Support bias = check_bias(p); !bias.ok()) return bias;
  if (const Support table = check_table(p); !table.ok()) return table;
  if (!std::isfinite(p.routed_scaling)) {
    return unsupported("routed_scaling is {}", p.routed_scaling);
  }
  if (p.ids == nullptr) return unsupported("ids is null");
  if (p.weights == nullptr) return unsupported("weights is null");
  return {};
}

void launch_router(const RouterParams& p, Stream stream) {
  require_supported("launch_router", supports(p));
  launch(router::router_kernel, {.grid = dim3(static_cast<unsigned>(p.tokens)), .block = dim3(32)},
         stream, p);
}

}  // namespace dscope
