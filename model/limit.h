// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dscope::model {

// What a piece of predicted time waits for.
enum class Limit : std::uint8_t {
  kDram,           // bytes at the memory's bandwidth
  kL2,             // gathers that L2 serves
  kSmem,           // too few loads in flight, because shared memory holds no more blocks
  kConcurrency,    // too few loads in flight for another reason: registers, warps, too few blocks
  kTensor,         // products in tensor cores
  kIssue,          // instructions outside tensor cores: decoding weights, products by CUDA cores
  kLatency,        // a chain of dependent steps in a kernel
  kLaunch,         // starting kernels
  kHost,           // launching from the host without a graph
  kPcieBandwidth,  // links between GPUs, of whatever kind
  kPcieLatency,    // hops between GPUs
  kSkew,           // ranks that arrive late at a collective
  kDraft,          // the draft model of speculation
  kUnexplained,    // measured by others, explained by no term
};

inline constexpr std::size_t kLimitCount = 14;

struct LimitInfo {
  Limit limit;
  std::string_view id;     // in documents
  std::string_view label;  // for people
};

inline constexpr std::array<LimitInfo, kLimitCount> kLimits{{
    {Limit::kDram, "dram", "memory bandwidth"},
    {Limit::kL2, "l2", "L2 bandwidth"},
    {Limit::kSmem, "smem", "shared memory (blocks per SM)"},
    {Limit::kConcurrency, "concurrency", "loads in flight"},
    {Limit::kTensor, "tensor", "tensor cores"},
    {Limit::kIssue, "issue", "instruction issue"},
    {Limit::kLatency, "latency", "latency inside kernels"},
    {Limit::kLaunch, "launch", "kernel launches"},
    {Limit::kHost, "host", "host launches"},
    {Limit::kPcieBandwidth, "pcie_bandwidth", "link bandwidth"},
    {Limit::kPcieLatency, "pcie_latency", "link latency"},
    {Limit::kSkew, "skew", "late ranks"},
    {Limit::kDraft, "draft", "draft model"},
    {Limit::kUnexplained, "unexplained", "unexplained"},
}};

[[nodiscard]] constexpr const LimitInfo& info(Limit limit) {
  return kLimits[static_cast<std::size_t>(limit)];
}

// Nanoseconds by what they wait for.
struct LimitedTime {
  std::array<double, kLimitCount> ns{};

  [[nodiscard]] double& operator[](Limit limit) { return ns[static_cast<std::size_t>(limit)]; }
  [[nodiscard]] double operator[](Limit limit) const { return ns[static_cast<std::size_t>(limit)]; }
  void add(const LimitedTime& other, double times = 1) {
    for (std::size_t i = 0; i < kLimitCount; ++i) ns[i] += times * other.ns[i];
  }
  [[nodiscard]] double total() const {
    double sum = 0;
    for (const double part : ns) sum += part;
    return sum;
  }
  // The largest part.
  [[nodiscard]] Limit limit() const {
    std::size_t most = 0;
    for (std::size_t i = 1; i < kLimitCount; ++i) {
      if (ns[i] > ns[most]) most = i;
    }
    return static_cast<Limit>(most);
  }
};

namespace detail {
constexpr bool limits_are_in_enum_order() {
  for (std::size_t i = 0; i < kLimits.size(); ++i) {
    if (static_cast<std::size_t>(kLimits[i].limit) != i) return false;
  }
  return true;
}
static_assert(limits_are_in_enum_order(), "kLimits must list the limits in enum order");
}  // namespace detail

}  // namespace dscope::model
