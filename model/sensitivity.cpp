// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/sensitivity.h"

#include "model/kernel_constants.h"
#include "model/predict.h"
#include "model/step_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope::model {
namespace {

double spread_of(std::string_view source) {
  if (source == "derived") return kDerivedSpread;
  if (source == "fitted") return kFittedSpread;
  if (source == "assumed") return kAssumedSpread;
  return 0;
}

void add(std::vector<UncertainInput>& all, UncertainInput input) {
  if (input.low < input.high) all.push_back(std::move(input));
}

void add_constants(const KernelSet& set, std::vector<UncertainInput>& all) {
  for (const ConstantInfo& info : kernel_constants()) {
    const Constant& c = set.constants.at(info.name);
    const double spread = spread_of(c.source);
    add(all, {.name = info.name,
              .unit = info.unit,
              .source = c.source,
              .where = c.where,
              .value = c.value,
              .low = c.low.value_or(std::max(info.lowest, c.value * (1 - spread))),
              .high = c.high.value_or(std::min(info.highest, c.value * (1 + spread))),
              .set = [name = info.name](Configuration& configuration, double value) {
                configuration.kernel_set.constants.at(name).value = value;
              }});
  }
}

// A sourced value of the device or the interconnect: `part` of the configuration, `field` of it.
template <class Part>
void add_value(const Configuration& c, const char* name, const char* unit,
               Part Configuration::*part, Sourced<double> Part::*field,
               std::vector<UncertainInput>& all) {
  const Sourced<double>& value = c.*part.*field;
  if (!value.value) return;
  const double spread = spread_of(id(value.source));
  add(all, {.name = name,
            .unit = unit,
            .source = std::string(id(value.source)),
            .where = value.where,
            .value = *value.value,
            .low = *value.value * (1 - spread),
            .high = *value.value * (1 + spread),
            .set = [part, field](Configuration& configuration, double other) {
              (configuration.*part.*field).value = other;
            }});
}

// Nobody reads faster than the datasheet says.
void add_read_bandwidth(const Configuration& c, std::vector<UncertainInput>& all) {
  std::vector<UncertainInput> one;
  add_value(c, "device.dram_read_gbps", "GB/s", &Configuration::device, &Device::dram_read_gbps,
            one);
  for (UncertainInput& input : one) {
    const double spec = c.device.dram_spec_gbps.value.value_or(input.high);
    input.low = std::max(input.low, std::min(input.value, kLeastReadShare * spec));
    input.high = std::min(input.high, std::max(input.value, spec));
    add(all, std::move(input));
  }
}

void add_hardware(const Configuration& c, std::vector<UncertainInput>& all) {
  constexpr auto kDevice = &Configuration::device;
  constexpr auto kLinks = &Configuration::interconnect;
  add_read_bandwidth(c, all);
  add_value(c, "device.dram_latency_ns", "ns", kDevice, &Device::dram_latency_ns, all);
  add_value(c, "device.l2_read_gbps", "GB/s", kDevice, &Device::l2_read_gbps, all);
  add_value(c, "device.bf16_tflops", "TFLOP/s", kDevice, &Device::bf16_tflops, all);
  add_value(c, "device.fp8_tflops", "TFLOP/s", kDevice, &Device::fp8_tflops, all);
  if (c.tp == 1 || !c.collectives) return;
  add_value(c, "interconnect.link_gbps", "GB/s", kLinks, &Interconnect::link_gbps, all);
  add_value(c, "interconnect.uplink_gbps", "GB/s", kLinks, &Interconnect::uplink_gbps, all);
  if (c.interconnect.p2p.value.value_or(false)) {
    add_value(c, "interconnect.hop_latency_ns", "ns", kLinks, &Interconnect::hop_latency_ns, all);
  } else {
    add_value(c, "interconnect.staged_latency_ns", "ns", kLinks, &Interconnect::staged_latency_ns,
              all);
  }
}

// How many experts chance makes a step hit. Recorded ids are what they are.
void add_routing(const Configuration& c, std::vector<UncertainInput>& all) {
  if (!c.unique_experts.empty()) return;
  const StepShape shape = step_shape(c, 1 + c.speculation.depth);
  const RoutingLoad& load = shape.kinds.front().routing;
  const auto layers = static_cast<std::size_t>(decoded_model(c).layers);
  // Layers are independent of each other: their mean deviates less than one of them.
  const double shrink = 1 / std::sqrt(static_cast<double>(layers));
  add(all, {.name = "unique_experts",
            .unit = "1",
            .source = "derived",
            .where = "mean over the layers, one standard deviation",
            .value = load.unique,
            .low = load.unique - shrink * (load.unique - load.unique_low),
            .high = load.unique + shrink * (load.unique_high - load.unique),
            .set = [layers](Configuration& configuration, double value) {
              configuration.unique_experts.assign(layers, value);
            }});
}

struct Times {
  double step = 0;
  std::array<double, kStageCount> stages{};
};

Times times_of(const Configuration& c) {
  Times times;
  times.stages = predict_stages_ns(c);
  for (const double ns : times.stages) times.step += ns;
  return times;
}

// Collects squares of deviations.
class Deviations {
 public:
  void add(double value, double at_low, double at_high) {
    const double up = std::max({0.0, at_low - value, at_high - value});
    const double down = std::max({0.0, value - at_low, value - at_high});
    up_ += up * up;
    down_ += down * down;
  }
  [[nodiscard]] Interval around(double value) const {
    return {std::max(0.0, value - std::sqrt(down_)), value + std::sqrt(up_)};
  }

 private:
  double up_ = 0;
  double down_ = 0;
};

}  // namespace

double Sensitivity::swing_ns() const {
  return std::abs(step_at_high_ns - step_at_low_ns);
}

std::vector<UncertainInput> uncertain_inputs(const Configuration& c) {
  std::vector<UncertainInput> all;
  add_constants(c.kernel_set, all);
  add_hardware(c, all);
  add_routing(c, all);
  return all;
}

SensitivityResult sensitivity(const Configuration& c) {
  const Times here = times_of(c);
  SensitivityResult result{.step_ns = here.step, .stage_ns = here.stages};
  Deviations step;
  std::array<Deviations, kStageCount> stages;
  for (UncertainInput& input : uncertain_inputs(c)) {
    // Left out by most configurations: a copy for each that is tried would cost more than the step.
    Configuration other = c;
    input.set(other, input.low);
    const Times low = times_of(other);
    input.set(other, input.high);
    const Times high = times_of(other);
    if (low.step == here.step && high.step == here.step) continue;
    step.add(here.step, low.step, high.step);
    for (std::size_t i = 0; i < kStageCount; ++i) {
      stages[i].add(here.stages[i], low.stages[i], high.stages[i]);
    }
    result.inputs.push_back({std::move(input), low.step, high.step, low.stages, high.stages});
  }
  result.step = step.around(here.step);
  for (std::size_t i = 0; i < kStageCount; ++i) result.stages[i] = stages[i].around(here.stages[i]);
  std::stable_sort(result.inputs.begin(), result.inputs.end(),
                   [](const auto& a, const auto& b) { return a.swing_ns() > b.swing_ns(); });
  return result;
}

}  // namespace dscope::model
