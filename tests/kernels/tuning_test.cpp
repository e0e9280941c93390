// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/tuning.h"

#include "tests/support/temporary_directory.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dscope {
namespace {

using ::testing::HasSubstr;

TEST(TuningTable, KeepsChoicesByDeviceOpAndShape) {
  const test::TemporaryDirectory dir;
  TuningTable table;
  table.set("NVIDIA H200", "moe", "T1", 3, 9);
  table.set("NVIDIA H200", "moe", "T2", 4, 9);
  table.write(dir.file("folder/tuning.json"));
  const TuningTable read = TuningTable::read(dir.file("folder/tuning.json"));
  EXPECT_EQ(read.find("NVIDIA H200", "moe", "T1", 9), 3u);
  EXPECT_EQ(read.find("NVIDIA H200", "moe", "T2", 9), 4u);
  EXPECT_EQ(read.find("NVIDIA H200", "moe", "T4", 9), std::nullopt);
  EXPECT_EQ(read.find("NVIDIA H200", "linear", "T1", 9), std::nullopt);
  EXPECT_EQ(read.find("RTX 5090", "moe", "T1", 9), std::nullopt);
}

// A list of configurations that has changed since makes the index mean something else.
TEST(TuningTable, ForgetsChoicesOfAnotherList) {
  TuningTable table;
  table.set("GPU", "moe", "T1", 3, 9);
  EXPECT_EQ(table.find("GPU", "moe", "T1", 10), std::nullopt);
}

TEST(TuningTable, ForcedConfigurationsGoBeforeTunedOnesAndStayOutOfFiles) {
  const test::TemporaryDirectory dir;
  TuningTable table;
  table.set("GPU", "moe", "T1", 3, 9);
  table.force("moe", 5, 9);
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.find("GPU", "moe", "T1", 9), 5u);
  EXPECT_EQ(table.find("another GPU", "moe", "T64", 9), 5u);
  EXPECT_EQ(table.find("GPU", "moe", "T1", 10), std::nullopt);
  EXPECT_EQ(table.find("GPU", "linear", "T1", 9), std::nullopt);
  table.write(dir.file("tuning.json"));
  EXPECT_EQ(TuningTable::read(dir.file("tuning.json")).find("GPU", "moe", "T1", 9), 3u);
}

std::string refusal(const std::string& text) {
  const test::TemporaryDirectory dir;
  test::write_file(dir.file("tuning.json"), text);
  try {
    (void)TuningTable::read(dir.file("tuning.json"));
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    return e.what();
  }
  return "accepted";
}

TEST(TuningTable, BrokenFilesAreRefusedWithThePlace) {
  EXPECT_THAT(refusal("{"), HasSubstr("tuning.json"));
  EXPECT_THAT(refusal(R"({"schema": "other", "schema_version": 1, "devices": {}})"),
              HasSubstr("dscope.tuning"));
  EXPECT_THAT(refusal(R"({"schema": "dscope.tuning", "schema_version": 2, "devices": {}})"),
              HasSubstr("/schema_version"));
  EXPECT_THAT(refusal(R"({"schema": "dscope.tuning", "schema_version": 1,
                          "devices": {"GPU": {"moe": {"T1": {"config": 9, "of": 9}}}}})"),
              HasSubstr("/devices/GPU/moe/T1/config"));
}

}  // namespace
}  // namespace dscope
