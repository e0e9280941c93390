// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/validation/validate.h"

#include "model/collective.h"
#include "model/embedded_file.h"
#include "model/predict.h"
#include "model/speculation.h"
#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace dscope::model {

std::span<const EmbeddedFile> embedded_measurements();

namespace {

const PublishedRow* find_row(std::string_view id) {
  for (const PublishedRow& row : published_rows()) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

// The kernel set a plan starts from: one of the catalogue with another name, traits and constants.
KernelSet read_start(const JsonReader& json, const std::string& name) {
  KernelSet set = find_kernel_set(json.at("from").as_string());
  set.name = name;
  set.calibration_id.clear();
  if (json.has("traits")) {
    const JsonReader traits = json.at("traits");
    for (const std::string& key : traits.keys()) {
      const auto found = set.traits.find(key);
      if (found == set.traits.end()) traits.at(key).fail("a trait as the key");
      found->second = traits.at(key).as_bool();
    }
  }
  if (json.has("constants")) {
    const JsonReader constants = json.at("constants");
    for (const std::string& key : constants.keys()) {
      const auto found = set.constants.find(key);
      if (found == set.constants.end()) constants.at(key).fail("a constant as the key");
      found->second.value = constants.at(key).as_number();
      found->second.low.reset();
      found->second.high.reset();
      found->second.source = "assumed";
      found->second.where = "calibration plan of " + name;
    }
  }
  return set;
}

CalibrationPlan read_plan(const JsonReader& json) {
  CalibrationPlan plan;
  plan.kernel_set = json.at("kernel_set").as_string();
  plan.start = read_start(json, plan.kernel_set);
  plan.why = json.at("why").as_string();
  const JsonReader fit = json.at("fit");
  for (std::size_t i = 0; i < fit.array_size(); ++i) {
    plan.free.push_back(parse_free_constant(fit.at(i).as_string()));
  }
  const JsonReader rows = json.at("rows");
  for (std::size_t i = 0; i < rows.array_size(); ++i) {
    plan.rows.push_back(rows.at(i).as_string());
    const PublishedRow* row = find_row(plan.rows.back());
    if (row == nullptr || !row->usable() || row->kernel_set != plan.kernel_set) {
      rows.at(i).fail("the id of a usable row of " + plan.kernel_set);
    }
  }
  return plan;
}

std::vector<double> sizes(const std::vector<ConfigurationError>& errors) {
  std::vector<double> result;
  for (const ConfigurationError& e : errors) result.push_back(std::abs(e.error));
  return result;
}

}  // namespace

std::vector<CalibrationPlan> calibration_plans_from_json(const nlohmann::json& json,
                                                         const std::string& source) {
  const JsonReader reader(json, source);
  std::vector<CalibrationPlan> plans;
  for (std::size_t i = 0; i < reader.array_size(); ++i) plans.push_back(read_plan(reader.at(i)));
  return plans;
}

const std::vector<CalibrationPlan>& calibration_plans() {
  static const std::vector<CalibrationPlan> plans = [] {
    for (const EmbeddedFile& file : embedded_measurements()) {
      if (file.name != "calibrations") continue;
      return calibration_plans_from_json(nlohmann::json::parse(file.text),
                                         "model/validation/calibrations.json");
    }
    throw Error(ErrorKind::kInternal, "calibrations.json: not compiled in");
  }();
  return plans;
}

std::optional<double> SetValidation::median_error() const {
  if (calibrated.held_out.empty()) return std::nullopt;
  return profile::median(sizes(calibrated.held_out));
}

SetValidation validate_set(const CalibrationPlan& plan) {
  SetValidation result;
  result.plan = &plan;
  std::vector<Measured> fitted;
  std::vector<Measured> held_out;
  for (const PublishedRow& row : published_rows()) {
    if (!row.usable() || row.kernel_set != plan.kernel_set) continue;
    const bool fit = std::find(plan.rows.begin(), plan.rows.end(), row.id) != plan.rows.end();
    (fit ? fitted : held_out).push_back(measured(row, plan.start));
  }
  if (plan.free.empty()) {  // nothing to fit: rows against constants of another set
    result.calibrated.kernel_set = plan.start;
    for (const Measured& m : held_out) {
      result.calibrated.held_out.push_back(prediction_error(m, plan.start, 0));
    }
    return result;
  }
  CalibrateOptions options;
  options.constants = plan.free;
  options.leave_one_out = false;
  // Restarting one published configuration changed its TPOT by 14 % (ambient0731-main-8k-c1 and its
  // recheck).
  options.fit.spread = 0.1;
  options.where = fmt::format("fitted to {}", fmt::join(plan.rows, ", "));
  try {
    result.calibrated = calibrate(plan.start, fitted, held_out, options);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kInput) throw;
    result.refused = e.what();
  }
  return result;
}

