// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/trace_source.h"
#include "workloads/base/error.h"

#include <chrono>

namespace dscope::collect {

// How long steps take, and nothing else: no profiler is in the process because of it, and a GPU's
// step captures no events between its ops for it.
class WallClock final : public TraceSource {
 public:
  void begin(Stage, const char*) noexcept override {}
  void end() noexcept override {}
  void add(Stage, const char*, std::int64_t, std::int64_t) noexcept override {}
  [[nodiscard]] bool enabled() const noexcept override { return false; }
  [[nodiscard]] bool labels_launches() const noexcept override { return true; }

  void set_enabled(bool enabled) override {
    DSCOPE_REQUIRE(!enabled, "a wall clock records nothing");
  }

  void begin_step() override { start_ = std::chrono::steady_clock::now(); }
  std::int64_t end_step() override {
    const auto wall = std::chrono::steady_clock::now() - start_;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count();
  }
  void drain(ActivityList&) override {}

  [[nodiscard]] profile::Losses losses() const override { return {}; }
  [[nodiscard]] std::string_view clock() const override { return "steady_clock"; }

 private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace dscope::collect
