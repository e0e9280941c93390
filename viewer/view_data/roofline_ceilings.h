// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/device.h"
#include "profiler/profile/profile.h"

#include <string>
#include <string_view>
#include <vector>

namespace dscope::view_data {

// One limit of a device.
struct Ceiling {
  std::string label;         // "BF16 tensor cores"
  bool is_bandwidth = true;  // else a rate of operations
  double value = 0;          // GB/s, or GFLOP/s; above 0
  std::string source;        // "datasheet: ...", "measured in this run"
  bool decides = false;      // what floors are computed with: one of each kind at most
  std::string unit_text;     // "1.39 TB/s", "503.8 TFLOP/s"
};

struct DeviceCeilings {
  std::string device;  // label, empty when nobody knows
  std::vector<Ceiling> list;

  // In GB/s and GFLOP/s; 0 where it is not known.
  [[nodiscard]] double bandwidth_gbps() const;
  [[nodiscard]] double compute_gflops() const;
  // The least time for so much work, ns; 0 where no ceiling says anything.
  [[nodiscard]] double floor_ns(double bytes, double flops) const;
};

// Floors take the measured read bandwidth where there is one, and the tensor cores of BF16: weights
// are stored in 4 or 8 bits and multiplied as BF16, except with `fp8_activations`.
[[nodiscard]] DeviceCeilings ceilings_of(const model::Device& device, bool fp8_activations = false);

// Of what ran the document: the bandwidth that was measured in the same run, and the data sheet of
// the catalogue's device that the GPU's name means.
[[nodiscard]] DeviceCeilings ceilings_of(const profile::Profile& profile);

// The device of the catalogue that a driver's name for a GPU means ("NVIDIA H200"): the one of
// whose name the most words are in it. Null: none.
[[nodiscard]] const model::Device* device_called(std::string_view gpu_name);

}  // namespace dscope::view_data
