// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/input.h"

#include <gtest/gtest.h>

#include <GLFW/glfw3.h>

namespace dscope::viewer {
namespace {

TEST(KeyNames, AreThoseOfTheHelp) {
  EXPECT_EQ(key_from_name("a"), GLFW_KEY_A);
  EXPECT_EQ(key_from_name("f1"), GLFW_KEY_F1);
  EXPECT_EQ(key_from_name("f12"), GLFW_KEY_F12);
  EXPECT_EQ(key_from_name("/"), GLFW_KEY_SLASH);
  EXPECT_EQ(key_from_name("escape"), GLFW_KEY_ESCAPE);
  for (const char* unknown : {"", "f0", "f13", "fx", "hyper", "A"}) {
    EXPECT_FALSE(key_from_name(unknown)) << unknown;
  }
}

TEST(InputQueue, GivesOneEventToEachFrame) {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  InputQueue queue;
  ASSERT_TRUE(queue.chord("ctrl+shift+s"));
  queue.apply(io);
  EXPECT_TRUE(io.KeyCtrl);
  EXPECT_FALSE(io.KeyShift);
  queue.apply(io);
  EXPECT_TRUE(io.KeyShift);
  queue.apply(io);
  EXPECT_TRUE(io.KeysDown[GLFW_KEY_S]);
  for (int i = 0; i < 3; ++i) queue.apply(io);
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(io.KeyCtrl);
  EXPECT_FALSE(io.KeysDown[GLFW_KEY_S]);
  EXPECT_FALSE(queue.chord("ctrl+what"));
  queue.drag({0, 0}, {80, 40});
  while (!queue.empty()) queue.apply(io);
  EXPECT_EQ(io.MousePos.x, 80);
  EXPECT_FALSE(io.MouseDown[0]);
  ImGui::DestroyContext();
}

}  // namespace
}  // namespace dscope::viewer
