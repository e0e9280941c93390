// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/gpu_probe.h"

#include "profiler/collect/nvml.h"
#include "profiler/collect/shared_library.h"

#include <fmt/format.h>

#include <array>

// The few driver and NVML functions that describe a GPU, declared here so that building needs no
// CUDA. Numbers and signatures are those of cuda.h and nvml.h, which keep them stable.
namespace dscope::collect {
namespace {

// --- the CUDA driver: what a kernel sees ---------------------------------------------------------

using CuDevice = int;
using CuInit = int(unsigned flags);
using CuDriverGetVersion = int(int* version);
using CuDeviceGetCount = int(int* count);
using CuDeviceGet = int(CuDevice* device, int ordinal);
using CuDeviceGetName = int(char* name, int length, CuDevice device);
using CuDeviceGetAttribute = int(int* value, int attribute, CuDevice device);
using CuDeviceTotalMem = int(std::size_t* bytes, CuDevice device);
using CuDeviceGetPciBusId = int(char* id, int length, CuDevice device);

struct CudaAttribute {
  int number;  // CUdevice_attribute
  std::optional<std::int64_t> profile::Gpu::*field;
  int scale;
};
constexpr std::array<CudaAttribute, 6> kCudaAttributes{{
    {16, &profile::Gpu::sms, 1},                            // MULTIPROCESSOR_COUNT
    {38, &profile::Gpu::l2_bytes, 1},                       // L2_CACHE_SIZE
    {81, &profile::Gpu::shared_memory_per_sm_bytes, 1},     // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
    {97, &profile::Gpu::shared_memory_per_block_bytes, 1},  // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
    {13, &profile::Gpu::sm_clock_max_mhz, 1000},            // CLOCK_RATE in kHz
    {36, &profile::Gpu::memory_clock_max_mhz, 1000},        // MEMORY_CLOCK_RATE in kHz
}};
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;

class CudaDriver {
 public:
  explicit CudaDriver(std::vector<std::string>& missing)
      : library_({"libcuda.so.1"}), missing_(missing) {}

  // The GPUs the driver lets this process see, in its order.
  std::vector<profile::Gpu> gpus() {
    auto* init = library_.function<CuInit>("cuInit");
    auto* get_count = library_.function<CuDeviceGetCount>("cuDeviceGetCount");
    if (init == nullptr || get_count == nullptr) return none(library_.detail());
    if (const int code = init(0); code != 0) return none(fmt::format("cuInit answered {}", code));
    int count = 0;
    if (const int code = get_count(&count); code != 0) {
      return none(fmt::format("cuDeviceGetCount answered {}", code));
    }
    std::vector<profile::Gpu> gpus;
    for (int ordinal = 0; ordinal < count; ++ordinal) gpus.push_back(describe(ordinal));
    return gpus;
  }

 private:
  std::vector<profile::Gpu> none(const std::string& reason) {
    missing_.push_back("GPUs: " + reason);
    return {};
  }

  profile::Gpu describe(int ordinal) {
    profile::Gpu gpu;
    gpu.index = ordinal;
    CuDevice device = 0;
    auto* get = library_.function<CuDeviceGet>("cuDeviceGet");
    if (get == nullptr || get(&device, ordinal) != 0) {
      missing_.push_back(fmt::format("GPU {}: cuDeviceGet failed", ordinal));
      return gpu;
    }
    std::array<char, 256> text{};
    const int length = static_cast<int>(text.size()) - 1;
    if (auto* name = library_.function<CuDeviceGetName>("cuDeviceGetName");
        name != nullptr && name(text.data(), length, device) == 0) {
      gpu.name = text.data();
    }
    if (auto* bus = library_.function<CuDeviceGetPciBusId>("cuDeviceGetPCIBusId");
        bus != nullptr && bus(text.data(), length, device) == 0) {
      gpu.pci_bus_id = text.data();
    }
    std::size_t bytes = 0;
    if (auto* memory = library_.function<CuDeviceTotalMem>("cuDeviceTotalMem_v2");
        memory != nullptr && memory(&bytes, device) == 0) {
      gpu.memory_bytes = static_cast<std::int64_t>(bytes);
    }
    for (const CudaAttribute& entry : kCudaAttributes) {
      if (const auto value = attribute(entry.number, device)) {
        gpu.*entry.field = *value / entry.scale;
      }
    }
    const auto major = attribute(kComputeCapabilityMajor, device);
    const auto minor = attribute(kComputeCapabilityMinor, device);
    if (major && minor) gpu.compute_capability = fmt::format("{}.{}", *major, *minor);
    return gpu;
  }

