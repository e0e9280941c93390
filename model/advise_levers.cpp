// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/advise_levers.h"

#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace dscope::model {
namespace {

constexpr double kSmallestShare = 0.002;  // of a step: less is not worth a line

std::string part(double ns, double step_ns) {
  return fmt::format("{} of {} ({:.0f} %)", format_ns(ns), format_ns(step_ns), 100 * ns / step_ns);
}

// A step of the changed configuration: the facts, scaled stage by stage by what the model says.
double scaled_step(const StepFacts& facts, const Outcome& before, const Outcome& after) {
  const StepFacts from = facts_of(before);
  const StepFacts to = facts_of(after);
  double sum = 0;
  for (const StageInfo& stage : kStages) {
    const double now = facts.at(stage.stage).time_ns;
    const double p = from.at(stage.stage).time_ns;
    const double q = to.at(stage.stage).time_ns;
    sum += p > 0 ? now * q / p : now + q;
  }
  return sum;
}

struct Judge {
  const StepFacts& facts;
  const Configuration& configuration;
  Outcome base;
  Advisory& advisory;

  void propose(Lever lever, std::string change, double gain_ns, std::string because,
               bool at_most = false) const {
    const double share = gain_ns / facts.step_ns;
    if (share >= kSmallestShare) {
      advisory.advice.push_back(
          {lever, std::move(change), gain_ns, share, at_most, std::move(because)});
      return;
    }
    const std::string worth =
        share <= -kSmallestShare
            ? fmt::format("slower by {} ({:.1f} %)", format_ns(-gain_ns), -100 * share)
            : "worth less than 0.2 % of a step";
    advisory.no_gain.push_back({lever, std::move(change), fmt::format("{}: {}", worth, because)});
  }
  void skip(Lever lever, std::string change, std::string reason) const {
    advisory.not_judged.push_back({lever, std::move(change), std::move(reason)});
  }

  // Predicts the changed configuration; a change that cannot be is recorded with the reason.
  std::optional<Outcome> changed(Lever lever, const std::string& change,
                                 const std::function<void(Configuration&)>& apply) const {
    Configuration other = configuration;
    apply(other);
    try {
      Outcome outcome = predict(other);
      if (outcome.memory.fits()) return outcome;
      constexpr double kGb = 1e9;
      advisory.no_gain.push_back(
          {lever, change,
           fmt::format("does not fit: {:.1f} GB of {:.1f} GB a GPU",
                       outcome.memory.needed_bytes / kGb, outcome.memory.available_bytes / kGb)});
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kInternal) throw;
      advisory.no_gain.push_back({lever, change, e.what()});
    }
    return std::nullopt;
  }

  void compare(Lever lever, const std::string& change, const std::string& because,
               const std::function<void(Configuration&)>& apply) const {
    const auto outcome = changed(lever, change, apply);
    if (!outcome) return;
    propose(lever, change, facts.step_ns - scaled_step(facts, base, *outcome), because);
  }
};

// --- collectives ---------------------------------------------------------------------------------

std::string collective_evidence(const StepFacts& facts) {
  const StageFact& nccl = facts.at(Stage::kNccl);
  std::string text = fmt::format("collectives take {}", part(nccl.time_ns, facts.step_ns));
  if (facts.collective_calls > 0) {
    text += fmt::format(", {:.0f} of them, {} each", facts.collective_calls,
                        format_ns(nccl.time_ns / facts.collective_calls));
  }
  if (nccl.bytes && facts.collective_calls > 0 && facts.kind != profile::Kind::kPredicted) {
    text += fmt::format(" for {:.1f} KB", *nccl.bytes / facts.collective_calls / 1e3);
  }
  if (nccl.wait_ns) {
    text += fmt::format("; {} of it is waiting for other ranks, which no algorithm removes",
                        format_ns(*nccl.wait_ns));
  }
  return text;
}

