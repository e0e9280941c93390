// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/predict.h"
#include "viewer/view_data/named_profile.h"
#include "viewer/view_data/roofline_ceilings.h"
#include "viewer/view_data/table.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Every op of documents and predictions on one chart: operations per byte against operations per
// second, below what the device can do (Williams, Waterman and Patterson, 2009). Bytes and FLOPs
// are those of workloads/op_costs, which documents carry.
namespace dscope::view_data {

struct RooflinePoint {
  std::string name;  // of the op; "MoE (all ops)" where only the stage's time is known
  Stage stage = Stage::kOther;
  double calls = 0;    // a step
  double bytes = 0;    // DRAM, a step
  double flops = 0;    // a step
  double time_ns = 0;  // a step: measured a mean, predicted of the step
  double gbps = 0;
  double gflops = 0;                // a second
  std::optional<double> intensity;  // FLOP/byte; empty without bytes
  std::optional<double> floor_ns;   // by the device's ceilings
  std::optional<double> of_floor;   // floor over time: 1 is as fast as the device allows
  std::string limit;                // predicted: what limits it; measured: which ceiling is lower
  bool on_chart = false;            // has bytes, FLOPs and time
  std::vector<std::pair<std::string, std::string>> details;  // label and value, for tooltips
};

struct RooflineSeries {
  std::string name;
  profile::Kind kind = profile::Kind::kMeasured;
  DeviceCeilings ceilings;
  std::vector<RooflinePoint> points;  // longest first
  std::string summary;                // "24 ops, 61 % of what the device allows"
  std::vector<std::string> notes;     // what is not in here and why
};

// Times of ops from the kernels that carry their names, else of whole stages.
[[nodiscard]] RooflineSeries roofline_series(const NamedProfile& document);

// Of a prediction for `device`.
[[nodiscard]] RooflineSeries roofline_series(std::string name, const model::Outcome& outcome,
                                             const model::Device& device, bool fp8_activations);

// A ceiling as a line from one edge of the chart to the other, in axis values.
struct CeilingLine {
  const Ceiling* ceiling = nullptr;  // of the series given to roofline_chart()
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  std::string text;
};

// Logarithmic axes, ends at powers of ten.
struct RooflineChart {
  double x_low = 0.1;  // FLOP/byte
  double x_high = 1000;
  double y_low = 1;  // GFLOP/s
  double y_high = 1e6;
  std::vector<CeilingLine> lines;
  std::string problem;  // why there is no point on it
};

// Axes around all points of all series, lines of the ceilings of `series[front]`.
[[nodiscard]] RooflineChart roofline_chart(std::span<const RooflineSeries> series,
                                           std::size_t front);

// All points, one row each.
[[nodiscard]] Table roofline_table(std::span<const RooflineSeries> series);

}  // namespace dscope::view_data
