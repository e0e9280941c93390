// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/copy_bandwidth.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/memory_latency.h"
#include "kernels/cuda/read_bandwidth.h"
#include "model/device_catalog.h"
#include "model/measured.h"
#include "model/measured_device.h"
#include "profiler/cli/command.h"
#include "profiler/collect/device_probe.h"
#include "workloads/base/error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace dscope::cli {
namespace {

using exporter::Align;
using exporter::Cell;
using model::Sourced;

struct DevicesOptions {
  std::string name;  // empty: list all
  bool measure = false;
  exporter::Format format = exporter::Format::kTable;
};

Cell number(const Sourced<double>& value) {
  if (!value.value) return {exporter::CellValue{}, "-"};
  return {*value.value, fmt::format("{:.0f}", *value.value)};
}

Cell bytes(const Sourced<double>& value, double unit) {
  if (!value.value) return {exporter::CellValue{}, "-"};
  return {*value.value, fmt::format("{:.0f}", *value.value / unit)};
}

std::string list_devices(exporter::Format format) {
  constexpr double kKib = 1024;
  exporter::TextTable table({{"name", "Device"},
                             {"label", "Card"},
                             {"sms", "SMs", Align::kRight},
                             {"shared_memory_per_block_bytes", "Smem/block KiB", Align::kRight},
                             {"l2_bytes", "L2 MiB", Align::kRight},
                             {"memory_bytes", "Memory GiB", Align::kRight},
                             {"dram_spec_gbps", "DRAM GB/s", Align::kRight}});
  for (const model::Device& device : model::devices()) {
    table.add_row({device.name, device.label, number(device.sms),
                   bytes(device.shared_memory_per_block_bytes, kKib),
                   bytes(device.l2_bytes, kKib * kKib),
                   bytes(device.memory_bytes, kKib * kKib * kKib), number(device.dram_spec_gbps)});
  }
  return table.render(format);
}

// This machine's GPU: the entry that it is like, with what can be measured in its place.
model::Device measure_device(const std::string& like) {
  if (const Support gpu = cuda_available(); !gpu.ok()) throw unavailable_error("{}", gpu.reason);
  const profile::Device machine = collect::probe_device(1);
  if (machine.gpus.empty()) throw unavailable_error("the driver tells of no GPU");
  const profile::Gpu& gpu = machine.gpus.front();
  const std::string name = like.empty() ? model::device_of_gpu_name(gpu.name).value_or("") : like;
  if (name.empty()) {
    throw usage_error(
        "devices: \"{}\" is not in the catalogue; name the device that it is most like, whose "
        "rates of computing it then has",
        gpu.name);
  }
  model::Device device = model::find_device(name);
  const CopyBandwidth copies = measure_copy_bandwidth();
  const MemoryLatency latency = measure_memory_latency();
  return model::measured_device(
      std::move(device), gpu,
      {.dram_read_gbps = measure_device_read_gbps(),
       .dram_copy_gbps = copies.device_gbps,
       .dram_latency_ns = latency.dram_ns,
       .l2_latency_ns = latency.l2_ns,
       .l2_read_gbps = measure_l2_read_gbps(),
       .pcie_gbps = std::min(copies.to_device_gbps, copies.to_host_gbps)},
      fmt::format("dscope devices --measure on an {}, driver {}", gpu.name,
                  machine.driver_version.value_or("not known")));
}

std::string show_device(const model::Device& device, exporter::Format format) {
  if (format == exporter::Format::kJson) return nlohmann::json(device).dump(2) + "\n";
  exporter::TextTable table({{"field", "Field"},
                             {"value", "Value", Align::kRight},
                             {"source", "Source"},
                             {"where", "Where", Align::kLeft, 90}});
  for (const model::DeviceRow& row : model::device_rows(device)) {
    table.add_row({std::string(row.key), row.value, std::string(model::id(row.source)), row.where});
  }
  return table.render(format);
}

}  // namespace

Run add_devices(CLI::App& app, const Launch&) {
  const auto options = std::make_shared<DevicesOptions>();
  app.add_option("name", options->name,
                 "Show one device with the source of every value: a name, or a file of your own")
      ->option_text("[NAME|FILE.json]");
  app.add_flag(
      "--measure", options->measure,
      "Measure this machine's GPU: its memory, L2 and PCIe. What remains is that of NAME, or "
      "of the entry that its name means");
  add_format_option(app, options->format);
  app.footer(
      "Examples:\n  dscope devices\n  dscope devices rtx-pro-6000\n"
      "  dscope devices --measure --format json > my-gpu.json\n"
      "  dscope predict --device my-gpu.json");
  return [options] {
    if (options->measure) {
      print(show_device(measure_device(options->name), options->format));
    } else if (options->name.empty()) {
      print(list_devices(options->format));
    } else {
      print(show_device(model::find_device(options->name), options->format));
    }
  };
}

}  // namespace dscope::cli
