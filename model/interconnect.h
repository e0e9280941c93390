// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/sourced.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// How the GPUs of one box reach each other, as a file of interconnects/ describes it. GB/s are
// decimal and one direction.
struct Interconnect {
  std::string name;   // kebab-case, the file's name
  std::string label;  // for people
  Sourced<bool> p2p;  // peers write each other's memory; false: everything is staged in host memory
  Sourced<bool> one_box;              // all GPUs in one host
  Sourced<double> link_gbps;          // of one GPU's own link
  Sourced<double> uplink_gbps;        // of what the GPUs of one group share towards other groups;
                                      // none: nothing is shared
  Sourced<double> gpus_per_group;     // GPUs below one switch or socket; none: all of them
  Sourced<double> hop_latency_ns;     // a flag written by one GPU until another one sees it
  Sourced<double> staged_latency_ns;  // the same without P2P, through host memory
  friend bool operator==(const Interconnect&, const Interconnect&) = default;
};

// Strict like device_from_json().
[[nodiscard]] Interconnect interconnect_from_json(const nlohmann::json& json,
                                                  const std::string& source);
void to_json(nlohmann::json& json, const Interconnect& interconnect);
[[nodiscard]] std::vector<SourcedRow> interconnect_rows(const Interconnect& interconnect);

// The catalogue that is compiled in, in the order in which `dscope interconnects` shows it.
[[nodiscard]] const std::vector<Interconnect>& interconnects();
[[nodiscard]] std::vector<std::string> interconnect_names();
// Of the catalogue by name, or from a file that ends with ".json". Throws like find_device().
[[nodiscard]] Interconnect find_interconnect(std::string_view name);

}  // namespace dscope::model
