// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/roofline_ceilings.h"

#include "model/device_catalog.h"
#include "viewer/view_data/finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace dscope::view_data {
namespace {

using model::Device;
using model::Sourced;

constexpr double kGflopsPerTflops = 1000;

std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> words;
  std::string word;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      word += static_cast<char>(std::tolower(byte));
    } else if (!word.empty()) {
      words.insert(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.insert(std::move(word));
  return words;
}

std::string bandwidth_text(double gbps) {
  return gbps >= 1000 ? fmt::format("{:.2f} TB/s", gbps / 1000) : fmt::format("{:.4g} GB/s", gbps);
}

std::string compute_text(double gflops) {
  return gflops >= kGflopsPerTflops ? fmt::format("{:.4g} TFLOP/s", gflops / kGflopsPerTflops)
                                    : fmt::format("{:.4g} GFLOP/s", gflops);
}

void add(DeviceCeilings& ceilings, std::string label, bool is_bandwidth, double value,
         std::string source) {
  if (!has_logarithm(value)) return;
  ceilings.list.push_back({std::move(label), is_bandwidth, value, std::move(source), false,
                           is_bandwidth ? bandwidth_text(value) : compute_text(value)});
}

void add(DeviceCeilings& ceilings, std::string label, bool is_bandwidth,
         const Sourced<double>& value, double scale = 1) {
  if (!value.value) return;
  add(ceilings, std::move(label), is_bandwidth, *value.value * scale,
      fmt::format("{}: {}", model::id(value.source), value.where));
}

void let_decide(DeviceCeilings& ceilings, std::string_view label) {
  for (Ceiling& ceiling : ceilings.list) {
    if (ceiling.label == label) ceiling.decides = true;
  }
}

void let_first_bandwidth_decide(DeviceCeilings& ceilings) {
  for (Ceiling& ceiling : ceilings.list) {
    if (!ceiling.is_bandwidth) continue;
    ceiling.decides = true;
    return;
  }
}

double deciding(const DeviceCeilings& ceilings, bool is_bandwidth) {
  for (const Ceiling& ceiling : ceilings.list) {
    if (ceiling.decides && ceiling.is_bandwidth == is_bandwidth) return ceiling.value;
  }
  return 0;
}

void add_device(DeviceCeilings& ceilings, const Device& device, bool fp8_activations) {
  ceilings.device = device.label;
  // A bandwidth that nobody measured is no ceiling.
  if (device.dram_read_gbps.source == model::ValueSource::kMeasured) {
    add(ceilings, "DRAM, reading", true, device.dram_read_gbps);
  }
  add(ceilings, "DRAM, data sheet", true, device.dram_spec_gbps);
  add(ceilings, "FP4 tensor cores", false, device.fp4_tflops, kGflopsPerTflops);
  add(ceilings, "FP8 tensor cores", false, device.fp8_tflops, kGflopsPerTflops);
  add(ceilings, "BF16 tensor cores", false, device.bf16_tflops, kGflopsPerTflops);
  add(ceilings, "FP32", false, device.fp32_tflops, kGflopsPerTflops);
  let_decide(ceilings, fp8_activations ? "FP8 tensor cores" : "BF16 tensor cores");
}

}  // namespace

double DeviceCeilings::bandwidth_gbps() const {
  return deciding(*this, true);
}

double DeviceCeilings::compute_gflops() const {
  return deciding(*this, false);
}

double DeviceCeilings::floor_ns(double bytes, double flops) const {
  const double bandwidth = bandwidth_gbps();
  const double compute = compute_gflops();
  return std::max(bandwidth > 0 ? drawable(bytes) / bandwidth : 0,
                  compute > 0 ? drawable(flops) / compute : 0);
}

DeviceCeilings ceilings_of(const Device& device, bool fp8_activations) {
  DeviceCeilings ceilings;
  add_device(ceilings, device, fp8_activations);
  let_first_bandwidth_decide(ceilings);
  return ceilings;
}

DeviceCeilings ceilings_of(const profile::Profile& profile) {
  DeviceCeilings ceilings;
  if (!profile.device) return ceilings;
  const profile::Device& device = *profile.device;
  const bool on_cpu = profile.workload && profile.workload->backend == "cpu";
  // A prediction has it from the catalogue.
  const bool measured = profile.measurement.has_value();
  if (device.read_bandwidth_gbps && measured) {
    add(ceilings, "Reading, this run", true, *device.read_bandwidth_gbps, "measured in this run");
  }
  if (on_cpu || device.gpus.empty()) {
    if (device.host) ceilings.device = device.host->name;
  } else {
    const std::string& name = device.gpus.front().name;
    const bool fp8_activations =
        profile.workload && profile.workload->numerics == Numerics::kServingA8;
    if (const Device* known = device_called(name)) add_device(ceilings, *known, fp8_activations);
    ceilings.device = name;
  }
  let_first_bandwidth_decide(ceilings);
  return ceilings;
}

const Device* device_called(std::string_view gpu_name) {
  // Words of our names that drivers do not use.
  static constexpr std::array<std::string_view, 3> kIgnored{"sxm", "dgx", "spark"};
  const std::set<std::string> given = words_of(gpu_name);
  const Device* best = nullptr;
  std::size_t most = 0;
  for (const Device& device : model::devices()) {
    std::set<std::string> wanted = words_of(device.name);
    for (const std::string_view word : kIgnored) wanted.erase(std::string(word));
    const bool all = std::includes(given.begin(), given.end(), wanted.begin(), wanted.end());
    if (!all || wanted.size() <= most) continue;
    most = wanted.size();
    best = &device;
  }
  return best;
}

}  // namespace dscope::view_data
