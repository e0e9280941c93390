// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/measured.h"
#include "profiler/profile/profile.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dscope::model {

// One configuration of a measured grid: medians over its steps.
struct GridPoint {
  std::int64_t tp = 1;
  std::int64_t batch = 1;
  std::int64_t context = 1;
  TileOverrides tiles;                   // forced configurations, and padding: throttled occupancy
  std::optional<double> unique_experts;  // of this rank a layer, mean
  double step_ns = 0;                    // wall time, untraced
  std::optional<double> traced_ns;       // wall time of the traced steps
  double spread = 0;       // median absolute deviation of the untraced steps over their median
  std::int64_t steps = 0;  // untraced ones
  struct StageSample {
    double time_ns = 0;  // of its kernels, traced; idle time is stage Gap
    double launches = 0;
  };
  std::map<Stage, StageSample> stages;
  std::vector<MeasuredOp> ops;
};

// Many configurations measured by one program on one GPU, with nothing but what calibration and
// validation read: the committed form of their profile documents.
struct Grid {
  std::string device;      // of the catalogue
  std::string kernel_set;  // always one
  std::string model;       // preset
  std::int64_t layers = 0;
  std::string numerics;
  std::string gpu;  // as the driver names it
  std::string driver;
  std::string cuda;
  std::string git_sha;
  std::string created_utc;
  std::vector<GridPoint> points;
};

// Condenses documents of `dscope run --profile`, each with its file name. Throws Error{kInput}
// naming the file that lacks something or was measured on another GPU, model or commit than the
// first, and for two files of one configuration.
[[nodiscard]] Grid condense(const std::vector<std::pair<std::string, profile::Profile>>& documents);

[[nodiscard]] nlohmann::ordered_json to_json(const Grid& grid);  // one point a line when dumped
[[nodiscard]] std::string to_text(const Grid& grid);
// Throws Error{kInput} naming `source` and the JSON pointer.
[[nodiscard]] Grid grid_from_json(const nlohmann::json& json, const std::string& source);

// The grids that are compiled in, model/validation/*_grid/; those that are calibrated on first.
[[nodiscard]] const std::vector<Grid>& measured_grids();

// Constants are fitted to the grids of one device. Those of others are wholly held out: they test
// whether what was fitted there holds here.
[[nodiscard]] bool is_calibration_grid(const Grid& grid);

[[nodiscard]] Measured measured(const Grid& grid, const GridPoint& point);
// "tp 4, T 8, 8192 tokens, moe=3, +65536 B".
[[nodiscard]] std::string label(const GridPoint& point);

[[nodiscard]] bool has_forced_configs(const GridPoint& point);

// The points of such a grid to calibrate on, by a rule that looks at nothing measured and takes
// less than a third: at the corners and the middle of each shard's (batch, context) plane, one
// padding of one batch, and one batch of one shard with forced configurations.
[[nodiscard]] bool is_calibration_point(const GridPoint& point);

}  // namespace dscope::model
