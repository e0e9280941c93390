// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/kernel_list.h"

#include "profiler/export/kernel_rows.h"
#include "tests/profiler/support/sample_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dscope::view_data {
namespace {

using profile::testing::sample_profile;
using ::testing::HasSubstr;

TEST(KernelList, WithoutFilterIsTheTableOfTheCommandLine) {
  const profile::Profile profile = sample_profile();
  const KernelList list = kernel_list(profile, {});
  EXPECT_EQ(to_csv(list.table), exporter::kernel_table(profile).render(exporter::Format::kCsv));
  ASSERT_EQ(list.table.rows.size(), 2U);
  EXPECT_EQ(list.table.rows[1].stage, Stage::kNccl);
  EXPECT_EQ(list.table.rows[1].key, "moe.all_reduce");
}

TEST(KernelList, KeepsTheStagesAskedFor) {
  const profile::Profile profile = sample_profile();
  const std::vector<Stage> nccl{Stage::kNccl};
  const KernelList list = kernel_list(profile, nccl);
  ASSERT_EQ(list.table.rows.size(), 1U);
  EXPECT_EQ(list.table.rows[0].cells[0].text, "moe.all_reduce");
  EXPECT_EQ(list.all, 2U);
  // 400 of 2350 ns.
  EXPECT_THAT(list.summary, HasSubstr("1 of 2 kernels, 400 ns in all, 17.0 %"));
}

TEST(KernelList, SearchIgnoresCase) {
  const profile::Profile profile = sample_profile();
  EXPECT_EQ(kernel_list(profile, {}, "ROUTED").matching, 1U);
  EXPECT_EQ(kernel_list(profile, {}, "moe").matching, 2U);
  EXPECT_EQ(kernel_list(profile, {}, "attention").matching, 0U);
}

TEST(KernelList, CountsWhatItCutsOff) {
  const profile::Profile profile = sample_profile();
  const KernelList list = kernel_list(profile, {}, "", 1);
  EXPECT_EQ(list.table.rows.size(), 1U);
  EXPECT_EQ(list.matching, 2U);
}

TEST(KeepColumns, KeepsRowsKeysAndTheTint) {
  const profile::Profile profile = sample_profile();
  Table table = kernel_list(profile, {}).table;
  table.tone_column = 3;
  const std::vector<std::string_view> keys{"total_ns", "name", "no_such_column"};
  const Table narrow = keep_columns(table, keys);
  ASSERT_EQ(narrow.columns.size(), 2U);
  EXPECT_EQ(narrow.columns[0].key, "name");
  EXPECT_EQ(narrow.columns[1].key, "total_ns");
  EXPECT_EQ(narrow.tone_column, 1U);
  ASSERT_EQ(narrow.rows.size(), 2U);
  EXPECT_EQ(narrow.rows[0].cells[1].text, "1.95 us");
  EXPECT_EQ(narrow.rows[1].key, "moe.all_reduce");
}

TEST(KernelList, OfAnEmptyDocumentIsEmpty) {
  const KernelList list = kernel_list({}, {});
  EXPECT_EQ(list.matching, 0U);
  EXPECT_THAT(list.summary, HasSubstr("0 of 0 kernels"));
}

}  // namespace
}  // namespace dscope::view_data
