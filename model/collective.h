// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "model/kernel_values.h"
#include "model/limit.h"

#include <cstdint>

namespace dscope::model {

// How a collective is done.
enum class CollectiveAlgorithm : std::uint8_t { kRing, kTree, kOneShot, kTwoShot };
enum class Protocol : std::uint8_t { kLl, kLl128, kSimple, kDirect };

// Time of one collective and how it is made up.
struct CollectiveTime {
  CollectiveAlgorithm algorithm = CollectiveAlgorithm::kRing;
  Protocol protocol = Protocol::kSimple;
  double kernels = 1;  // besides what is waited for: launches
  LimitedTime time;
};

// What the links between N ranks do; see interconnect.h.
struct Fabric {
  double ranks = 1;   // N
  double groups = 1;  // that ranks are spread over, evenly
  double link_gbps = 0;
  double uplink_gbps = 0;  // infinite: nothing is shared
  double hop_ns = 0;       // P2P, or staged through host memory
  bool staged = false;
  bool one_box = true;
  double latest = 0;  // standard deviations that the last of the ranks is behind their mean
};
[[nodiscard]] Fabric fabric(const Interconnect& interconnect, std::int64_t ranks);

// All-reduce of a vector of `bytes` on every rank.
//
//   ring      2 (N-1) steps, each a hop and a step's work; 2 (N-1)/N of the vector over every link,
//             once over every uplink, at the protocol's share of bandwidth. Source: NCCL's own
//             tuning model (latency + bytes / bandwidth for algorithm and protocol)
//   tree      2 ceil(log2 N) steps between boxes; inside one box NCCL's trees are chains, 2 (N-1)
//             steps. A vector up and a vector down every link
//   LL        flag beside every 4 bytes: half the bandwidth, shortest step; LL128: 120 of 128
//             bytes; Simple: all of it, with a longer step. Staged in host memory LL reaches a
//             quarter, because the receiver reads it across its link, a step of Simple takes
//             longer still, and there is no LL128
//   one-shot  one hop, then N - 1 vectors out of every GPU; of these N - N/groups cross the uplink
//             for each GPU of a group. Then a second hop frees the buffers
//   gathered  a ring all-gather: N - 1 steps, N - 1 vectors over every link; then a kernel adds.
//             Parts are float32, twice as long, while those of all ranks fit gathered_bytes; an
//             engine gathers as long as its BF16 parts do (kernels/comm/rank_sum.h)
//   two-shot  two hops (reduce-scatter, all-gather), 2 (N-1)/N vectors out of every GPU
//
// To each the late ranks: skew x E[largest of N normal deviates]. NCCL takes what is fastest for
// it; an engine with a one-shot all-reduce beside NCCL takes the faster of the two.
[[nodiscard]] CollectiveTime all_reduce_time(double bytes, const Fabric& fabric,
                                             const KernelValues& kernels, AllReduce choice);

// All-gather that leaves `bytes` on every rank: a ring of N - 1 steps, or one hop.
[[nodiscard]] CollectiveTime all_gather_time(double bytes, const Fabric& fabric,
                                             const KernelValues& kernels, AllReduce choice);

}  // namespace dscope::model
