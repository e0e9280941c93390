// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "workloads/base/json_util.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace dscope::model {

// An op of this library whose launcher chooses among listed configurations. One of them can be
// forced: `dscope run --config OP=INDEX`, and the axis of a prediction.
struct TileChoice {
  std::string_view op;    // as its launcher asks the tuning table
  std::string_view axis;  // axes.h
  std::string_view label;
  std::size_t count = 0;  // of configurations; an index of a list of another length means nothing
  std::optional<std::int64_t> TileOverrides::*member = nullptr;
};

[[nodiscard]] std::span<const TileChoice> tile_choices();
[[nodiscard]] const TileChoice* find_tile_choice(std::string_view op);  // null: there is none

// As documents hold them: {"moe": {"config": 3, "of": 12}}. Throws Error{kInput} with the place for
// an op or a number of configurations that this library does not have.
void set_forced_configs(const JsonReader& json, TileOverrides& tiles);
[[nodiscard]] nlohmann::ordered_json forced_configs_json(const TileOverrides& tiles);

}  // namespace dscope::model
