// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/forced_configs.h"

#include "kernels/common/tuning.h"
#include "model/tile_choice.h"
#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"

#include <fmt/format.h>

#include <cstddef>
#include <vector>

namespace dscope::cli {
namespace {

void force_one(std::string_view text, model::TileOverrides& forced) {
  const std::size_t equals = text.find('=');
  const model::TileChoice* choice = model::find_tile_choice(text.substr(0, equals));
  if (choice == nullptr || equals == std::string_view::npos) {
    throw usage_error("--config: expected auto or {}, got \"{}\"", forced_configs_help(), text);
  }
  const auto index = parse_number<std::size_t>(text.substr(equals + 1));
  if (!index || *index >= choice->count) {
    throw usage_error("--config: expected {}=0 to {}={}, got \"{}\"", choice->op, choice->op,
                      choice->count - 1, text);
  }
  forced.*choice->member = static_cast<std::int64_t>(*index);
}

}  // namespace

model::TileOverrides parse_forced_configs(std::string_view text) {
  model::TileOverrides forced;
  if (text == "auto") return forced;
  while (true) {
    const std::size_t plus = text.find('+');
    force_one(text.substr(0, plus), forced);
    if (plus == std::string_view::npos) return forced;
    text.remove_prefix(plus + 1);
  }
}

std::string forced_configs_help() {
  std::vector<std::string> ops;
  for (const model::TileChoice& choice : model::tile_choices()) {
    ops.push_back(fmt::format("{}=0..{}", choice.op, choice.count - 1));
  }
  return fmt::format("{}", fmt::join(ops, ", "));
}

void force_configs(const model::TileOverrides& forced) {
  for (const model::TileChoice& choice : model::tile_choices()) {
    if (const auto& index = forced.*choice.member) {
      process_tuning().force(std::string(choice.op), static_cast<std::size_t>(*index),
                             choice.count);
    }
  }
}

}  // namespace dscope::cli
