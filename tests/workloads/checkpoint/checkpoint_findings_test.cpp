// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/checkpoint_findings.h"

#include "tests/workloads/checkpoint/checkpoint_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace dscope {
namespace {

using ::testing::HasSubstr;

TEST(CheckpointFindings, SaysNothingWithoutFindings) {
  EXPECT_NO_THROW(CheckpointFindings().raise("dir"));
}

TEST(CheckpointFindings, GroupsLines) {
  CheckpointFindings findings;
  findings.add(CheckpointFindings::kShape, "b\x1b", "[2]", "U8 [3]");
  findings.add(CheckpointFindings::kMissing, "a", "U8 [1]", "none");
  EXPECT_EQ(input_error_of([&] { findings.raise("dir"); }),
            "dir: 2 findings in the checkpoint:\n"
            "  missing tensors (1):\n"
            "    a: expected U8 [1], found none\n"
            "  wrong shape (1):\n"
            "    b\\u001b: expected [2], found U8 [3]");
}

TEST(CheckpointFindings, PrintsFortyLinesOfManyButHidesNoGroup) {
  CheckpointFindings findings;
  for (int i = 0; i < 1000; ++i) findings.add(CheckpointFindings::kMissing, "m", "x", "none");
  findings.add(CheckpointFindings::kExtra, "odd", "no tensor of this name", "U8 [1]");
  const std::string message = input_error_of([&] { findings.raise("dir"); });
  EXPECT_THAT(message, HasSubstr("1001 findings"));
  EXPECT_THAT(message, HasSubstr("missing tensors (1000):"));
  EXPECT_THAT(message, HasSubstr("... and 980 more"));
  EXPECT_THAT(message, HasSubstr("odd: expected"));
  EXPECT_LE(std::ranges::count(message, '\n'), 40 + 2 + 2);
}

}  // namespace
}  // namespace dscope
