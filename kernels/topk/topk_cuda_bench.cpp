// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/topk/topk.h"
#include "workloads/random.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

struct Operands {
  DeviceArray<float> logits;  // [sets, T, entries]
  DeviceArray<std::int64_t> entries;
  DeviceArray<std::int32_t> selected;
  DeviceBuffer workspace;
};

// How index scores lie. What selecting them takes must not depend on it.
enum class Scores : std::uint8_t {
  kUniform,    // in [0, 1)
  kClustered,  // within 0.1 % of each other, as keys that resemble each other have them
  kZeros,      // three in four exactly 0, as the ReLU leaves them
  kEqual,      // all of them
  kRepeated,  // sums over 64 heads, 251 different ones over and over: what synthetic histories give
};

constexpr std::int64_t kRepeats = 251;  // vectors that synthetic histories are made of

float repeated_score(std::int64_t vector) {
  static const std::vector<float> scores = [] {
    std::vector<float> sums(kRepeats);
    for (std::int64_t i = 0; i < kRepeats; ++i) {
      double sum = 0;
      for (int head = 0; head < 64; ++head) {
        const double product = unit_interval(hash64(i, head)) - 0.5;
        sum += std::max(0.0, product) * (unit_interval(hash64(head)) - 0.3);
      }
      sums[static_cast<std::size_t>(i)] = static_cast<float>(sum);
    }
    return sums;
  }();
  return scores[static_cast<std::size_t>(vector)];
}

float score(Scores kind, std::int64_t i, std::int64_t entry) {
  const double unit = unit_interval(hash64(i));
  switch (kind) {
    case Scores::kUniform:
      return static_cast<float>(unit);
    case Scores::kClustered:
      return static_cast<float>(1000 + unit);
    case Scores::kZeros:
      return static_cast<float>(std::max(0.0, unit - 0.75));
    case Scores::kEqual:
      return 1.0f;
    case Scores::kRepeated:
      return repeated_score(entry % kRepeats);
  }
  return 0;
}

// The largest index scores of T sequences.
GpuCase make_topk(const Shape& shape, Scores kind) {
  const ModelConfig m = shape.config();
  const std::int64_t t = shape.tokens;
  const std::int64_t entries = shape.context / 4;
  constexpr std::int64_t kSets = 4;  // in the L2 cache, where a step finds what was just written
  const auto o = std::make_shared<Operands>();
  std::vector<float> logits;
  for (std::int64_t i = 0; i < kSets * t * entries; ++i) {
    logits.push_back(score(kind, i, i % entries));
  }
  o->logits = DeviceArray<float>(logits);
  o->entries =
      DeviceArray<std::int64_t>(std::vector<std::int64_t>(static_cast<std::size_t>(t), entries));
  o->selected = DeviceArray<std::int32_t>(t * m.index_topk);
  o->workspace = DeviceBuffer(topk_workspace_bytes(t, m.index_topk, entries), "a workspace");
  if (o->workspace.bytes() > 0) fill_device(o->workspace.data(), 0, o->workspace.bytes());
  GpuCase c;
  c.sets = kSets;
  c.bytes = 4.0 * static_cast<double>(t * (entries + m.index_topk));
  c.enqueue = [o, m, t, entries](Stream stream, std::int64_t set) {
    launch_topk({.tokens = t,
                 .k = m.index_topk,
                 .logits = o->logits.data() + set * t * entries,
                 .logits_stride = entries,
                 .entries = o->entries.data(),
                 .selected = o->selected.data(),
                 .workspace = o->workspace.data()},
                stream);
  };
  return c;
}

int add_cases(std::string_view name, Scores kind, bench::Sweep sweep) {
  sweep.contexts = bench::kContexts;
  sweep.operands = bench::Operands::kWarm;
  return bench::add_gpu_cases(
      name, [kind](const Shape& shape) { return make_topk(shape, kind); }, std::move(sweep));
}

// No shape of the selection depends on TP.
const bench::Sweep kOneRank{.models = {"dsv4-flash"}, .tps = {1}};
[[maybe_unused]] const int kRegistered = add_cases("topk", Scores::kUniform, {}) +
                                         add_cases("topk/clustered", Scores::kClustered, kOneRank) +
                                         add_cases("topk/zeros", Scores::kZeros, kOneRank) +
                                         add_cases("topk/equal", Scores::kEqual, kOneRank) +
                                         add_cases("topk/repeated", Scores::kRepeated, kOneRank);

}  // namespace
}  // namespace dscope
