// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/launch_environment.h"

#include "profiler/inject/loaded_library.h"
#include "tests/support/temporary_directory.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace dscope::inject {
namespace {

namespace fs = std::filesystem;

void touch(const fs::path& file, bool executable = false) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "x";
  if (executable) fs::permissions(file, fs::perms::owner_exec, fs::perm_options::add);
}

std::map<std::string, std::string> launched(const std::map<std::string, std::string>& now) {
  const Environment list = launch_environment(
      {.folder = "/out"}, "/lib/libdscope_inject.so", [&](const char* name) -> const char* {
        const auto found = now.find(name);
        return found == now.end() ? nullptr : found->second.c_str();
      });
  return {list.begin(), list.end()};
}

TEST(LaunchEnvironment, NamesTheLibraryToCudaAndNvtx) {
  const auto set = launched({});
  EXPECT_EQ(set.at("CUDA_INJECTION64_PATH"), "/lib/libdscope_inject.so");
  EXPECT_EQ(set.at("NVTX_INJECTION64_PATH"), "/lib/libdscope_inject.so");
  EXPECT_EQ(set.at("DSCOPE_INJECT_FOLDER"), "/out");
}

TEST(LaunchEnvironment, RefusesToPushAnotherToolOut) {
  EXPECT_THROW((void)launched({{"CUDA_INJECTION64_PATH", "/opt/nsys.so"}}), Error);
  EXPECT_THROW((void)launched({{"NVTX_INJECTION64_PATH", "/opt/nsys.so"}}), Error);
  EXPECT_NO_THROW((void)launched({{"CUDA_INJECTION64_PATH", ""}}));
  EXPECT_NO_THROW((void)launched({{"CUDA_INJECTION64_PATH", "/lib/libdscope_inject.so"}}));
}

TEST(LaunchEnvironment, FindsCommandsAsTheShellDoes) {
  const test::TemporaryDirectory dir;
  const fs::path root = dir.path();
  touch(root / "a" / "tool");  // not executable
  touch(root / "b" / "tool", true);
  const std::string path = (root / "a").string() + ":" + (root / "b").string();
  EXPECT_EQ(find_command("tool", path), root / "b" / "tool");
  EXPECT_EQ(find_command((root / "b" / "tool").string(), ""), root / "b" / "tool");
  EXPECT_TRUE(find_command("missing", path).empty());
}

TEST(LaunchEnvironment, FindsTheCuptiOfAPythonEnvironment) {
  const test::TemporaryDirectory dir;
  const fs::path root = dir.path();
  touch(root / "bin" / "python", true);
  EXPECT_TRUE(find_cupti(root / "bin" / "python").empty());
  const fs::path nvidia = root / "lib" / "python3.12" / "site-packages" / "nvidia";
  touch(nvidia / "cuda_cupti" / "lib" / "libcupti.so.12");
  EXPECT_EQ(find_cupti(root / "bin" / "python"), nvidia / "cuda_cupti/lib/libcupti.so.12");
  touch(nvidia / "cu13" / "lib" / "libcupti.so.13");
  fs::remove_all(nvidia / "cuda_cupti");
  EXPECT_EQ(find_cupti(root / "bin" / "vllm"), nvidia / "cu13/lib/libcupti.so.13");
}

TEST(LoadedLibrary, IsReadFromTheMapOfTheProcess) {
  std::istringstream maps(
      "7f00-7f01 r--p 00000000 00:00 0\n"
      "7f01-7f02 r-xp 00000000 08:01 12 /usr/lib/libc.so.6\n"
      "7f02-7f03 r-xp 00000000 08:01 13 /a dir/nvidia/cu13/lib/libcupti.so.13\n");
  EXPECT_EQ(loaded_library("libcupti.so", maps), "/a dir/nvidia/cu13/lib/libcupti.so.13");
  std::istringstream none("7f01-7f02 r-xp 00000000 08:01 12 /usr/lib/libcupti.so.6/x\n");
  EXPECT_EQ(loaded_library("libcupti.so", none), "");
}

}  // namespace
}  // namespace dscope::inject
