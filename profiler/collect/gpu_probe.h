// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

namespace dscope::collect {

// Fills gpus, topology, driver_version and the reasons in missing. Never throws.
void probe_gpus(profile::Device& device);

}  // namespace dscope::collect