void judge_collectives(const Judge& judge) {
  const Configuration& c = judge.configuration;
  if (c.tp == 1 || !c.collectives) {
    for (const Lever lever : {Lever::kAllReduce, Lever::kP2p}) {
      judge.skip(lever, "",
                 c.tp == 1 ? "one GPU: there are no collectives"
                           : "one shard was run alone, without collectives");
    }
    return;
  }
  const std::string evidence = collective_evidence(judge.facts);
  if (c.kernel_set.trait("one_shot_all_reduce")) {
    judge.skip(Lever::kAllReduce, "", "small all-reduces already take one shot");
  } else if (!c.interconnect.p2p.value.value_or(false)) {
    judge.compare(Lever::kAllReduce, "P2P, and all-reduce in one shot over it instead of NCCL",
                  evidence, [](Configuration& x) {
                    x.interconnect.p2p.value = true;
                    x.kernel_set.traits.find("one_shot_all_reduce")->second = true;
                  });
  } else {
    judge.compare(
        Lever::kAllReduce, "all-reduce in one shot over P2P instead of NCCL", evidence,
        [](Configuration& x) { x.kernel_set.traits.find("one_shot_all_reduce")->second = true; });
  }
  if (c.interconnect.p2p.value.value_or(false)) {
    judge.skip(Lever::kP2p, "", fmt::format("P2P is on in {}", c.interconnect.name));
  } else {
    judge.compare(Lever::kP2p, "let the GPUs write each other's memory (P2P)", evidence,
                  [](Configuration& x) { x.interconnect.p2p.value = true; });
  }
}

// --- layout and batch ----------------------------------------------------------------------------

std::string replicated_evidence(const StepFacts& facts) {
  double other = 0;
  for (const Stage stage :
       {Stage::kMhc, Stage::kNormRopeCache, Stage::kIndexer, Stage::kCompressor, Stage::kRouter}) {
    other += facts.at(stage).time_ns;
  }
  return fmt::format(
      "MoE {}, projections {}, collectives {}; hyper-connections, norms, indexer, compressor and "
      "router ({}) are not divided by TP",
      format_ns(facts.at(Stage::kMoe).time_ns), format_ns(facts.at(Stage::kProjection).time_ns),
      format_ns(facts.at(Stage::kNccl).time_ns), part(other, facts.step_ns));
}

void judge_layout(const Judge& judge) {
  const Configuration& c = judge.configuration;
  if (!c.collectives && c.tp > 1) {
    judge.skip(Lever::kTp, "", "one shard was run alone: other degrees would need collectives");
    judge.skip(Lever::kEp, "", "one shard was run alone, without collectives");
    return;
  }
  for (const std::int64_t tp : {1, 2, 4, 8}) {
    if (tp == c.tp) continue;
    judge.compare(Lever::kTp, fmt::format("TP {} instead of {}", tp, c.tp),
                  replicated_evidence(judge.facts), [tp](Configuration& x) {
                    x.tp = tp;
                    x.ep = std::min(x.ep, tp);
                    x.collectives = tp > 1;
                    x.unique_experts.clear();
                  });
  }
  if (c.tp == 1) {
    judge.skip(Lever::kEp, "", "one GPU holds all experts");
    return;
  }
  const std::int64_t ep = c.ep == c.tp ? 1 : c.tp;
  judge.compare(Lever::kEp, fmt::format("EP {} instead of {}", ep, c.ep),
                fmt::format("MoE takes {}; EP {} reads whole experts on the GPU that holds them "
                            "and waits for the fullest one",
                            part(judge.facts.at(Stage::kMoe).time_ns, judge.facts.step_ns), c.tp),
                [ep](Configuration& x) {
                  x.ep = ep;
                  x.unique_experts.clear();
                });
}

