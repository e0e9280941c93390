// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/interconnect.h"
#include "profiler/cli/command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace dscope::cli {
namespace {

using exporter::Align;
using exporter::Cell;
using model::Sourced;

struct InterconnectsOptions {
  std::string name;  // empty: list all
  exporter::Format format = exporter::Format::kTable;
};

Cell number(const Sourced<double>& value) {
  if (!value.value) return {exporter::CellValue{}, "-"};
  return {*value.value, fmt::format("{:.6g}", *value.value)};
}

std::string list_interconnects(exporter::Format format) {
  exporter::TextTable table({{"name", "Interconnect"},
                             {"label", "What", Align::kLeft, 64},
                             {"p2p", "P2P"},
                             {"link_gbps", "Link GB/s", Align::kRight},
                             {"uplink_gbps", "Uplink GB/s", Align::kRight},
                             {"gpus_per_group", "GPUs/group", Align::kRight},
                             {"hop_latency_ns", "Hop ns", Align::kRight},
                             {"staged_latency_ns", "Staged ns", Align::kRight}});
  for (const model::Interconnect& i : model::interconnects()) {
    const bool p2p = i.p2p.value.value_or(false);
    table.add_row({i.name, i.label, Cell{p2p, p2p ? "yes" : "no"}, number(i.link_gbps),
                   number(i.uplink_gbps), number(i.gpus_per_group), number(i.hop_latency_ns),
                   number(i.staged_latency_ns)});
  }
  return table.render(format);
}

std::string show_interconnect(const std::string& name, exporter::Format format) {
  const model::Interconnect interconnect = model::find_interconnect(name);
  if (format == exporter::Format::kJson) return nlohmann::json(interconnect).dump(2) + "\n";
  exporter::TextTable table({{"field", "Field"},
                             {"value", "Value", Align::kRight},
                             {"source", "Source"},
                             {"where", "Where", Align::kLeft, 90}});
  for (const model::SourcedRow& row : model::interconnect_rows(interconnect)) {
    table.add_row({std::string(row.key), row.value, std::string(model::id(row.source)), row.where});
  }
  return table.render(format);
}

}  // namespace

Run add_interconnects(CLI::App& app, const Launch&) {
  const auto options = std::make_shared<InterconnectsOptions>();
  app.add_option("name", options->name,
                 "Show one with the source of every value: a name, or a file of your own")
      ->option_text("[NAME|FILE.json]");
  add_format_option(app, options->format);
  app.footer(
      "Examples:\n  dscope interconnects\n  dscope interconnects pcie5-no-p2p\n"
      "  dscope interconnects pcie5-switch --format json");
  return [options] {
    print(options->name.empty() ? list_interconnects(options->format)
                                : show_interconnect(options->name, options->format));
  };
}

}  // namespace dscope::cli
