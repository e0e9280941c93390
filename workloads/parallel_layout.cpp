// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/parallel_layout.h"

#include "workloads/base/error.h"
#include "workloads/formats.h"

#include <algorithm>
#include <string>

namespace dscope {
namespace {

Slice even_share(std::int64_t total, std::int64_t parts, std::int64_t index) {
  const std::int64_t size = total / parts;
  return {index * size, (index + 1) * size};
}

// Every rank count up to 64 that `fits` accepts: what the message of a refused one offers.
template <class Fits>
std::string working_values(Fits fits) {
  std::string values;
  for (int n = 1; n <= 64; ++n) {
    if (fits(n)) values += (values.empty() ? "" : ", ") + std::to_string(n);
  }
  return values;
}

bool tp_fits(const ModelConfig& m, int tp) {
  return m.heads % tp == 0 && (m.o_groups % tp == 0 || tp % m.o_groups == 0) &&
         m.shared_intermediate() % tp == 0 && m.vocab >= tp;
}

bool ep_fits(const ModelConfig& m, int tp, int ep) {
  return tp % ep == 0 && m.experts % ep == 0 && m.moe_intermediate % (tp / ep) == 0 &&
         m.moe_intermediate / (tp / ep) % kMxfp4Group == 0;
}

}  // namespace

Slice ParallelLayout::heads(const ModelConfig& m) const {
  return even_share(m.heads, tp, rank);
}

Slice ParallelLayout::o_groups(const ModelConfig& m) const {
  const Slice h = heads(m);
  return {h.begin / m.heads_per_group(), ceil_div(h.end, m.heads_per_group())};
}

Slice ParallelLayout::o_group_inputs(const ModelConfig& m) const {
  if (tp <= m.o_groups) return {0, m.o_group_inputs()};
  const std::int64_t first_head = heads(m).begin % m.heads_per_group();
  return {first_head * m.head_dim, (first_head + heads(m).size()) * m.head_dim};
}

Slice ParallelLayout::shared_intermediate(const ModelConfig& m) const {
  return even_share(m.shared_intermediate(), tp, rank);
}

Slice ParallelLayout::routed_intermediate(const ModelConfig& m) const {
  const int parts = tp / ep;
  return even_share(m.moe_intermediate, parts, rank % parts);
}

Slice ParallelLayout::experts(const ModelConfig& m) const {
  return even_share(m.experts, ep, rank / (tp / ep));
}

Slice ParallelLayout::vocab(const ModelConfig& m) const {
  const std::int64_t chunk = vocab_chunk(m);
  return {std::min(rank * chunk, m.vocab), std::min((rank + 1) * chunk, m.vocab)};
}

std::int64_t ParallelLayout::vocab_chunk(const ModelConfig& m) const {
  return ceil_div(m.vocab, tp);
}

void validate(const ParallelLayout& layout, const ModelConfig& m) {
  if (layout.tp < 1 || !tp_fits(m, layout.tp)) {
    throw usage_error(
        "tp: {} ranks do not divide {} ({} heads, {} o-groups, shared intermediate {}); these do: "
        "{}",
        layout.tp, m.name, m.heads, m.o_groups, m.shared_intermediate(),
        working_values([&](int n) { return tp_fits(m, n); }));
  }
  if (layout.ep < 1 || !ep_fits(m, layout.tp, layout.ep)) {
    throw usage_error(
        "ep: {} groups of routed experts do not fit tp {} of {} ({} experts, intermediate {}, "
        "slices "
        "in multiples of {}); these do: {}",
        layout.ep, layout.tp, m.name, m.experts, m.moe_intermediate, kMxfp4Group,
        working_values([&](int n) { return ep_fits(m, layout.tp, n); }));
  }
  if (layout.rank < 0 || layout.rank >= layout.tp) {
    throw usage_error("rank: expected 0 to {}, got {}", layout.tp - 1, layout.rank);
  }
}

}  // namespace dscope
