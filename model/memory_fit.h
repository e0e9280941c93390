// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "model/predict.h"

namespace dscope::model {

// Weights as this kernel set keeps them, and caches for the batch at this context, against the
// memory of one GPU less what the engine reserves. Activations are not counted: they are small
// beside either.
[[nodiscard]] MemoryFit memory_fit(const Configuration& configuration);

// The answer to fits() alone, without looking for what would.
[[nodiscard]] bool fits_memory(const Configuration& configuration);

}  // namespace dscope::model
