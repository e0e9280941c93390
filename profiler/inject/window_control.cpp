// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/window_control.h"

namespace dscope::inject {

void WindowControl::on_range_end(std::string_view name) {
  if (window_.step_range.empty() || name != window_.step_range) return;
  if (began_s_ >= 0) {
    ++recorded_;
  } else {
    ++passed_;
  }
}

bool WindowControl::recording(double now_s) {
  if (over_) return false;
  if (window_.on_signal && !signalled_) return false;
  if (began_s_ < 0) {
    if (now_s - start_s_ < window_.delay_s || passed_ < window_.skip_steps) return false;
    began_s_ = now_s;
  }
  over_ = (window_.duration_s && now_s - began_s_ >= *window_.duration_s) ||
          (window_.steps && recorded_ >= *window_.steps);
  return !over_;
}

}  // namespace dscope::inject
