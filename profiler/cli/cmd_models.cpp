// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/command.h"
#include "workloads/base/units.h"
#include "workloads/model_config.h"
#include "workloads/op_costs.h"

#include <nlohmann/json.hpp>

#include <memory>

namespace dscope::cli {
namespace {

struct ModelsOptions {
  std::string name;  // empty: list all
  exporter::Format format = exporter::Format::kTable;
};

using exporter::Align;
using exporter::Cell;

// Weights read for one token at batch 1 on one rank, the number single-stream decode is bound by.
double weight_bytes_per_token(const ModelConfig& m) {
  CostInputs in;
  in.model = &m;
  in.contexts = {1};
  in.unique_experts.assign(static_cast<std::size_t>(m.layers),
                           static_cast<double>(m.experts_per_token));
  in.expert_slots = in.unique_experts;
  return total(op_costs(in)).weight_bytes;
}

Cell bytes_cell(double bytes) {
  return {bytes, format_bytes(bytes)};
}
Cell count_cell(std::int64_t count) {
  return {count, std::to_string(count)};
}

std::string list_models(exporter::Format format) {
  exporter::TextTable table({{"name", "Model"},
                             {"layers", "Layers", Align::kRight},
                             {"hidden", "Hidden", Align::kRight},
                             {"heads", "Heads", Align::kRight},
                             {"experts", "Experts", Align::kRight},
                             {"experts_per_token", "Top-k", Align::kRight},
                             {"resident_weight_bytes", "Weights", Align::kRight},
                             {"weight_bytes_per_token", "Read per token", Align::kRight}});
  for (const std::string& name : preset_names()) {
    const ModelConfig m = preset(name);
    const MemoryCost memory = memory_cost(m, {}, Numerics::kServing, true, 1, 1);
    table.add_row({name, count_cell(m.layers), count_cell(m.hidden), count_cell(m.heads),
                   count_cell(m.experts), count_cell(m.experts_per_token),
                   bytes_cell(memory.routed_expert_bytes + memory.other_weight_bytes),
                   bytes_cell(weight_bytes_per_token(m))});
  }
  return table.render(format);
}

std::string show_model(const std::string& name, exporter::Format format) {
  const nlohmann::json json = preset(name);
  if (format == exporter::Format::kJson) return json.dump(2) + "\n";
  exporter::TextTable table({{"field", "Field"}, {"value", "Value", Align::kLeft, 200}});
  for (const auto& [key, value] : json.items()) {
    table.add_row({key, value.is_string() ? value.get<std::string>() : value.dump()});
  }
  return table.render(format);
}

}  // namespace

Run add_models(CLI::App& app, const Launch&) {
  const auto options = std::make_shared<ModelsOptions>();
  app.add_option("name", options->name, "Show one preset in full")->option_text("[NAME]");
  add_format_option(app, options->format);
  app.footer("Examples:\n  dscope models\n  dscope models dsv4-flash --format json");
  return [options] {
    print(options->name.empty() ? list_models(options->format)
                                : show_model(options->name, options->format));
  };
}

}  // namespace dscope::cli
