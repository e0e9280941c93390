// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/device_probe.h"

#include "profiler/collect/gpu_probe.h"
#include "profiler/collect/shared_library.h"

#include <unistd.h>

#include <fstream>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

namespace dscope::collect {
namespace {

// "model name\t: AMD EPYC 9354" -> "model name", "AMD EPYC 9354".
std::pair<std::string, std::string> split_field(const std::string& line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) return {};
  const std::size_t key_end = line.find_last_not_of(" \t", colon == 0 ? 0 : colon - 1);
  const std::size_t value = line.find_first_not_of(" \t", colon + 1);
  return {line.substr(0, key_end + 1), value == std::string::npos ? "" : line.substr(value)};
}

profile::HostCpu probe_host(int threads_used, std::vector<std::string>& missing) {
  profile::HostCpu host;
  std::set<std::pair<std::string, std::string>> cores;  // physical id, core id
  std::string package;
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const auto [key, value] = split_field(line);
    if (key == "model name" && host.name.empty()) host.name = value;
    if (key == "physical id") package = value;
    if (key == "core id") cores.emplace(package, value);
  }
  if (host.name.empty()) missing.emplace_back("CPU name: /proc/cpuinfo has no \"model name\"");
  if (cores.empty()) {
    missing.emplace_back("physical cores: /proc/cpuinfo has no \"core id\"");
  } else {
    host.cores = static_cast<std::int64_t>(cores.size());
  }
  if (const unsigned logical = std::thread::hardware_concurrency(); logical > 0) {
    host.logical_cpus = logical;
  }
  host.threads_used = threads_used;
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGE_SIZE);
  if (pages > 0 && page_bytes > 0) {
    host.memory_bytes = static_cast<std::int64_t>(pages) * page_bytes;
  } else {
    missing.emplace_back("memory size: sysconf does not know");
  }
  return host;
}

struct OptionalLibrary {
  const char* name;
  const char* use;
  std::vector<std::string> files;  // newest first
};

}  // namespace

profile::Device probe_device(int threads_used) {
  profile::Device device;
  device.host = probe_host(threads_used, device.missing);
  probe_gpus(device);
  return device;
}

std::vector<LibraryStatus> probe_libraries() {
  const std::vector<OptionalLibrary> libraries{
      {"libcuda", "runs on NVIDIA GPUs", {"libcuda.so.1"}},
      {"libnvidia-ml", "clocks, power, PCIe links", {"libnvidia-ml.so.1"}},
      {"libcupti", "traces kernels", {"libcupti.so.13", "libcupti.so.12", "libcupti.so"}},
      {"libnccl", "collectives between GPUs", {"libnccl.so.2", "libnccl.so"}},
      {"libmpi", "several CPU ranks", {"libmpi.so.40", "libmpi.so.12", "libmpi.so"}},
  };
  std::vector<LibraryStatus> found;
  for (const OptionalLibrary& entry : libraries) {
    const SharedLibrary library(entry.files);
    found.push_back({entry.name, entry.use, library.loaded(), library.detail()});
  }
  return found;
}

}  // namespace dscope::collect
