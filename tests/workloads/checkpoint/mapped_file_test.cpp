// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/mapped_file.h"

#include "tests/workloads/checkpoint/checkpoint_folder.h"
#include "workloads/base/json_util.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <utility>

namespace dscope {
namespace {

using ::testing::HasSubstr;

TEST(MappedFile, ShowsTheBytesAndSurvivesAMove) {
  const TemporaryFolder folder;
  write_text_file(folder / "a", "xyz");
  MappedFile file(folder / "a");
  const MappedFile moved(std::move(file));
  ASSERT_EQ(moved.bytes().size(), 3u);
  EXPECT_EQ(moved.bytes()[2], std::byte{'z'});
  EXPECT_EQ(moved.path(), folder / "a");
}

TEST(MappedFile, SaysWhyItCannotOpen) {
  const TemporaryFolder folder;
  write_text_file(folder / "empty", "");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const auto message = [](const std::filesystem::path& path) {
    return input_error_of([&] { MappedFile file(path); });
  };
  EXPECT_THAT(message(folder / "none"), HasSubstr("none: cannot open: No such file"));
  EXPECT_THAT(message(folder.path()), HasSubstr("expected a regular file, found a directory"));
  EXPECT_THAT(message(folder / "empty"), HasSubstr("empty: expected a file with content"));
  EXPECT_THAT(message(folder / "pipe"), HasSubstr("found a device or pipe"));
}

}  // namespace
}  // namespace dscope
