// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/profile/profile.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dscope::attribute {

class StageRules;  // stage_rules.h

// How a piece of work came to its stage.
enum class LabelSource : std::uint8_t {
  kSource,     // the collector knew it (a labelled graph node, a range of our own)
  kRange,      // an NVTX range, module or CPU operator around its launch
  kName,       // a rule for kernel names
  kNeighbour,  // its position between named kernels; LabelledWork::confidence says how sure
  kNone,       // Stage::kUnattributed
};
inline constexpr std::array<std::string_view, 5> kLabelSourceIds{"source", "range", "name",
                                                                 "neighbour", "none"};
[[nodiscard]] constexpr std::string_view id(LabelSource source) {
  return kLabelSourceIds[static_cast<std::size_t>(source)];
}

struct LabelledWork {
  Stage stage = Stage::kUnattributed;
  LabelSource source = LabelSource::kNone;
  float confidence = 0;  // 0 .. 1; 1 for all but kNeighbour, 0 for kNone
};

// One collective kernel inside a step.
struct Collective {
  std::uint32_t work = 0;        // into ActivityList::activities
  std::size_t row = 0;           // its step in Measurement::steps
  std::int64_t wait_ns = 0;      // for the slowest rank, from its start
  std::int64_t transfer_ns = 0;  // the rest of its duration
};

struct AnalyseOptions {
  const StageRules* rules = nullptr;        // null: the built-in ones
  bool neighbours = true;                   // label anonymous work by its position
  const std::atomic<bool>* stop = nullptr;  // set: Error{kInterrupted}
};

// What the whole of a trace says. `work` is parallel to the list: meaningful for work only.
struct Analysis {
  profile::Measurement measurement;     // steps, kernels, losses, label sources, NCCL split
  std::vector<LabelledWork> work;       // [activities]
  std::vector<Collective> collectives;  // by device and start
};

// Everything between a list of activities and a measurement section, for every source. In order:
//
// 1. Labels. The first that answers: the source; for a collective its name; a firm range around the
//    launch; an anchor's name; another range; the position between named kernels. What the same
//    surroundings were decided to be elsewhere in the trace decides where position alone is weak.
// 2. Steps. kStep activities; else ranges that the rules call steps; else launches of one graph;
//    else a kernel that runs once a step; else a repeating sequence. Steps of the host whose work
//    runs later than their end become the extent of the work launched in them. Partial steps at the
//    ends are counted in Measurement::excluded_steps and left out.
// 3. Times, by the rules of attribution.h, and the split of collectives into wait and transfer:
// from
//    the starts on all ranks when the list has several devices with the same sequence of
//    collectives on one clock, else from the shortest of its kind (an estimate).
//
// `list` gains what was found: Activity::stage of all work but the unattributed, and a kStep
// activity of the device for every step that was found rather than annotated. O(n log n) in time.
// Throws Error{kInterrupted} when `stop` is set.
[[nodiscard]] Analysis analyse(collect::ActivityList& list, const AnalyseOptions& options = {});

}  // namespace dscope::attribute
