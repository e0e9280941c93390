// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/trace_document.h"

#include <utility>

namespace dscope::importer {

profile::Profile document_of(const Trace& trace, profile::Measurement measurement,
                             profile::Provenance made_by) {
  made_by.kind = profile::Kind::kImported;
  made_by.sources = trace.sources;
  measurement.clock = trace.format;
  measurement.losses += trace.losses;
  for (const Skipped& skipped : trace.skipped) {
    measurement.skipped.push_back({skipped.reason, skipped.count, nullptr});
  }
  profile::Profile document;
  document.provenance = std::move(made_by);
  document.device = trace.device;
  document.measurement = std::move(measurement);
  return document;
}

}  // namespace dscope::importer
