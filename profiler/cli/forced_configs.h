// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"

#include <string>
#include <string_view>

namespace dscope::cli {

// "auto", or "OP=INDEX" of a listed configuration, several joined by "+". Throws Error{kUsage} with
// the ops and how many configurations each has.
[[nodiscard]] model::TileOverrides parse_forced_configs(std::string_view text);
[[nodiscard]] std::string forced_configs_help();

// Makes launchers of this process take them from now on, where they can run a shape.
void force_configs(const model::TileOverrides& forced);

}  // namespace dscope::cli
