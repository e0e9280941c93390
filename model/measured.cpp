// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/measured.h"

#include "model/axes.h"
#include "model/device_catalog.h"
#include "model/tile_choice.h"
#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"
#include "workloads/op_costs.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace dscope::model {
namespace {

// Parts of driver names, the more special first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kGpuNames{{
    {"RTX PRO 6000 Blackwell Max-Q", "rtx-pro-6000-max-q"},
    {"RTX PRO 6000 Blackwell Server", "rtx-pro-6000-server"},
    {"RTX PRO 6000", "rtx-pro-6000"},
    {"RTX PRO 5000", "rtx-pro-5000"},
    {"RTX 5090", "rtx-5090"},
    {"RTX 4090", "rtx-4090"},
    {"GB10", "dgx-spark-gb10"},
    {"H100", "h100-sxm"},
    {"H200", "h200"},
    {"B200", "b200"},
    {"GH200", "h200"},
}};

[[noreturn]] void lacks(const std::string& source, std::string_view what) {
  throw input_error("{}: the document does not say {}; a prediction needs it", source, what);
}

std::string text_field(const profile::JsonValue& object, const char* key) {
  if (!object || !object->is_object()) return {};
  const auto found = object->find(key);
  return found != object->end() && found->is_string() ? found->get<std::string>() : std::string();
}

double number_field(const profile::JsonValue& object, const char* key) {
  if (!object || !object->is_object()) return 0;
  const auto found = object->find(key);
  return found != object->end() && found->is_number() ? found->get<double>() : 0;
}

std::string device_name(const profile::Profile& document, const std::string& source,
                        const std::optional<std::string>& device) {
  if (device) return *device;
  if (document.prediction) {
    std::string name = text_field(document.prediction->parameters, "device");
    if (!name.empty()) return name;
  }
  if (!document.device || document.device->gpus.empty()) lacks(source, "which GPU it ran on");
  const std::string& gpu = document.device->gpus.front().name;
  const auto name = device_of_gpu_name(gpu);
  if (name) return *name;
  throw input_error("{}: GPU \"{}\" is not in the catalogue; name one with --device", source, gpu);
}

// Documents hold no measured links: what boxes of such GPUs have.
Interconnect usual_interconnect(const Device& device, const std::optional<ParallelLayout>& layout) {
  const bool nvlink = device.nvlink.value.value_or(false);
  return find_interconnect(nvlink ? "nvlink4" : usual_pcie(layout ? layout->tp : 1));
}

// How the run forced its kernels: what `dscope run` writes beside the workload.
TileOverrides tiles_of(const profile::Workload& workload, const std::string& source) {
  TileOverrides tiles;
  if (const double bytes = number_field(workload.unknown, "extra_shared_bytes"); bytes > 0) {
    tiles.extra_shared_bytes = bytes;
  }
  if (workload.unknown && workload.unknown->contains("forced_configs")) {
    set_forced_configs(JsonReader(*workload.unknown, source).at("forced_configs"), tiles);
  }
  return tiles;
}

void set_layout(Configuration& configuration, const profile::Workload& workload) {
  if (workload.layout) {
    configuration.tp = workload.layout->tp;
    configuration.ep = workload.layout->ep;
    configuration.rank = workload.layout->rank;
  }
  configuration.collectives = configuration.tp > 1 && workload.comm.value_or("") != "none";
}

// Distinct experts of this rank a layer, the mean over layers and steps: what the routed experts'
// weight bytes say. Empty where the document lists no such op.
std::vector<double> unique_experts(const profile::Workload& workload) {
  const ModelConfig& model = *workload.model;
  const auto layers = static_cast<std::size_t>(model.layers);
  CostInputs in;
  in.model = &model;
  in.layout = workload.layout.value_or(ParallelLayout{});
  in.contexts = {1};
  in.unique_experts.assign(layers, 1);
  in.expert_slots.assign(layers, 1);
  double one_each = 0;
  for (const OpCost& cost : op_costs(in)) {
    if (cost.op == Op::kMoeRouted) one_each += cost.weight_bytes;
  }
  for (const profile::OpTotals& op : workload.ops) {
    if (op.op != info(Op::kMoeRouted).name || one_each <= 0) continue;
    return std::vector<double>(layers, op.weight_bytes / one_each);
  }
  return {};
}

// What a prediction says of itself beyond the workload section.
void set_predicted(Configuration& configuration, const nlohmann::json& parameters) {
  const auto get = [&](const char* key, auto& out) {
    const auto found = parameters.find(key);
    if (found != parameters.end() && !found->is_null()) found->get_to(out);
  };
  get("graph", configuration.graph);
  get("collectives", configuration.collectives);
  std::int64_t captured = 0;
  get("captured_context", captured);
  if (captured > 0) configuration.captured_context = captured;
  double power = 0;
  get("power_limit_w", power);
  if (power > 0) configuration.power_limit_w = power;
  std::string links;
  get("interconnect", links);
  if (!links.empty()) configuration.interconnect = find_interconnect(links);
  nlohmann::json launches;
  get("launched_as", launches);
  for (const auto& [name, value] : launches.items()) {
    find_axis(name).set(configuration, value.get<std::string>());
  }
  nlohmann::json speculation;
  get("speculation", speculation);
  if (!speculation.is_object()) return;
  configuration.speculation = {speculation.value("depth", std::int64_t{0}),
                               speculation.value("acceptance", 0.0),
                               speculation.value("draft_share", 0.0)};
}

