// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/advise.h"
#include "model/advise_facts.h"

#include <string>

namespace dscope::model {

// Every lever on a step whose configuration is known. Each change is predicted; the document's
// stage times are scaled by predicted-with over predicted-without, stage by stage.
void judge_with_model(const StepFacts& facts, const Configuration& configuration,
                      Advisory& advisory);

// What the document alone can tell when no prediction is possible, for the reason `why_not`.
void judge_by_document(const StepFacts& facts, const std::string& why_not, Advisory& advisory);

}  // namespace dscope::model