  std::optional<int> attribute(int number, CuDevice device) {
    auto* get = library_.function<CuDeviceGetAttribute>("cuDeviceGetAttribute");
    int value = 0;
    if (get == nullptr || get(&value, number, device) != 0) return std::nullopt;
    return value;
  }

  SharedLibrary library_;
  std::vector<std::string>& missing_;
};

// --- NVML: what the board does -------------------------------------------------------------------

struct NvmlField {
  const char* function;
  std::optional<std::int64_t> profile::Gpu::*field;
};
constexpr std::array<NvmlField, 4> kNvmlFields{{
    {"nvmlDeviceGetCurrPcieLinkGeneration", &profile::Gpu::pcie_generation},
    {"nvmlDeviceGetCurrPcieLinkWidth", &profile::Gpu::pcie_width},
    {"nvmlDeviceGetMaxPcieLinkGeneration", &profile::Gpu::pcie_max_generation},
    {"nvmlDeviceGetMaxPcieLinkWidth", &profile::Gpu::pcie_max_width},
}};

struct TopologyLevel {
  unsigned level;  // nvmlGpuTopologyLevel_t
  const char* path;
};
constexpr std::array<TopologyLevel, 6> kTopologyLevels{{
    {0, "same board"},
    {10, "one switch"},
    {20, "several switches"},
    {30, "host bridge"},
    {40, "NUMA node"},
    {50, "system"},
}};

std::optional<std::string> path_between(Nvml& nvml, NvmlDevice a, NvmlDevice b) {
  const std::optional<unsigned> level = nvml.topology_level(a, b);
  if (!level) return std::nullopt;
  for (const TopologyLevel& known : kTopologyLevels) {
    if (known.level == *level) return known.path;
  }
  return fmt::format("level {}", *level);
}

void add_board_facts(Nvml& nvml, profile::Device& device) {
  device.driver_version = nvml.driver_version();
  std::vector<NvmlDevice> handles;
  for (profile::Gpu& gpu : device.gpus) {
    handles.push_back(gpu.pci_bus_id ? nvml.find(*gpu.pci_bus_id) : nullptr);
    for (const NvmlField& entry : kNvmlFields) {
      if (const auto value = nvml.number(entry.function, handles.back())) gpu.*entry.field = *value;
    }
    if (const auto milliwatts = nvml.number("nvmlDeviceGetEnforcedPowerLimit", handles.back())) {
      gpu.power_limit_w = *milliwatts / 1000.0;
    }
    if (handles.back() == nullptr) {
      device.missing.push_back(
          fmt::format("GPU {}: unknown to NVML: no PCIe link, no power", gpu.index));
    }
  }
  for (std::size_t a = 0; a < handles.size(); ++a) {
    for (std::size_t b = a + 1; b < handles.size(); ++b) {
      if (const auto path = path_between(nvml, handles[a], handles[b])) {
        device.topology.push_back(
            {static_cast<std::int64_t>(a), static_cast<std::int64_t>(b), *path, nullptr});
      }
    }
  }
}

}  // namespace

void probe_gpus(profile::Device& device) {
  device.gpus = CudaDriver(device.missing).gpus();
  if (device.gpus.empty()) return;
  Nvml nvml;
  if (nvml.unavailable().empty()) {
    add_board_facts(nvml, device);
  } else {
    device.missing.push_back("driver version, PCIe links, power limit: " + nvml.unavailable());
  }
}

}  // namespace dscope::collect
