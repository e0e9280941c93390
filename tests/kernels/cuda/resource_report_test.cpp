// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// What the compiler says of every kernel for sm_120a, which no test can run: that it fits. Reads
// the reports that kernels/cuda/keep_resource_report.sh leaves beside the object files.
#include "kernels/common/device_limits.h"

#include <gtest/gtest.h>

#include <cxxabi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace dscope {
namespace {

namespace fs = std::filesystem;

struct Kernel {
  std::string name;
  std::string target;
  int registers = -1;
  int shared_bytes = 0;  // static
  int stack_bytes = -1;
  int spill_bytes = -1;
};

std::string demangled(const std::string& name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  std::string result = status == 0 ? text : name;
  std::free(text);
  return result;
}

std::vector<Kernel> parse(std::istream& report) {
  static const std::regex entry("Compiling entry function '([^']+)' for '([^']+)'");
  static const std::regex memory(
      "(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
  static const std::regex registers("Used (\\d+) registers");
  static const std::regex shared("(\\d+) bytes smem");
  std::vector<Kernel> kernels;
  std::smatch match;
  for (std::string line; std::getline(report, line);) {
    if (std::regex_search(line, match, entry)) {
      kernels.push_back({.name = demangled(match[1]), .target = match[2]});
    } else if (!kernels.empty() && std::regex_search(line, match, memory)) {
      kernels.back().stack_bytes = std::stoi(match[1]);
      kernels.back().spill_bytes = std::stoi(match[2]) + std::stoi(match[3]);
    } else if (!kernels.empty() && std::regex_search(line, match, registers)) {
      kernels.back().registers = std::stoi(match[1]);
      if (std::regex_search(line, match, shared)) kernels.back().shared_bytes = std::stoi(match[1]);
    }
  }
  return kernels;
}

std::vector<Kernel> sm120_kernels() {
  std::vector<Kernel> kernels;
  for (const auto& file : fs::recursive_directory_iterator(DSCOPE_RESOURCE_REPORTS)) {
    if (file.path().extension() != ".resources") continue;
    std::ifstream report(file.path());
    for (Kernel& kernel : parse(report)) {
      if (kernel.target == "sm_120a") kernels.push_back(std::move(kernel));
    }
  }
  return kernels;
}

TEST(ResourceReport, EveryKernelFitsSm120) {
  const std::vector<Kernel> kernels = sm120_kernels();
  ASSERT_GE(kernels.size(), 20u) << "no reports in " << DSCOPE_RESOURCE_REPORTS;
  constexpr int kRegistersPerSm = 65536;
  printf("%9s %8s %14s  %s\n", "registers", "static B", "warps/SM (reg)", "kernel, sm_120a");
  for (const Kernel& kernel : kernels) {
    // Registers are handed out to warps in units of 256.
    const int per_warp = (kernel.registers * 32 + 255) / 256 * 256;
    printf("%9d %8d %14d  %s\n", kernel.registers, kernel.shared_bytes,
           std::min(kRtxPro6000.warps_per_sm, kRegistersPerSm / per_warp), kernel.name.c_str());
    EXPECT_EQ(kernel.stack_bytes, 0) << kernel.name;
    EXPECT_EQ(kernel.spill_bytes, 0) << kernel.name;
    EXPECT_LE(kernel.shared_bytes, kSm120SharedPerBlock) << kernel.name;
    EXPECT_GT(kernel.registers, 0) << kernel.name;
  }
}

TEST(ResourceReport, ParserSeesSpillsStackAndSharedMemory) {
  std::istringstream report(
      "ptxas info    : Compiling entry function '_Z1kPf' for 'sm_120a'\n"
      "ptxas info    : Function properties for _Z1kPf\n"
      "    16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads\n"
      "ptxas info    : Used 255 registers, used 1 barriers, 16 bytes cumulative stack size, 1024 "
      "bytes smem\n");
  const std::vector<Kernel> kernels = parse(report);
  ASSERT_EQ(kernels.size(), 1u);
  EXPECT_EQ(kernels[0].name, "k(float*)");
  EXPECT_EQ(kernels[0].stack_bytes, 16);
  EXPECT_EQ(kernels[0].spill_bytes, 20);
  EXPECT_EQ(kernels[0].registers, 255);
  EXPECT_EQ(kernels[0].shared_bytes, 1024);
}

}  // namespace
}  // namespace dscope
