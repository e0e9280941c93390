// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"

#include <string>

namespace dscope::cli {

// Sets the distinct experts of each layer from recorded ids: a tensor [A, B, L, k] of int32, as
// `dscope run --record-routing` writes it, or another one by FILE:TENSOR. A step is the tokens of
// all sequences at one position, or those of one recorded step; of each the first `batch` tokens
// count, and steps with fewer are an error. -1 is nobody. Throws Error{kInput} naming file and
// tensor.
void use_recorded_experts(model::Configuration& configuration, const std::string& file);

}  // namespace dscope::cli
