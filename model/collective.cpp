// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/collective.h"

#include "model/routing_load.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace dscope::model {
namespace {

// Bytes that pass the busiest link and the busiest uplink one way, and steps that follow each
// other.
struct Traffic {
  double link_bytes = 0;
  double uplink_bytes = 0;
  double steps = 0;
};

double transfer_ns(const Traffic& traffic, const Fabric& f, double share) {
  return std::max(traffic.link_bytes / f.link_gbps, traffic.uplink_bytes / f.uplink_gbps) / share;
}

CollectiveTime made_of(CollectiveAlgorithm algorithm, Protocol protocol, double latency_ns,
                       double transfer, const Fabric& f, const KernelValues& k) {
  CollectiveTime result{.algorithm = algorithm, .protocol = protocol};
  result.time[Limit::kPcieLatency] = latency_ns;
  result.time[Limit::kPcieBandwidth] = transfer;
  result.time[Limit::kSkew] = k.arrival_skew_ns * f.latest;
  return result;
}

CollectiveTime faster(const CollectiveTime& a, const CollectiveTime& b) {
  return b.time.total() < a.time.total() ? b : a;
}

// NCCL's choice among protocols for one algorithm.
CollectiveTime best_protocol(CollectiveAlgorithm algorithm, const Traffic& traffic, const Fabric& f,
                             const KernelValues& k) {
  struct Choice {
    Protocol protocol;
    double share;
    double extra_ns;
  };
  const std::array<Choice, 2> staged{{{Protocol::kLl, k.staged_ll_bandwidth_share, 0},
                                      {Protocol::kSimple, 1, k.nccl_staged_step_ns}}};
  const std::array<Choice, 3> direct{
      {{Protocol::kLl, k.ll_bandwidth_share, 0},
       {Protocol::kLl128, k.ll128_bandwidth_share, k.nccl_simple_step_ns / 2},
       {Protocol::kSimple, 1, k.nccl_simple_step_ns}}};
  CollectiveTime best;
  bool first = true;
  for (const Choice& p : f.staged ? std::span<const Choice>(staged) : direct) {
    const double step = k.hop_factor * f.hop_ns + k.nccl_step_ns + p.extra_ns;
    const CollectiveTime time =
        made_of(algorithm, p.protocol, k.nccl_base_ns + traffic.steps * step,
                transfer_ns(traffic, f, p.share * k.link_efficiency), f, k);
    best = first ? time : faster(best, time);
    first = false;
  }
  return best;
}

CollectiveTime nccl_all_reduce(double bytes, const Fabric& f, const KernelValues& k) {
  const double n = f.ranks;
  const double ring_bytes = 2 * (n - 1) / n * bytes;
  const bool crosses = f.groups > 1;
  // A ring that visits group after group crosses each uplink once each way.
  const Traffic ring{ring_bytes, crosses ? ring_bytes : 0, 2 * (n - 1)};
  // Twice the vector whatever N is, so it is for latency alone.
  const double depth = f.one_box ? n - 1 : std::ceil(std::log2(n));
  const Traffic tree{2 * bytes, crosses ? 2 * bytes : 0, 2 * depth};
  return faster(best_protocol(CollectiveAlgorithm::kRing, ring, f, k),
                best_protocol(CollectiveAlgorithm::kTree, tree, f, k));
}

// Every rank writes `vector` bytes to every other one, `hops` times one after the other.
CollectiveTime direct(CollectiveAlgorithm algorithm, double vector, double rounds, double hops,
                      const Fabric& f, const KernelValues& k) {
  const double per_group = f.ranks / f.groups;
  const Traffic traffic{rounds * (f.ranks - 1) * vector,
                        rounds * per_group * (f.ranks - per_group) * vector, hops};
  return made_of(algorithm, Protocol::kDirect, k.one_shot_base_ns + hops * k.hop_factor * f.hop_ns,
                 transfer_ns(traffic, f, k.all_to_all_efficiency), f, k);
}

CollectiveTime one_shot(double bytes, const Fabric& f, const KernelValues& k) {
  return direct(CollectiveAlgorithm::kOneShot, bytes, 1, 2, f, k);
}

CollectiveTime two_shot(double bytes, const Fabric& f, const KernelValues& k) {
  return direct(CollectiveAlgorithm::kTwoShot, bytes / f.ranks, 2, 3, f, k);
}

// All-gather by NCCL's ring of what leaves `bytes` on every rank.
CollectiveTime nccl_all_gather(double bytes, const Fabric& f, const KernelValues& k) {
  const double moved = (f.ranks - 1) / f.ranks * bytes;
  return best_protocol(CollectiveAlgorithm::kRing, {moved, f.groups > 1 ? moved : 0, f.ranks - 1},
                       f, k);
}

// Parts travel in float32, twice the bytes, as long as the limit allows it.
CollectiveTime gathered(double bytes, const Fabric& f, const KernelValues& k) {
  const bool float32 = 2 * f.ranks * bytes <= k.gathered_bytes;
  CollectiveTime result = nccl_all_gather(f.ranks * bytes * (float32 ? 2 : 1), f, k);
  result.kernels = 2;
  return result;
}

}  // namespace

Fabric fabric(const Interconnect& i, std::int64_t ranks) {
  Fabric f;
  f.ranks = static_cast<double>(ranks);
  f.link_gbps = i.link_gbps.value.value_or(std::numeric_limits<double>::infinity());
  f.uplink_gbps = i.uplink_gbps.value.value_or(std::numeric_limits<double>::infinity());
  const double per_group = i.gpus_per_group.value.value_or(f.ranks);
  f.groups = std::max(1.0, std::ceil(f.ranks / per_group));
  const bool p2p = i.p2p.value.value_or(false);
  f.staged = !p2p;
  f.hop_ns = (p2p ? i.hop_latency_ns : i.staged_latency_ns).value.value_or(0);
  f.one_box = i.one_box.value.value_or(true);
  f.latest = expected_largest_normal(ranks);
  return f;
}

CollectiveTime all_reduce_time(double bytes, const Fabric& f, const KernelValues& k,
                               AllReduce choice) {
  if (f.ranks <= 1) return {};
  switch (choice) {
    case AllReduce::kNccl:
      return nccl_all_reduce(bytes, f, k);
    case AllReduce::kOneShot:
      return one_shot(bytes, f, k);
    case AllReduce::kTwoShot:
      return two_shot(bytes, f, k);
    case AllReduce::kGathered:
      return gathered(bytes, f, k);
    case AllReduce::kKernelSet:
      break;
  }
  if (f.ranks * bytes <= k.gathered_bytes) return gathered(bytes, f, k);
  const CollectiveTime nccl = nccl_all_reduce(bytes, f, k);
  return k.one_shot_all_reduce ? faster(nccl, one_shot(bytes, f, k)) : nccl;
}

CollectiveTime all_gather_time(double bytes, const Fabric& f, const KernelValues& k,
                               AllReduce choice) {
  if (f.ranks <= 1) return {};
  const double n = f.ranks;
  const CollectiveTime nccl = nccl_all_gather(bytes, f, k);
  const bool custom = choice == AllReduce::kOneShot || choice == AllReduce::kTwoShot ||
                      (choice == AllReduce::kKernelSet && k.one_shot_all_reduce);
  if (!custom) return nccl;
  return faster(nccl, direct(CollectiveAlgorithm::kOneShot, bytes / n, 1, 1, f, k));
}

}  // namespace dscope::model
