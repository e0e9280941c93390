// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/host_bandwidth.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace dscope::collect {
namespace {

constexpr std::size_t kWords = 256ull << 17;  // 256 MiB of 8-byte words
constexpr int kPasses = 4;

// The sum keeps the compiler from leaving the reads out.
std::uint64_t read_all(const std::uint64_t* begin, const std::uint64_t* end) {
  std::uint64_t sum = 0;
  for (const std::uint64_t* at = begin; at != end; ++at) sum += *at;
  return sum;
}

}  // namespace

double measure_read_bandwidth_gbps(int threads) {
  const std::vector<std::uint64_t> buffer(kWords, 1);
  const std::size_t share = kWords / static_cast<std::size_t>(threads);
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads));
  double best_ns = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      workers.emplace_back([&, i] {
        sums[i] += read_all(buffer.data() + i * share, buffer.data() + (i + 1) * share);
      });
    }
    for (std::thread& worker : workers) worker.join();
    const double ns =
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
    best_ns = pass == 0 ? ns : std::min(best_ns, ns);
  }
  // Of what was really read; depends on the sums, which are known to be positive.
  const std::size_t words = share * sums.size() + (sums[0] == 0 ? 1 : 0);
  return static_cast<double>(words * sizeof(std::uint64_t)) / best_ns;
}

}  // namespace dscope::collect
