// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/device_catalog.h"
#include "profiler/cli/command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace dscope::cli {
namespace {

using exporter::Align;
using exporter::Cell;
using model::Sourced;

struct DevicesOptions {
  std::string name;  // empty: list all
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

std::string show_device(const std::string& name, exporter::Format format) {
  const model::Device device = model::find_device(name);
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
  add_format_option(app, options->format);
  app.footer(
      "Examples:\n  dscope devices\n  dscope devices rtx-pro-6000\n"
      "  dscope devices h200 --format json");
  return [options] {
    print(options->name.empty() ? list_devices(options->format)
                                : show_device(options->name, options->format));
  };
}

}  // namespace dscope::cli
