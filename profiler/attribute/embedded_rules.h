// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace dscope::attribute {

// A rule file compiled into the binary (embed_rules.cmake).
struct EmbeddedRules {
  std::string_view name;  // "engines.json"
  std::string_view text;
};

// In the order in which they are asked.
[[nodiscard]] std::span<const EmbeddedRules> embedded_rules();

}  // namespace dscope::attribute