std::vector<RooflineCheck> roofline_checks() {
  std::vector<RooflineCheck> checks;
  for (const PublishedRow& row : published_rows()) {
    if (!row.usable()) continue;
    const Configuration c = configuration_of(row, roofline_kernel_set());
    checks.push_back({&row, roofline_step_ns(c) / accepted_tokens(c.speculation)});
  }
  return checks;
}

std::vector<CollectiveCheck> collective_checks() {
  std::vector<CollectiveCheck> checks;
  const KernelValues kernels(find_kernel_set("dscope"));
  for (const Microbench& row : microbenchmarks()) {
    if (!row.excluded.empty() || !row.payload_bytes || row.interconnect.empty()) continue;
    const Fabric links = fabric(find_interconnect(row.interconnect), *row.ranks);
    const auto add = [&](const char* what, const std::optional<double>& measured_ns,
                         AllReduce choice) {
      if (!measured_ns) return;
      checks.push_back({&row, what, *measured_ns,
                        all_reduce_time(*row.payload_bytes, links, kernels, choice).time.total()});
    };
    add("NCCL", row.nccl_ns, AllReduce::kNccl);
    add("NCCL, tuned by its author", row.nccl_tuned_ns, AllReduce::kNccl);
    add("one-shot", row.oneshot_ns, AllReduce::kOneShot);
  }
  return checks;
}

namespace {

const StageError* stage_of(const ConfigurationError& error, Stage stage) {
  const auto found = std::find_if(error.stages.begin(), error.stages.end(),
                                  [&](const StageError& s) { return s.stage == stage; });
  return found == error.stages.end() ? nullptr : &*found;
}

// Of the same point without padding; null: it was not measured.
const ConfigurationError* unpadded(const std::vector<ConfigurationError>& errors, GridPoint point) {
  point.tiles.extra_shared_bytes.reset();
  const auto found =
      std::find_if(errors.begin(), errors.end(),
                   [&, wanted = label(point)](const auto& e) { return e.source == wanted; });
  return found == errors.end() ? nullptr : &*found;
}

// `errors` are those of the grid's points.
std::vector<ThrottledBandwidth> throttled_bandwidths(
    const Grid& grid, const std::vector<ConfigurationError>& errors) {
  std::vector<ThrottledBandwidth> list;
  for (const Stage stage : {Stage::kMoe, Stage::kFlashMla}) {
    for (std::size_t i = 0; i < grid.points.size(); ++i) {
      if (!grid.points[i].tiles.extra_shared_bytes) continue;
      const ConfigurationError* free = unpadded(errors, grid.points[i]);
      if (free == nullptr) continue;
      const StageError* with = stage_of(errors[i], stage);
      const StageError* without = stage_of(*free, stage);
      if (with == nullptr || without == nullptr) continue;
      list.push_back({errors[i].source, stage, without->measured_ns / with->measured_ns,
                      without->predicted_ns / with->predicted_ns});
    }
  }
  return list;
}

}  // namespace

GridValidation validate_grid(const Grid& grid) {
  constexpr double kSmallestStageNs = 5000;
  GridValidation result;
  std::vector<ConfigurationError> errors;
  result.grid = &grid;
  const KernelSet set = find_kernel_set(grid.kernel_set);
  for (const GridPoint& point : grid.points) {
    const ConfigurationError error = prediction_error(measured(grid, point), set, kSmallestStageNs);
    if (is_calibration_grid(grid) && is_calibration_point(point)) {
      result.calibration.push_back(error);
    } else if (point.tiles.extra_shared_bytes) {
      result.throttled.push_back(error);
    } else if (has_forced_configs(point)) {
      result.forced.push_back(error);
    } else {
      result.held_out.push_back(error);
    }
    errors.push_back(error);
  }
  result.bandwidths = throttled_bandwidths(grid, errors);
  return result;
}

Validation validate(const Progress& progress) {
  Validation result;
  const int steps = static_cast<int>(calibration_plans().size() + measured_grids().size()) + 1;
  int done = 0;
  const auto advance = [&] {
    if (progress) progress(++done, steps);
  };
  for (const CalibrationPlan& plan : calibration_plans()) {
    result.sets.push_back(validate_set(plan));
    advance();
  }
  result.roofline = roofline_checks();
  result.collectives = collective_checks();
  advance();
  for (const Grid& grid : measured_grids()) {
    result.grids.push_back(validate_grid(grid));
    advance();
  }
  return result;
}

}  // namespace dscope::model
