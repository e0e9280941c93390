// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/tile_choice.h"

#include "kernels/linear/linear_config.h"
#include "kernels/moe/moe_config.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode_config.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace dscope::model {
namespace {

constexpr std::array<TileChoice, 3> kChoices{{
    {"moe", "moe_config", "MoE configuration", moe_configs().size(), &TileOverrides::moe_config},
    {"sparse_mla", "mla_config", "Attention configuration", sparse_mla_choices(),
     &TileOverrides::mla_config},
    {"linear", "linear_config", "Linear configuration", linear_choices().size(),
     &TileOverrides::linear_config},
}};

}  // namespace

std::span<const TileChoice> tile_choices() {
  return kChoices;
}

const TileChoice* find_tile_choice(std::string_view op) {
  const auto* found =
      std::find_if(kChoices.begin(), kChoices.end(), [&](const auto& c) { return c.op == op; });
  return found == kChoices.end() ? nullptr : found;
}

void set_forced_configs(const JsonReader& json, TileOverrides& tiles) {
  for (const std::string& op : json.keys()) {
    const JsonReader entry = json.at(op);
    const TileChoice* choice = find_tile_choice(op);
    if (choice == nullptr) entry.fail("an op with listed configurations as the key");
    const auto count = static_cast<std::int64_t>(choice->count);
    (void)entry.at("of").as_int(count, count);
    tiles.*choice->member = entry.at("config").as_int(0, count - 1);
  }
}

nlohmann::ordered_json forced_configs_json(const TileOverrides& tiles) {
  auto json = nlohmann::ordered_json::object();
  for (const TileChoice& choice : kChoices) {
    if (const auto& forced = tiles.*choice.member) {
      json[std::string(choice.op)] = {{"config", *forced}, {"of", choice.count}};
    }
  }
  return json;
}

}  // namespace dscope::model
