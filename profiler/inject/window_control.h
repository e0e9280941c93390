// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/inject/settings.h"

#include <cstdint>
#include <string_view>

namespace dscope::inject {

// Decides when to record. Told what happens, asked whether to record now; does nothing itself. Not
// thread-safe.
class WindowControl {
 public:
  // `now_s`: when the process began to use CUDA, on any clock of seconds.
  WindowControl(const Window& window, double now_s) : window_(window), start_s_(now_s) {}

  void on_range_end(std::string_view name);
  void on_signal() { signalled_ = !signalled_; }

  // Whether to record at this time.
  [[nodiscard]] bool recording(double now_s);
  // The window is over and cannot begin again.
  [[nodiscard]] bool over() const { return over_; }

 private:
  Window window_;
  double start_s_;
  double began_s_ = -1;  // below 0: not yet
  std::int64_t passed_ = 0;
  std::int64_t recorded_ = 0;
  bool signalled_ = false;
  bool over_ = false;
};

}  // namespace dscope::inject
