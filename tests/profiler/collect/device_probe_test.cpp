// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/device_probe.h"

#include "profiler/collect/shared_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dscope::collect {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(DeviceProbe, DescribesTheHost) {
  const profile::Device device = probe_device(3);
  ASSERT_TRUE(device.host.has_value());
  EXPECT_EQ(device.host->threads_used, 3);
  EXPECT_GT(device.host->logical_cpus.value_or(0), 0);
  EXPECT_GT(device.host->memory_bytes.value_or(0), std::int64_t{1} << 20);
}

TEST(DeviceProbe, SaysWhyThereAreNoGpus) {
  const profile::Device device = probe_device(1);
  if (!device.gpus.empty()) {
    for (const profile::Gpu& gpu : device.gpus) {
      EXPECT_FALSE(gpu.name.empty());
      EXPECT_GT(gpu.sms.value_or(0), 0);
      EXPECT_GE(gpu.shared_memory_per_sm_bytes.value_or(0),
                gpu.shared_memory_per_block_bytes.value_or(0));
    }
  } else {
    EXPECT_THAT(device.missing, Contains(StartsWith("GPUs: ")));
  }
}

TEST(DeviceProbe, ListsEveryOptionalLibraryWithAReason) {
  const std::vector<LibraryStatus> libraries = probe_libraries();
  ASSERT_EQ(libraries.size(), 5u);
  for (const LibraryStatus& library : libraries) {
    EXPECT_THAT(library.name, StartsWith("lib"));
    EXPECT_FALSE(library.use.empty());
    EXPECT_FALSE(library.detail.empty()) << library.name;
  }
}

TEST(SharedLibrary, TriesNamesInOrder) {
  const SharedLibrary library({"libdoes_not_exist_dscope.so", "libc.so.6"});
  ASSERT_TRUE(library.loaded());
  EXPECT_EQ(library.detail(), "libc.so.6");
  auto* absolute = library.function<int(int)>("abs");
  ASSERT_NE(absolute, nullptr);
  EXPECT_EQ(absolute(-3), 3);
  EXPECT_EQ(library.function<int(int)>("no_such_function_dscope"), nullptr);
}

TEST(SharedLibrary, KeepsTheReason) {
  const SharedLibrary library({"libdoes_not_exist_dscope.so"});
  EXPECT_FALSE(library.loaded());
  EXPECT_THAT(library.detail(), HasSubstr("libdoes_not_exist_dscope.so"));
  EXPECT_EQ(library.function<int(int)>("abs"), nullptr);
}

}  // namespace
}  // namespace dscope::collect
