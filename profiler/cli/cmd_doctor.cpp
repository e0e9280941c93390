// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/command.h"
#include "profiler/collect/cupti_source.h"
#include "profiler/collect/device_probe.h"
#include "profiler/collect/nvml.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>

namespace dscope::cli {
namespace {

// One finding: what was looked at, whether it is there, and what that means.
struct Finding {
  std::string what;
  bool available = false;
  std::string detail;
};

// Whether CUPTI records, not only whether it is there. `hes`: with the hardware event system.
Finding examine_cupti(bool hes) {
  Finding finding{hes ? "CUPTI hardware trace" : "CUPTI", true, ""};
  try {
    collect::CuptiSourceOptions options;
    options.hardware_trace = hes;
    options.steps = 1;
    const auto source = collect::make_cupti_source(options);
    finding.detail = hes ? "timestamps from the hardware event system (dscope run --hes)"
                         : fmt::format("records kernels, version {}",
                                       source->take_facts()->version.value_or("unknown"));
  } catch (const Error& e) {
    finding.available = false;
    finding.detail = e.what();
  }
  return finding;
}

Finding examine_nvml() {
  const collect::Nvml nvml;
  const bool works = nvml.unavailable().empty();
  return {
      "NVML", works,
      works ? "clocks, power, temperature and throttle reasons of every run" : nvml.unavailable()};
}

// Hardware counters can be kept for administrators; kernel times are open to everybody.
Finding examine_counters() {
  std::ifstream parameters("/proc/driver/nvidia/params");
  if (!parameters) return {"hardware counters", false, "no NVIDIA driver parameters to read"};
  for (std::string line; std::getline(parameters, line);) {
    if (!line.starts_with("RmProfilingAdminOnly:")) continue;
    const bool restricted = line.find('1') != std::string::npos;
    const bool root = geteuid() == 0;
    return {"hardware counters", !restricted || root,
            restricted ? "the driver keeps them for administrators (NVreg_RestrictProfilingToAdmin"
                         "Users=0 opens them)"
                       : "open to every user"};
  }
  return {"hardware counters", false, "the driver does not say who may read them"};
}

std::vector<Finding> examine(const Launch& launch) {
  const int threads = static_cast<int>(std::thread::hardware_concurrency());
  const profile::Device device = collect::probe_device(threads);
  std::vector<Finding> findings;
  if (device.host) {
    findings.push_back(
        {"CPU", true,
         fmt::format("{}, {} threads, {} of memory", device.host->name, threads,
                     format_bytes(static_cast<double>(device.host->memory_bytes.value_or(0))))});
  }
  for (const profile::Gpu& gpu : device.gpus) {
    findings.push_back({fmt::format("GPU {}", gpu.index), true,
                        fmt::format("{}, compute capability {}", gpu.name,
                                    gpu.compute_capability.value_or("unknown"))});
  }
  if (device.gpus.empty()) {
    findings.push_back({"GPU", false,
                        "no NVIDIA GPU: the CPU reference, reports, comparisons and "
                        "catalogues work without one"});
  }
  if (device.driver_version) findings.push_back({"driver", true, *device.driver_version});
  for (const collect::LibraryStatus& library : collect::probe_libraries()) {
    findings.push_back(
        {library.name, library.found, fmt::format("{} ({})", library.detail, library.use)});
  }
  if (!device.gpus.empty()) {
    findings.push_back(examine_cupti(/*hes=*/false));
    findings.push_back(examine_cupti(/*hes=*/true));
    findings.push_back(examine_nvml());
    findings.push_back(examine_counters());
  }
  for (const std::string& missing : device.missing)
    findings.push_back({"not determined", false, missing});
  findings.push_back({"ranks", launch.ranks > 1,
                      launch.ranks > 1 ? fmt::format("{} started by mpirun", launch.ranks)
                                       : "one process; mpirun -np N starts several"});
  return findings;
}

}  // namespace

Run add_doctor(CLI::App& app, const Launch& launch) {
  const auto format = std::make_shared<exporter::Format>(exporter::Format::kTable);
  add_format_option(app, *format);
  return [format, &launch] {
    exporter::TextTable table({{"what", "What"},
                               {"available", "There"},
                               {"detail", "Detail", exporter::Align::kLeft, 100}});
    for (const Finding& finding : examine(launch)) {
      table.add_row({finding.what,
                     exporter::Cell(finding.available, finding.available ? "yes" : "no"),
                     finding.detail});
    }
    print(table.render(*format));
  };
}

}  // namespace dscope::cli
