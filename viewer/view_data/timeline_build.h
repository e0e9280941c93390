// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/timeline.h"

namespace dscope::view_data {

// Where no work lane of the group does anything, between its first and its last work.
[[nodiscard]] Row idle_row(const Group& group);

}  // namespace dscope::view_data
