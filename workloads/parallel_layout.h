// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/model_config.h"

#include <cstdint>
#include <string_view>

namespace dscope {

// Half-open range of indices [begin, end).
struct Slice {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  [[nodiscard]] constexpr std::int64_t size() const { return end - begin; }
  [[nodiscard]] constexpr bool contains(std::int64_t i) const { return i >= begin && i < end; }
  friend bool operator==(const Slice&, const Slice&) = default;
};

// How one decode step is divided over ranks. `tp` is the number of ranks; `ep` of them hold
// different routed experts: ep = 1 slices every expert along its intermediate dimension over all
// ranks, ep = tp gives every rank whole experts, anything between combines the two.
//
// What a rank owns (everything else is replicated):
//   heads             H/tp consecutive query heads, and with them rows of wq_b and of o
//   o-groups          the groups its heads belong to; with tp > o_groups several ranks share a
//                     group and each multiplies its own heads' columns of wo_a (the sum over ranks
//                     is formed by the all-reduce behind wo_b, which is linear)
//   intermediate      a slice of the shared expert (tp ways) and of its routed experts (tp/ep ways)
//   routed experts    E/ep consecutive ids; ids owned elsewhere are -1 on this rank
//   vocabulary        ceil(V/tp) consecutive rows of embedding and LM head (the last may be
//   shorter)
struct ParallelLayout {
  int tp = 1;
  int ep = 1;
  int rank = 0;

  [[nodiscard]] Slice heads(const ModelConfig& m) const;
  [[nodiscard]] Slice o_groups(const ModelConfig& m) const;  // groups touched by heads()
  // Columns of each touched group's wo_a that belong to this rank: all of them unless tp >
  // o_groups.
  [[nodiscard]] Slice o_group_inputs(const ModelConfig& m) const;
  [[nodiscard]] Slice shared_intermediate(const ModelConfig& m) const;
  [[nodiscard]] Slice routed_intermediate(const ModelConfig& m) const;
  [[nodiscard]] Slice experts(const ModelConfig& m) const;
  [[nodiscard]] Slice vocab(const ModelConfig& m) const;
  // Rows every rank contributes to the logits all-gather: ceil(V/tp), the last rank pads.
  [[nodiscard]] std::int64_t vocab_chunk(const ModelConfig& m) const;

  friend bool operator==(const ParallelLayout&, const ParallelLayout&) = default;
};

// Throws Error{kUsage} naming the field and the divisors that would work.
void validate(const ParallelLayout& layout, const ModelConfig& model);

}  // namespace dscope
