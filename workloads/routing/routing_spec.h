// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace dscope::routing {

enum class RoutingKind {
  kModel,     // "model": the model's own router and hash tables decide
  kUniform,   // "uniform": every expert equally likely
  kZipf,      // "zipf:ALPHA": weight of the r-th most popular expert ~ r^-ALPHA
  kHotSet,    // "hot:N:SHARE": N experts of each layer draw SHARE of the picks
  kRecorded,  // "recorded:FILE": ids that another run wrote down
};

// zipf:4 on 384 experts already sends 92 % of first picks to one expert; the bound keeps the
// integer weights of RoutingGenerator exact enough for the last one.
inline constexpr double kMaxZipfAlpha = 4;

// Where a run's expert ids come from: the value of `--routing`. Only the fields of its kind mean
// something; the others keep their defaults. generator.h states the exact distributions.
struct RoutingSpec {
  RoutingKind kind = RoutingKind::kModel;
  double zipf_alpha = 0;         // kZipf: 0 .. kMaxZipfAlpha; 0 is uniform
  std::int64_t hot_experts = 0;  // kHotSet: 1 or more
  double hot_share = 0;          // kHotSet: 0 .. 1, a fraction of the picks
  std::string file = {};         // kRecorded: what stands after "recorded:", never empty

  friend bool operator==(const RoutingSpec&, const RoutingSpec&) = default;
};

// Throws Error{kUsage} that shows the text, what is wrong with it and the accepted forms.
[[nodiscard]] RoutingSpec parse_routing_spec(std::string_view text);

// The text that parse_routing_spec() reads back as the same value.
[[nodiscard]] std::string to_string(const RoutingSpec& spec);

// One line per accepted form, for help texts: "zipf:ALPHA   ...".
[[nodiscard]] std::string routing_spec_help();

// The profile document's form: {"kind": "hot", "experts": 16, "share": 0.5}. Reading throws
// Error{kInput} naming the JSON pointer.
void to_json(nlohmann::json& json, const RoutingSpec& spec);
void from_json(const nlohmann::json& json, RoutingSpec& spec);

}  // namespace dscope::routing
