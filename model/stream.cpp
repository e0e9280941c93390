// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/stream.h"

#include <algorithm>
#include <cmath>

namespace dscope::model {
namespace {

double active_sms(const StreamWork& work, const Machine& m) {
  return work.active_sms > 0 ? std::min(work.active_sms, m.sms) : m.sms;
}

double over(double amount, double rate) {
  return amount > 0 ? amount / rate : 0;
}

}  // namespace

double achieved_gbps(double in_flight_bytes, double latency_ns, double ceiling_gbps) {
  if (in_flight_bytes <= 0 || latency_ns <= 0) return ceiling_gbps;
  const double by_latency = in_flight_bytes / latency_ns;
  const double ratio = by_latency / ceiling_gbps;
  return by_latency / std::sqrt(std::sqrt(1 + ratio * ratio * ratio * ratio));
}

double kept_share(double bytes, const Machine& m) {
  if (bytes <= 0 || m.l2_bytes <= 0) return 0;
  return std::clamp(2 - 2 * bytes / m.l2_bytes, 0.0, 1.0);
}

double stream_gbps(const StreamWork& work, const StreamEfficiency& efficiency, const Machine& m) {
  // The busiest SM cannot draw on what the others leave.
  return achieved_gbps(work.in_flight_bytes * active_sms(work, m) * work.balance,
                       efficiency.latency_factor * m.dram_latency_ns,
                       efficiency.dram * m.dram_gbps);
}

LimitedTime stream_time(const StreamWork& work, const StreamEfficiency& efficiency,
                        const Machine& m) {
  const double share = active_sms(work, m) / m.sms * work.balance;  // of the device's rates
  const double reached = stream_gbps(work, efficiency, m);
  const double dram = over(work.bytes, reached);
  // Equal times of both make the 4th root of 2 of either: from there on it is the concurrency.
  constexpr double kEven = 0.8409;
  const bool starved = reached < kEven * efficiency.dram * m.dram_gbps;
  const Limit dram_limit = !starved         ? Limit::kDram
                           : work.by_shared ? Limit::kSmem
                                            : Limit::kConcurrency;
  const double l2 = over(std::max(work.l2_bytes, work.bytes), efficiency.l2 * m.l2_gbps);
  const double issue =
      std::hypot(over(work.instructions, m.sms * m.lanes_per_sm * m.clock_ghz * share),
                 work.chain_ns) +
      work.serial_ns;
  const double cuda =
      over(work.cuda_core_flops, efficiency.cuda_cores * m.fp32_flops_per_ns * share);
  const double rate = work.fp8_tensor ? m.fp8_flops_per_ns : m.bf16_flops_per_ns;
  const double tensor = over(work.tensor_flops, efficiency.tensor * rate * share);

  LimitedTime time;
  const struct {
    Limit limit;
    double ns;
  } parts[] = {{issue > dram ? Limit::kIssue : dram_limit, std::hypot(dram, issue)},
               {Limit::kL2, l2},
               {Limit::kIssue, cuda},
               {Limit::kTensor, tensor}};
  const auto* longest = &parts[0];
  for (const auto& part : parts) {
    if (part.ns > longest->ns) longest = &part;
  }
  time[longest->limit] = longest->ns;
  return time;
}

}  // namespace dscope::model
