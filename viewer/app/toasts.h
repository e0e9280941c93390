// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/widgets/ui.h"

#include <cstddef>
#include <deque>
#include <string>

namespace dscope::viewer {

// Messages in the lower right corner. Nothing waits for them: notes leave by themselves, errors
// when they are closed.
class Toasts {
 public:
  void note(std::string text) { add(std::move(text), false); }
  void error(std::string text) { add(std::move(text), true); }
  void draw(const Ui& ui);
  void clear() { toasts_.clear(); }
  [[nodiscard]] std::size_t errors() const { return errors_; }  // ever shown
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  struct Toast {
    std::string text;
    bool error = false;
    float age_s = 0;
    int id = 0;
  };
  void add(std::string text, bool error);
  [[nodiscard]] bool draw_one(const Ui& ui, Toast& toast, float& bottom);  // false: gone

  std::deque<Toast> toasts_;
  std::size_t errors_ = 0;
  std::string last_error_;
  int next_id_ = 0;
};

}  // namespace dscope::viewer
