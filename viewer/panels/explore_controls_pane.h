// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/explore_controls.h"
#include "viewer/widgets/ui.h"

#include <array>
#include <string>
#include <vector>

namespace dscope::viewer {

// The column of controls. Kept between frames: which value is being typed, and what was refused.
class ExploreControlsPane {
 public:
  // Draws into the current window; true when `now` changed.
  bool draw(const Ui& ui, model::Configuration& now, const model::Configuration& reference);

 private:
  bool draw_control(const Ui& ui, const view_data::ExploreControl& control,
                    model::Configuration& now);
  bool draw_slider(const view_data::ExploreControl& control, model::Configuration& now);
  bool draw_choice(const Ui& ui, const view_data::ExploreControl& control,
                   model::Configuration& now);
  bool draw_menu(const Ui& ui, const view_data::ExploreControl& control, model::Configuration& now,
                 const model::Configuration& reference);
  bool set(const view_data::ExploreControl& control, model::Configuration& now,
           std::string_view value);

  std::vector<view_data::ExploreSection> sections_;
  std::string made_of_;  // the keys that sections_ show
  std::array<char, 128> typed_{};
  std::string refused_;  // why the last value was not taken
  std::string refused_axis_;
};

}  // namespace dscope::viewer
