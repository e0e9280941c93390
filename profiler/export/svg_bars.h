// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/stage_table.h"
#include "profiler/profile/profile.h"

#include <cstddef>
#include <string>

// Pictures of a profile as stand-alone SVG: they can be put inside HTML or written to a file as
// they are. Every shape has a <title> with its numbers, which browsers show as a tooltip.
namespace dscope::exporter {

// One bar: the step, divided into stages, with a legend of times and shares below.
[[nodiscard]] std::string stage_bar_svg(const StageReport& report);

// One stacked bar for each step, in order. Above `most` steps, bars are means of equally many
// consecutive steps, and the axis says so.
[[nodiscard]] std::string step_bars_svg(const profile::Profile& profile, std::size_t most = 200);

// The ops that take most time, as horizontal bars.
[[nodiscard]] std::string op_bars_svg(const profile::Profile& profile, std::size_t most = 15);

}  // namespace dscope::exporter
