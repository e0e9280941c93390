// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/traces/reader_support.h"
#include "workloads/traces/serving_steps.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

// Counts what the program allocates; it stands alone in its binary for that reason. Not inlined,
// because compilers then take malloc and free for a mismatch with new and delete.
namespace {
std::atomic<std::size_t> allocated_bytes{0};
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  allocated_bytes += bytes;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace dscope::traces {
namespace {

TEST(ServingStepsMemory, DoesNotDependOnTheLengthOfTheTrace) {
  constexpr std::int64_t kRequests = 2'000'000;
  for (const Arrivals arrivals : {Arrivals::kOpenLoop, Arrivals::kClosedLoop}) {
    std::int64_t given = 0;
    // 0.07 s per step are too slow for these arrivals: the queue of waiting requests grows long.
    ServingSteps source(std::make_unique<SyntheticReader>(kRequests, given),
                        {.max_batch = 4, .step_time_s = 0.07, .arrivals = arrivals});
    StepShape step;
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(source.next(step));
    const std::size_t warm = allocated_bytes;
    std::int64_t steps = 1000;
    while (source.next(step)) {
      if (++steps % 100'000 != 0) continue;
      const ServingSummary s = source.summary();
      const std::int64_t taken =
          s.started + s.skipped_prefill_only + s.skipped_empty_prompt + s.skipped_too_long;
      EXPECT_LE(given - taken, 1);  // at most one request is held ready
    }
    EXPECT_EQ(given, kRequests);
    EXPECT_GT(steps, 500'000);
    // The histogram of contexts may still have grown by a few buckets.
    EXPECT_LT(allocated_bytes - warm, 64'000u);
  }
}

}  // namespace
}  // namespace dscope::traces
