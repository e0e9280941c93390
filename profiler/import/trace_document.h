// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/trace.h"
#include "profiler/profile/profile.h"

namespace dscope::importer {

// The profile document of a trace whose time has been accounted for: an imported one, with the
// devices, files, losses and skipped records of the trace. `made_by` says what made the document;
// its kind and sources are overwritten.
[[nodiscard]] profile::Profile document_of(const Trace& trace, profile::Measurement measurement,
                                           profile::Provenance made_by = {});

}  // namespace dscope::importer
