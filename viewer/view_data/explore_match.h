// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "profiler/profile/profile.h"
#include "viewer/view_data/document.h"
#include "viewer/view_data/explore.h"

#include <string>
#include <vector>

namespace dscope::view_data {

// A configuration that does the work of a document, as far as the document says what that was.
struct Match {
  model::Configuration configuration;
  std::vector<std::string> set;      // "batch 2", "context 4096"
  std::vector<std::string> unknown;  // what stays as it was, and why
};

// `start` with model, device, parallel layout, batch, context and numerics of the document. Never
// throws.
[[nodiscard]] Match match_document(const profile::Profile& profile,
                                   const model::Configuration& start);

// A prediction as a document for the other panels. `answer.outcome` must be there.
[[nodiscard]] DocumentPtr document_of(const Answer& answer);

}  // namespace dscope::view_data
