// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/profile/profile.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace dscope::attribute {

class StageRules;  // stage_rules.h

// How a piece of work came to its stage, from the firmest to the weakest.
enum class LabelSource : std::uint8_t {
  kSource,     // the collector knew it (a labelled graph node, a range of our own)
  kRange,      // an NVTX range or CPU operator around its launch
  kName,       // a rule for kernel names
  kNeighbour,  // its position between named kernels; LabelledWork::confidence says how sure
  kNone,       // Stage::kUnattributed
};

struct LabelledWork {
  Stage stage = Stage::kUnattributed;
  LabelSource source = LabelSource::kNone;
  float confidence = 0;  // 0 .. 1; 1 for all but kNeighbour
};

struct AnalyseOptions {
  const StageRules* rules = nullptr;        // null: the built-in ones
  bool neighbours = true;                   // label anonymous work by its position
  const std::atomic<bool>* stop = nullptr;  // set: Error{kInterrupted}
};

// What the whole of a trace says. `work` is parallel to the list: meaningful for work only.
struct Analysis {
  profile::Measurement measurement;  // steps, kernels, losses, label sources, NCCL split
  std::vector<LabelledWork> work;    // [activities]
};

// Everything between a list of activities and a measurement section, for every source: rules, range
// nesting, neighbour rules, step finding, the NCCL split, overlap, gaps and closure. `list` gains
// what was found: Activity::stage of all work, and a kStep activity for every step that was
// recognised rather than annotated. Devices of several ranks are compared for the NCCL split.
[[nodiscard]] Analysis analyse(collect::ActivityList& list, const AnalyseOptions& options = {});

}  // namespace dscope::attribute