void judge_batch(const Judge& judge) {
  const std::int64_t now = judge.configuration.batch;
  const std::int64_t more = now * 2;
  const std::string change = fmt::format("batch {} instead of {}", more, now);
  const auto outcome = judge.changed(Lever::kBatch, change, [more](Configuration& x) {
    x.batch = more;
    x.unique_experts.clear();
  });
  if (!outcome) return;
  const double step = scaled_step(judge.facts, judge.base, *outcome);
  const double gain = judge.facts.step_ns - step / 2;
  judge.propose(Lever::kBatch, change, gain,
                fmt::format("a step of {} sequences takes {} instead of {}: per sequence {} "
                            "instead of {}; each user waits longer for a token",
                            more, format_ns(step), format_ns(judge.facts.step_ns),
                            format_ns(step / static_cast<double>(more)),
                            format_ns(judge.facts.step_ns / static_cast<double>(now))));
}

// --- launches, kernels, power --------------------------------------------------------------------

void judge_graph(const Judge& judge) {
  const StepFacts& facts = judge.facts;
  const double gap = facts.at(Stage::kGap).time_ns;
  const double launches = facts.launches();
  if (judge.configuration.graph) {
    judge.skip(Lever::kGraph, "",
               fmt::format("the step is a CUDA graph already; the GPU idles {}",
                           part(gap, facts.step_ns)));
    return;
  }
  std::string evidence = fmt::format("the GPU idles {}", part(gap, facts.step_ns));
  if (launches > 0) {
    evidence +=
        fmt::format(": {} for each of {:.0f} launches", format_ns(gap / launches), launches);
  }
  judge.compare(Lever::kGraph, "capture the step in a CUDA graph", evidence,
                [](Configuration& x) { x.graph = true; });
}

// Bytes of a stage at a rate, and what it takes now.
std::string floor_evidence(const StepFacts& facts, const StageInfo& stage, double floor_ns,
                           std::string_view floor_source) {
  const StageFact& fact = facts.at(stage.stage);
  std::string text = fmt::format("{} takes {}", stage.label, part(fact.time_ns, facts.step_ns));
  if (fact.launches > 0) text += fmt::format(" in {:.0f} launches", fact.launches);
  if (fact.bytes && *fact.bytes > 0) {
    text += fmt::format("; it moves {:.1f} MB, so {:.0f} GB/s", *fact.bytes / 1e6,
                        *fact.bytes / fact.time_ns);
  }
  return text + fmt::format("; its floor ({}) is {}", floor_source, format_ns(floor_ns));
}

bool has_kernels(Stage stage) {
  return stage != Stage::kNccl && stage != Stage::kGap && stage != Stage::kUnattributed &&
         stage != Stage::kOther;
}

void judge_kernels(const Judge& judge) {
  Configuration ideal = judge.configuration;
  ideal.kernel_set = roofline_kernel_set();
  const StepFacts floors = facts_of(predict(ideal));
  for (const StageInfo& stage : kStages) {
    const double time = judge.facts.at(stage.stage).time_ns;
    if (!has_kernels(stage.stage) || time <= 0) continue;
    const double floor = floors.at(stage.stage).time_ns;
    judge.propose(Lever::kKernels, fmt::format("better kernels for {}", stage.label), time - floor,
                  floor_evidence(judge.facts, stage, floor, "the roofline"), true);
  }
}

double captured_tokens(const Configuration& c) {
  if (c.captured_context) return static_cast<double>(*c.captured_context);
  return std::max(c.kernel_set.constant("captured_tokens"), static_cast<double>(c.context));
}

void judge_capacity(const Judge& judge) {
  const Configuration& c = judge.configuration;
  constexpr std::array<std::pair<std::string_view, Stage>, 2> kTraits{
      {{"capacity_sized_attention", Stage::kFlashMla},
       {"capacity_sized_indexer", Stage::kIndexer}}};
  bool any = false;
  for (const auto& [trait, stage] : kTraits) {
    if (!c.kernel_set.trait(trait)) continue;
    any = true;
    const std::string name(trait);
    judge.compare(
        Lever::kCapacity, fmt::format("{} kernels that follow the live length", info(stage).label),
        fmt::format("{} takes {}; these kernels work on a captured capacity of {:.0f} tokens for a "
                    "context of {}",
                    info(stage).label, part(judge.facts.at(stage).time_ns, judge.facts.step_ns),
                    captured_tokens(c), c.context),
        [name](Configuration& x) { x.kernel_set.traits.find(name)->second = false; });
  }
  if (!any) {
    judge.skip(Lever::kCapacity, "",
               fmt::format("{} is not known to size its kernels by capacity", c.kernel_set.name));
  }
}

