// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/document.h"

#include <cstdint>

namespace dscope::view_data {

// A made-up document for measuring the viewer and for tests: eight streams of two devices, steps of
// the kernels of a decode step with durations from a fixed generator, launches on a host thread.
// Nothing in it was measured: its kind is "emulated" and its name says what it is. `slices` > 0 is
// met to within a step.
[[nodiscard]] DocumentPtr make_sample_document(std::int64_t slices);

}  // namespace dscope::view_data
