// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/progress.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace dscope::cli {

Progress::Progress(bool enabled, std::string what, std::int64_t total)
    : enabled_(enabled), what_(std::move(what)), total_(total) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void Progress::update(std::int64_t done) {
  const Clock::time_point now = Clock::now();
  if (!enabled_ || now < next_) return;
  next_ = now + std::chrono::milliseconds(200);
  shown_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double left =
      done > 0 ? seconds / static_cast<double>(done) * static_cast<double>(total_ - done) : 0;
  if (total_ > 0) {
    fmt::print(stderr, "\r\033[K{} {} of {}, {:.0f} s left", what_, done, total_, left);
  } else {
    fmt::print(stderr, "\r\033[K{} {}, {:.0f} s", what_, done, seconds);
  }
  std::fflush(stderr);
}

}  // namespace dscope::cli
