// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/window_control.h"

#include <gtest/gtest.h>

namespace dscope::inject {
namespace {

TEST(WindowControl, RecordsEverythingByDefault) {
  WindowControl control({}, 100);
  EXPECT_TRUE(control.recording(100));
  EXPECT_TRUE(control.recording(1e6));
  EXPECT_FALSE(control.over());
}

TEST(WindowControl, DelayAndDuration) {
  WindowControl control({.delay_s = 5, .duration_s = 2}, 100);
  EXPECT_FALSE(control.recording(104.9));
  EXPECT_TRUE(control.recording(105.5));
  EXPECT_TRUE(control.recording(107.4));
  EXPECT_FALSE(control.recording(107.5)) << "two seconds after it really began";
  EXPECT_TRUE(control.over());
  EXPECT_FALSE(control.recording(108));
}

TEST(WindowControl, CountsTheStepsOfOneName) {
  WindowControl control({.steps = 2, .skip_steps = 1, .step_range = "step"}, 0);
  EXPECT_FALSE(control.recording(1));
  control.on_range_end("other");
  EXPECT_FALSE(control.recording(2));
  control.on_range_end("step");
  EXPECT_TRUE(control.recording(3));
  control.on_range_end("step");
  EXPECT_TRUE(control.recording(4));
  control.on_range_end("step");
  EXPECT_FALSE(control.recording(5));
  EXPECT_TRUE(control.over());
}

TEST(WindowControl, ASignalBeginsAndEndsIt) {
  WindowControl control({.on_signal = true}, 0);
  EXPECT_FALSE(control.recording(1));
  control.on_signal();
  EXPECT_TRUE(control.recording(2));
  control.on_signal();
  EXPECT_FALSE(control.recording(3));
  EXPECT_FALSE(control.over());
  control.on_signal();
  EXPECT_TRUE(control.recording(4));
}

}  // namespace
}  // namespace dscope::inject
