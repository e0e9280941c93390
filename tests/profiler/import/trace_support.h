// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/trace.h"
#include "profiler/import/trace_generator.h"
#include "tests/support/temporary_directory.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace dscope::importer::test {

using dscope::test::read_file;

inline std::int64_t count_of(const Trace& trace, collect::ActivityKind kind) {
  return std::count_if(trace.list.activities.begin(), trace.list.activities.end(),
                       [&](const auto& a) { return a.kind == kind; });
}

// Of the activities whose names begin so.
inline std::int64_t total_ns(const Trace& trace, collect::ActivityKind kind,
                             std::string_view name = "") {
  std::int64_t sum = 0;
  for (const collect::Activity& a : trace.list.activities) {
    if (a.kind == kind && trace.list.name_of(a).starts_with(name)) sum += a.end_ns - a.start_ns;
  }
  return sum;
}

inline std::int64_t skipped(const Trace& trace, std::string_view reason) {
  for (const Skipped& entry : trace.skipped) {
    if (entry.reason == reason) return entry.count;
  }
  return 0;
}

inline void expect_totals(const Trace& trace, const TraceTotals& totals) {
  using collect::ActivityKind;
  EXPECT_EQ(count_of(trace, ActivityKind::kKernel), totals.kernels);
  EXPECT_EQ(total_ns(trace, ActivityKind::kKernel), totals.kernel_ns);
  EXPECT_EQ(total_ns(trace, ActivityKind::kKernel, "nccl"), totals.nccl_ns);
  EXPECT_EQ(count_of(trace, ActivityKind::kMemcpy), totals.copies);
  EXPECT_EQ(count_of(trace, ActivityKind::kMemset), totals.fills);
  EXPECT_EQ(count_of(trace, ActivityKind::kRuntimeCall), totals.calls);
  EXPECT_EQ(count_of(trace, ActivityKind::kRange), totals.ranges);
  std::int64_t bytes = 0;
  for (const collect::Activity& a : trace.list.activities) {
    if (a.kind == ActivityKind::kMemcpy) bytes += static_cast<std::int64_t>(a.bytes);
  }
  EXPECT_EQ(bytes, totals.copy_bytes);
}

// Files of one test, and what is said about those that are refused.
class TraceFiles : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.file(name); }

  std::string write(const std::string& name, const std::string& bytes) {
    dscope::test::write_file(path(name), bytes);
    return path(name);
  }

  static std::string refusal(const std::string& path) {
    try {
      (void)read_trace(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      EXPECT_TRUE(std::string_view(error.what()).starts_with(path)) << error.what();
      return error.what();
    }
    return "accepted";
  }

 private:
  dscope::test::TemporaryDirectory folder_;
};

}  // namespace dscope::importer::test
