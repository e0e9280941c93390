// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"

#include <cstdint>

namespace dscope::model {

// Tokens that a sequence gains in a step on average: 1 + a + a^2 + ... + a^depth. Drafted tokens
// are accepted up to the first that is not; the step always gives one token of its own.
[[nodiscard]] double accepted_tokens(const Speculation& speculation);

// The depth of 0 .. most with the largest rate of tokens, the smaller where rates are equal.
[[nodiscard]] std::int64_t best_depth(Configuration configuration, std::int64_t most);

}  // namespace dscope::model