bool was_eager(const profile::Profile& document) {
  if (!document.provenance) return false;
  for (const std::string& word : document.provenance->command_line) {
    if (word == "--eager") return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> device_of_gpu_name(std::string_view name) {
  for (const auto& [part, device] : kGpuNames) {
    if (name.find(part) != std::string_view::npos) return std::string(device);
  }
  return std::nullopt;
}

std::optional<std::string> kernel_set_of(const profile::Profile& document) {
  if (document.prediction) {
    std::string name = text_field(document.prediction->parameters, "kernel_set");
    if (!name.empty()) return name;
  }
  if (!document.workload) return std::nullopt;
  std::string name = text_field(document.workload->unknown, "kernel_set");
  if (!name.empty()) return name;
  const bool ours = document.provenance && document.provenance->kind != profile::Kind::kImported;
  if (ours && document.workload->backend == "cuda") return "dscope";
  return std::nullopt;
}

Configuration configuration_of(const profile::Profile& document, const std::string& source,
                               const std::optional<std::string>& device) {
  if (!document.workload) lacks(source, "what was run (it has no workload section)");
  const profile::Workload& workload = *document.workload;
  if (!workload.model) lacks(source, "which model was run");
  if (!workload.batch) lacks(source, "its batch");
  if (!workload.context_mean) lacks(source, "its context");
  const auto set = kernel_set_of(document);
  if (!set) lacks(source, "whose kernels they are (\"kernel_set\" in its workload section)");
  Configuration configuration;
  configuration.model = *workload.model;
  configuration.numerics = workload.numerics.value_or(configuration.numerics);
  configuration.device = find_device(device_name(document, source, device));
  configuration.interconnect = usual_interconnect(configuration.device, workload.layout);
  configuration.kernel_set = find_kernel_set(*set);
  configuration.batch = *workload.batch;
  configuration.context = std::max<std::int64_t>(1, std::llround(*workload.context_mean));
  configuration.graph = !was_eager(document);
  configuration.tiles = tiles_of(workload, source);
  set_layout(configuration, workload);
  configuration.unique_experts = unique_experts(workload);
  if (document.prediction && document.prediction->parameters) {
    try {
      set_predicted(configuration, *document.prediction->parameters);
    } catch (const nlohmann::json::exception& e) {
      throw input_error("{}: /prediction/parameters: {}", source, e.what());
    }
  }
  return configuration;
}

bool is_predicted(Stage stage, const Configuration& configuration) {
  if (stage == Stage::kNccl) return configuration.collectives;
  return stage != Stage::kGap && stage != Stage::kOther && stage != Stage::kUnattributed;
}

std::vector<MeasuredStage> stages_of_step(const std::vector<TracedStage>& traced, double step_ns) {
  double busy = 0;
  for (const TracedStage& stage : traced) {
    if (stage.stage != Stage::kGap) busy += stage.time_ns;
  }
  const double scale = busy > step_ns ? step_ns / busy : 1;
  std::vector<MeasuredStage> stages;
  for (const TracedStage& stage : traced) {
    if (stage.stage == Stage::kGap || stage.time_ns <= 0) continue;
    stages.push_back({stage.stage, stage.time_ns * scale, stage.time_ns * scale});
  }
  return stages;
}

std::vector<MeasuredOp> measured_ops(const profile::Measurement& measurement) {
  std::array<double, kOpCount> sums{};
  for (const profile::KernelSummary& kernel : measurement.kernels) {
    const auto op = op_from_name(kernel.op.value_or(""));
    if (!op) continue;
    sums[static_cast<std::size_t>(*op)] +=
        static_cast<double>(kernel.total_ns - kernel.waited_ns.value_or(0));
  }
  std::vector<MeasuredOp> ops;
  for (const OpInfo& entry : kOps) {
    const double sum = sums[static_cast<std::size_t>(entry.op)];
    if (sum <= 0 || measurement.steps.empty()) continue;
    ops.push_back({entry.op, sum / static_cast<double>(measurement.steps.size())});
  }
  return ops;
}

Measured measured(const profile::Profile& document, const std::string& source) {
  if (!document.measurement || document.measurement->steps.empty()) {
    throw input_error("{}: has no measured steps", source);
  }
  const profile::Measurement& measurement = *document.measurement;
  if (!measurement.has_steps) {
    throw input_error("{}: has no step marks: its times are of a whole trace", source);
  }
  Measured result{source, configuration_of(document, source), 0, {}, {}};
  std::vector<double> walls;
  for (const profile::StepSample& step : measurement.steps) {
    walls.push_back(static_cast<double>(step.wall_ns));
  }
  result.token_ns = profile::median(std::move(walls));
  if (measurement.perturbation && !measurement.perturbation->untraced_wall_ns.empty()) {
    result.token_ns = profile::median(measurement.perturbation->untraced_wall_ns);
  }
  std::vector<TracedStage> traced;
  for (const StageInfo& entry : kStages) {
    std::vector<double> times;
    for (const profile::StepSample& step : measurement.steps) {
      times.push_back(static_cast<double>(step.time_ns(entry.stage)));
    }
    traced.push_back({entry.stage, profile::median(std::move(times))});
  }
  result.stages = stages_of_step(traced, result.token_ns);
  result.ops = measured_ops(measurement);
  std::erase_if(result.stages, [&](const MeasuredStage& stage) {
    return !is_predicted(stage.stage, result.configuration);
  });
  return result;
}

Measured measured(const PublishedRow& row, const KernelSet& kernel_set) {
  Measured result{row.id, configuration_of(row, kernel_set), row.tpot_ns(), {}, {}};
  for (const auto& [stage, range] : row.stages) {
    result.stages.push_back({stage, range.low_ns, range.high_ns});
  }
  return result;
}

}  // namespace dscope::model
