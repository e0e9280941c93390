// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "profiler/profile/profile.h"
#include "workloads/stage.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// What can be changed about a decode step: the whole list, advice comes from nowhere else.
enum class Lever : std::uint8_t {
  kAllReduce,
  kP2p,
  kTp,
  kEp,
  kBatch,
  kGraph,
  kKernels,
  kCapacity,
  kPower,
};

struct LeverInfo {
  Lever lever;
  std::string_view id;
  std::string_view label;
};

inline constexpr std::array<LeverInfo, 9> kLevers{{
    {Lever::kAllReduce, "all_reduce", "all-reduce algorithm"},
    {Lever::kP2p, "p2p", "P2P between the GPUs"},
    {Lever::kTp, "tp", "TP degree"},
    {Lever::kEp, "ep", "expert parallelism"},
    {Lever::kBatch, "batch", "batch"},
    {Lever::kGraph, "graph", "CUDA graph"},
    {Lever::kKernels, "kernels", "kernels of a stage"},
    {Lever::kCapacity, "capacity", "kernels sized by capacity"},
    {Lever::kPower, "power", "power cap"},
}};

[[nodiscard]] constexpr const LeverInfo& info(Lever lever) {
  return kLevers[static_cast<std::size_t>(lever)];
}

// One change and what it is worth.
struct Advice {
  Lever lever = Lever::kKernels;
  std::string change;    // "all-reduce in one shot over P2P instead of NCCL"
  double gain_ns = 0;    // of a step; for the batch: of a step's time per sequence
  double share = 0;      // gain_ns of the step
  bool at_most = false;  // an upper bound: the distance to a floor, not an estimate
  std::string because;   // the evidence, with the numbers of this document
};

// A lever that was looked at and not proposed, with the reason.
struct NotAdvised {
  Lever lever = Lever::kKernels;
  std::string change;  // may be empty: the lever as a whole
  std::string reason;
};

struct Advisory {
  profile::Kind kind = profile::Kind::kMeasured;  // of the times that advice starts from
  double step_ns = 0;
  double explained_ns = 0;             // of the step: in stages that have a name
  bool used_model = false;             // it is known what was run, so that changes were predicted
  std::vector<Advice> advice;          // by descending gain
  std::vector<NotAdvised> no_gain;     // judged: worth less than 0.2 % of a step, or a loss
  std::vector<NotAdvised> not_judged;  // what is missing to judge them
};

// What holds a measured, imported or predicted step back. Stage times, launches, bytes and waiting
// come from the document; what a change is worth comes from the model's ratio for that change where
// the document says enough to predict it (see configuration_of()), else from the document alone.
// Throws Error{kInput} naming `source` for a document without times of a step.
[[nodiscard]] Advisory advise(const profile::Profile& document, const std::string& source,
                              const std::optional<Configuration>& configuration = {});

// The same for a configuration that nobody has measured: on its prediction.
[[nodiscard]] Advisory advise(const Configuration& configuration);

}  // namespace dscope::model
