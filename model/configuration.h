// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/device.h"
#include "model/interconnect.h"
#include "model/kernel_set.h"
#include "workloads/model_config.h"
#include "workloads/numerics.h"
#include "workloads/routing/routing_spec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dscope::model {

// Speculative decoding: a draft proposes `depth` tokens a step, one forward pass verifies them.
struct Speculation {
  std::int64_t depth = 0;    // 0: none
  double acceptance = 0;     // probability that a draft token is accepted given all before it were
  double draft_share = 0.0;  // time of one draft token as a share of a step of one token
};

// Tile choices that replace what pick_config() would take; empty: what it takes. Names are those of
// the config structs in kernels/<op>/<op>_config.h.
struct TileOverrides {
  std::optional<std::int64_t> moe_stages;    // ring stages of a warp
  std::optional<std::int64_t> moe_warps;     // warps of a block
  std::optional<std::int64_t> mla_heads;     // heads of a block
  std::optional<std::int64_t> mla_splits;    // blocks that share a token's entries
  std::optional<double> extra_shared_bytes;  // padding of every block: throttles occupancy
  // Index of one of the op's listed configurations, for every shape that it can run; the members
  // above change what it says.
  std::optional<std::int64_t> moe_config;     // of moe_configs()
  std::optional<std::int64_t> mla_config;     // of sparse_mla_choice()
  std::optional<std::int64_t> linear_config;  // of linear_choices()
};

// Which all-reduce a step uses.
enum class AllReduce : std::uint8_t {
  kKernelSet,  // as the kernel set's engine does
  kNccl,       // ring or tree, with the protocol that is fastest
  kOneShot,    // every rank writes its vector to all others: one hop
  kTwoShot,    // reduce-scatter and all-gather by writes to all others: two hops
  kGathered,   // NCCL gathers the ranks' vectors, a kernel adds them (kernels/comm/rank_sum.h)
};

// Everything that a prediction depends on. Plain data: what is changed is changed in here, by name
// through axes.h or directly.
struct Configuration {
  ModelConfig model;
  std::int64_t layers = 0;  // only the first ones; 0: all
  Numerics numerics = Numerics::kServing;
  bool wo_a_bf16 = true;
  Device device;
  Interconnect interconnect;
  KernelSet kernel_set;
  std::int64_t tp = 1;  // GPUs that one token's work is divided over
  std::int64_t ep = 1;
  std::int64_t rank = 0;
  std::int64_t batch = 1;       // sequences
  std::int64_t context = 4096;  // S of every sequence
  routing::RoutingSpec routing;
  // Exact distinct experts a layer, [layers], from recorded ids; empty: from `routing`.
  std::vector<double> unique_experts;
  bool graph = true;        // CUDA graph; false: eager launches
  bool collectives = true;  // false: one shard alone, as `dscope run --comm none`
  AllReduce all_reduce = AllReduce::kKernelSet;
  std::optional<std::int64_t>
      captured_context;  // capacity that some engines work on; empty: as the kernel set says
  std::optional<double> power_limit_w;
  Speculation speculation;
  TileOverrides tiles;
};

// V4-Flash at batch 1 and context 4096 on eight RTX PRO 6000 over PCIe with P2P, with
// `sglang-24692`: where every question starts.
[[nodiscard]] Configuration default_configuration();

// The layers that are decoded.
[[nodiscard]] ModelConfig decoded_model(const Configuration& configuration);

// Throws Error{kUsage} for what cannot be: naming the field, what was expected and found.
void validate(const Configuration& configuration);

}  // namespace dscope::model