void judge_power(const Judge& judge) {
  const Configuration& c = judge.configuration;
  if (!c.power_limit_w) {
    judge.skip(Lever::kPower, "", "no power cap was stated");
    return;
  }
  judge.compare(Lever::kPower,
                fmt::format("board power instead of a cap of {:.0f} W", *c.power_limit_w),
                fmt::format("the cap lowers the SM clock of {}", c.device.label),
                [](Configuration& x) { x.power_limit_w.reset(); });
}

}  // namespace

void judge_with_model(const StepFacts& facts, const Configuration& configuration,
                      Advisory& advisory) {
  const Judge judge{facts, configuration, predict(configuration), advisory};
  advisory.used_model = true;
  judge_collectives(judge);
  judge_layout(judge);
  judge_batch(judge);
  judge_graph(judge);
  judge_kernels(judge);
  judge_capacity(judge);
  judge_power(judge);
}

void judge_by_document(const StepFacts& facts, const std::string& why_not, Advisory& advisory) {
  const auto skip = [&](Lever lever, std::string reason) {
    advisory.not_judged.push_back({lever, "", std::move(reason)});
  };
  const auto propose = [&](Lever lever, std::string change, double gain, std::string because) {
    const double share = gain / facts.step_ns;
    if (share < kSmallestShare) {
      advisory.no_gain.push_back(
          {lever, std::move(change), "worth less than 0.2 % of a step: " + because});
      return;
    }
    advisory.advice.push_back({lever, std::move(change), gain, share, true, std::move(because)});
  };
  const double launches = facts.launches();
  const double gap = facts.at(Stage::kGap).time_ns;
  if (launches > 0) {
    propose(Lever::kGraph, "no idle time between kernels (CUDA graph, if it is none yet)", gap,
            fmt::format("the GPU idles {}: {} for each of {:.0f} launches",
                        part(gap, facts.step_ns), format_ns(gap / launches), launches));
  } else {
    skip(Lever::kGraph, "the document counts no launches");
  }
  for (const StageInfo& stage : kStages) {
    const StageFact& fact = facts.at(stage.stage);
    if (!has_kernels(stage.stage) || fact.time_ns <= 0) continue;
    if (!fact.bytes || !facts.read_bandwidth_gbps) {
      advisory.not_judged.push_back(
          {Lever::kKernels, std::string(stage.label),
           fmt::format("takes {} in {:.0f} launches, but the document has no {}",
                       part(fact.time_ns, facts.step_ns), fact.launches,
                       fact.bytes ? "measured read bandwidth" : "bytes for it")});
      continue;
    }
    const double floor = *fact.bytes / *facts.read_bandwidth_gbps;
    propose(Lever::kKernels, fmt::format("better kernels for {}", stage.label),
            fact.time_ns - floor,
            floor_evidence(facts, stage, floor, "its bytes at the read bandwidth of the run"));
  }
  if (facts.at(Stage::kNccl).time_ns > 0) {
    skip(Lever::kAllReduce, fmt::format("{}; {}", collective_evidence(facts), why_not));
  } else {
    skip(Lever::kAllReduce, "the step has no collectives");
  }
  for (const Lever lever :
       {Lever::kP2p, Lever::kTp, Lever::kEp, Lever::kBatch, Lever::kCapacity, Lever::kPower}) {
    skip(lever, why_not);
  }
}

}  // namespace dscope::model
