// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/validation/grid.h"

#include "model/device_catalog.h"
#include "model/embedded_file.h"
#include "model/tile_choice.h"
#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <tuple>
#include <utility>

namespace dscope::model {

std::span<const EmbeddedFile> embedded_grids();  // generated from validation/*_grid/

namespace {

constexpr std::string_view kGridSchema = "dscope.grid";
constexpr std::int64_t kGridVersion = 1;
constexpr std::int64_t kMostTokens = 1 << 24;
constexpr std::string_view kCalibrationDevice = "h200";

std::vector<double> walls(const profile::Measurement& measurement) {
  std::vector<double> result;
  for (const profile::StepSample& step : measurement.steps) {
    result.push_back(static_cast<double>(step.wall_ns));
  }
  return result;
}

GridPoint point_of(const profile::Profile& document, const Measured& times) {
  const Configuration& c = times.configuration;
  const profile::Measurement& measurement = *document.measurement;
  GridPoint point;
  point.tp = c.tp;
  point.batch = c.batch;
  point.context = c.context;
  point.tiles = c.tiles;
  if (!c.unique_experts.empty()) point.unique_experts = c.unique_experts.front();
  point.step_ns = times.token_ns;
  std::vector<double> untraced = walls(measurement);
  if (measurement.perturbation && !measurement.perturbation->untraced_wall_ns.empty()) {
    const auto& raw = measurement.perturbation->untraced_wall_ns;
    untraced.assign(raw.begin(), raw.end());
    point.traced_ns = profile::median(walls(measurement));
  }
  point.steps = static_cast<std::int64_t>(untraced.size());
  point.spread = profile::mad(untraced) / point.step_ns;
  for (const StageInfo& stage : kStages) {
    std::vector<double> stage_times;
    std::vector<double> launches;
    for (const profile::StepSample& step : measurement.steps) {
      stage_times.push_back(static_cast<double>(step.time_ns(stage.stage)));
      launches.push_back(
          static_cast<double>(step.stage_launches[static_cast<std::size_t>(stage.stage)]));
    }
    const double time = profile::median(std::move(stage_times));
    if (time > 0) point.stages[stage.stage] = {time, profile::median(std::move(launches))};
  }
  point.ops = measured_ops(measurement);
  return point;
}

std::string preset_of(const ModelConfig& model, const std::string& source) {
  for (const std::string& name : preset_names()) {
    if (first_layers(preset(name), model.layers) == model) return name;
  }
  throw input_error("{}: its model is no preset; a grid needs one", source);
}

Grid head_of(const profile::Profile& document, const Measured& times, const std::string& source) {
  Grid grid;
  const Configuration& c = times.configuration;
  grid.device = c.device.name;
  grid.kernel_set = c.kernel_set.name;
  grid.model = preset_of(c.model, source);
  grid.layers = c.model.layers;
  grid.numerics = std::string(id(c.numerics));
  if (document.device && !document.device->gpus.empty()) {
    grid.gpu = document.device->gpus.front().name;
  }
  if (document.provenance) {
    grid.driver = document.provenance->driver_version.value_or("");
    grid.cuda = document.provenance->cuda_version.value_or("");
    grid.git_sha = document.provenance->git_sha;
    grid.created_utc = document.provenance->created_utc;
  }
  return grid;
}

void require_same(const Grid& grid, const Grid& other, const std::string& source) {
  const auto facts = [](const Grid& g) {
    return std::tie(g.device, g.kernel_set, g.model, g.layers, g.numerics, g.gpu, g.git_sha);
  };
  if (facts(grid) == facts(other)) return;
  throw input_error(
      "{}: measured on {}, {} {} with {} layers, {}, commit {}; the first document on {}, {} {} "
      "with {} layers, {}, commit {}",
      source, other.gpu, other.kernel_set, other.model, other.layers, other.numerics, other.git_sha,
      grid.gpu, grid.kernel_set, grid.model, grid.layers, grid.numerics, grid.git_sha);
}

auto key(const GridPoint& p) {
  std::vector<std::int64_t> forced;
  for (const TileChoice& choice : tile_choices()) {
    forced.push_back((p.tiles.*choice.member).value_or(-1));
  }
  return std::tuple(p.tiles.extra_shared_bytes.value_or(0), std::move(forced), p.tp, p.context,
                    p.batch);
}

GridPoint read_point(const JsonReader& json) {
  GridPoint point;
  point.tp = json.at("tp").as_int(1, 1024);
  point.batch = json.at("batch").as_int(1, kMostTokens);
  point.context = json.at("context").as_int(1, kMostTokens);
  const auto positive = [&](const char* name) {
    const double value = json.at(name).as_number();
    if (value <= 0) json.at(name).fail("a positive number");
    return value;
  };
  if (json.has("extra_shared_bytes")) {
    point.tiles.extra_shared_bytes = positive("extra_shared_bytes");
  }
  if (json.has("forced_configs")) set_forced_configs(json.at("forced_configs"), point.tiles);
  if (json.has("unique_experts")) point.unique_experts = json.at("unique_experts").as_number();
  point.step_ns = positive("step_ns");
  if (json.has("traced_ns")) point.traced_ns = positive("traced_ns");
  if (json.has("spread")) point.spread = json.at("spread").as_number();
  point.steps = json.at("steps").as_int(1);
  const JsonReader stages = json.at("stages");
  for (const std::string& name : stages.keys()) {
    const auto stage = stage_from_id(name);
    const std::vector<double> pair = stages.at(name).as_numbers();
    if (!stage) stages.at(name).fail("a stage id as the key");
    if (pair.size() != 2 || pair[0] <= 0) stages.at(name).fail("[time_ns, launches]");
    point.stages[*stage] = {pair[0], pair[1]};
  }
  if (!json.has("ops")) return point;
  const JsonReader ops = json.at("ops");
  for (const std::string& name : ops.keys()) {
    const auto op = op_from_name(name);
    if (!op) ops.at(name).fail("the name of an op as the key");
    point.ops.push_back({*op, ops.at(name).as_number()});
  }
  return point;
}

nlohmann::ordered_json point_json(const GridPoint& point) {
  nlohmann::ordered_json json{{"tp", point.tp}, {"batch", point.batch}, {"context", point.context}};
  if (point.tiles.extra_shared_bytes) {
    json["extra_shared_bytes"] = *point.tiles.extra_shared_bytes;
  }
  if (auto forced = forced_configs_json(point.tiles); !forced.empty()) {
    json["forced_configs"] = std::move(forced);
  }
  if (point.unique_experts) {
    constexpr double kThousandth = 1000;
    json["unique_experts"] = std::round(*point.unique_experts * kThousandth) / kThousandth;
  }
  json["step_ns"] = std::llround(point.step_ns);
  if (point.traced_ns) json["traced_ns"] = std::llround(*point.traced_ns);
  constexpr double kDigits = 1e5;
  json["spread"] = std::round(point.spread * kDigits) / kDigits;
  json["steps"] = point.steps;
  json["stages"] = nlohmann::ordered_json::object();
  for (const auto& [stage, sample] : point.stages) {
    json["stages"][std::string(info(stage).id)] = {std::llround(sample.time_ns),
                                                   std::llround(sample.launches)};
  }
  for (const MeasuredOp& op : point.ops) json["ops"][info(op.op).name] = std::llround(op.time_ns);
  return json;
}

}  // namespace

Grid condense(const std::vector<std::pair<std::string, profile::Profile>>& documents) {
  if (documents.empty()) throw input_error("no documents to condense");
  Grid grid;
  std::set<decltype(key(GridPoint{}))> seen;
  for (const auto& [source, document] : documents) {
    const Measured times = measured(document, source);
    const Grid head = head_of(document, times, source);
    if (grid.points.empty()) grid = head;
    require_same(grid, head, source);
    grid.points.push_back(point_of(document, times));
    if (!seen.insert(key(grid.points.back())).second) {
      throw input_error("{}: the configuration {} was measured by another document too", source,
                        label(grid.points.back()));
    }
  }
  std::sort(grid.points.begin(), grid.points.end(),
            [](const GridPoint& a, const GridPoint& b) { return key(a) < key(b); });
  return grid;
}

nlohmann::ordered_json to_json(const Grid& grid) {
  nlohmann::ordered_json json{{"schema", kGridSchema},     {"schema_version", kGridVersion},
                              {"device", grid.device},     {"kernel_set", grid.kernel_set},
                              {"model", grid.model},       {"layers", grid.layers},
                              {"numerics", grid.numerics}, {"gpu", grid.gpu},
                              {"driver", grid.driver},     {"cuda", grid.cuda},
                              {"git_sha", grid.git_sha},   {"created_utc", grid.created_utc}};
  json["points"] = nlohmann::ordered_json::array();
  for (const GridPoint& point : grid.points) json["points"].push_back(point_json(point));
  return json;
}

std::string to_text(const Grid& grid) {
  nlohmann::ordered_json json = to_json(grid);
  json.erase("points");
  std::string text = json.dump();
  text.back() = ',';
  text += "\"points\":[\n";
  for (std::size_t i = 0; i < grid.points.size(); ++i) {
    text += point_json(grid.points[i]).dump();
    text += i + 1 < grid.points.size() ? ",\n" : "\n";
  }
  return text + "]}\n";
}

Grid grid_from_json(const nlohmann::json& json, const std::string& source) {
  const JsonReader reader(json, source);
  if (reader.at("schema").as_string() != kGridSchema) {
    reader.at("schema").fail(fmt::format("\"{}\"", kGridSchema));
  }
  (void)reader.at("schema_version").as_int(kGridVersion, kGridVersion);
  Grid grid;
  for (const auto& [name, field] :
       {std::pair{"device", &grid.device}, std::pair{"kernel_set", &grid.kernel_set},
        std::pair{"model", &grid.model}, std::pair{"numerics", &grid.numerics},
        std::pair{"gpu", &grid.gpu}, std::pair{"driver", &grid.driver},
        std::pair{"cuda", &grid.cuda}, std::pair{"git_sha", &grid.git_sha},
        std::pair{"created_utc", &grid.created_utc}}) {
    *field = reader.at(name).as_string();
  }
  grid.layers = reader.at("layers").as_int(1, 1024);
  if (!numerics_from_id(grid.numerics)) reader.at("numerics").fail("numerics of `dscope run`");
  const JsonReader points = reader.at("points");
  for (std::size_t i = 0; i < points.array_size(); ++i) {
    grid.points.push_back(read_point(points.at(i)));
  }
  return grid;
}

const std::vector<Grid>& measured_grids() {
  static const std::vector<Grid> grids = [] {
    std::vector<Grid> list;
    for (const EmbeddedFile& file : embedded_grids()) {
      list.push_back(grid_from_json(nlohmann::json::parse(file.text),
                                    fmt::format("model/validation/*_grid/{}.json", file.name)));
    }
    std::stable_partition(list.begin(), list.end(), is_calibration_grid);
    return list;
  }();
  return grids;
}

Measured measured(const Grid& grid, const GridPoint& point) {
  Measured result;
  result.source = label(point);
  result.token_ns = point.step_ns;
  Configuration& c = result.configuration;
  c.model = preset(grid.model);
  c.layers = grid.layers;
  c.numerics = *numerics_from_id(grid.numerics);
  c.device = find_device(grid.device);
  c.kernel_set = find_kernel_set(grid.kernel_set);
  c.tp = point.tp;
  c.batch = point.batch;
  c.context = point.context;
  c.collectives = false;
  c.tiles = point.tiles;
  if (point.unique_experts) {
    c.unique_experts.assign(static_cast<std::size_t>(grid.layers), *point.unique_experts);
  }
  std::vector<TracedStage> traced;
  for (const auto& [stage, sample] : point.stages) {
    traced.push_back({stage, sample.time_ns});
  }
  result.stages = stages_of_step(traced, point.step_ns);
  result.ops = point.ops;
  std::erase_if(result.stages,
                [&](const MeasuredStage& stage) { return !is_predicted(stage.stage, c); });
  return result;
}

std::string label(const GridPoint& point) {
  std::string text = fmt::format("tp {}, T {}, {} tokens", point.tp, point.batch, point.context);
  for (const TileChoice& choice : tile_choices()) {
    if (const auto& config = point.tiles.*choice.member) {
      text += fmt::format(", {}={}", choice.op, *config);
    }
  }
  if (const auto& padding = point.tiles.extra_shared_bytes) {
    text += fmt::format(", +{:.0f} B", *padding);
  }
  return text;
}

bool has_forced_configs(const GridPoint& point) {
  return std::any_of(tile_choices().begin(), tile_choices().end(), [&](const TileChoice& choice) {
    return (point.tiles.*choice.member).has_value();
  });
}

bool is_calibration_grid(const Grid& grid) {
  return grid.device == kCalibrationDevice;
}

bool is_calibration_point(const GridPoint& point) {
  if (has_forced_configs(point)) return point.tp == 1 && point.batch == 8;
  constexpr double kPadding = 65536;  // leaves half of the experts' blocks
  if (point.tiles.extra_shared_bytes) {
    return point.tiles.extra_shared_bytes == kPadding && point.batch == 8;
  }
  // A run adds a token a step, so contexts lie a little above what was asked for.
  constexpr std::int64_t kShort = 2048;
  constexpr std::int64_t kLong = 32768;
  if (point.context < kShort) return point.batch == 1 || point.batch == 8;
  if (point.context > kLong) return point.batch == 2 || point.batch == 64;
  return point.batch == 4 || point.batch == 32;
}

}  // namespace dscope::model
