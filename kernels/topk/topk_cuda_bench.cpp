// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/topk/topk.h"
#include "workloads/random.h"

#include <memory>

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

// The largest index scores of T sequences.
GpuCase make_topk(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t t = shape.tokens;
  const std::int64_t entries = shape.context / 4;
  constexpr std::int64_t kSets = 4;  // in the L2 cache, where a step finds what was just written
  const auto o = std::make_shared<Operands>();
  std::vector<float> logits;
  for (std::int64_t i = 0; i < kSets * t * entries; ++i) {
    logits.push_back(static_cast<float>(unit_interval(hash64(i))));
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

[[maybe_unused]] const int kRegistered =
    bench::add_gpu_cases("topk", make_topk, /*with_contexts=*/true, bench::Operands::kWarm);

}  // namespace
}  // namespace dscope
