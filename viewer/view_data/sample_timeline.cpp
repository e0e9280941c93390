// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/sample_timeline.h"

#include "viewer/view_data/timeline_build.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace dscope::view_data {
namespace {

struct Kernel {
  const char* name;
  Stage stage;
  std::int64_t ns;
};

constexpr std::array<Kernel, 12> kStep{{
    {"rms_norm_kernel", Stage::kNormRopeCache, 2'100},
    {"linear_fp8_kernel<q_proj>", Stage::kProjection, 6'400},
    {"paged_mqa_logits_kernel", Stage::kIndexer, 5'200},
    {"topk_kernel", Stage::kIndexer, 3'900},
    {"sparse_mla_decode_kernel", Stage::kFlashMla, 14'800},
    {"linear_fp8_kernel<wo_a>", Stage::kProjection, 4'700},
    {"ncclDevKernel_AllReduce_Sum_bf16_RING_LL", Stage::kNccl, 18'300},
    {"router_kernel", Stage::kRouter, 2'600},
    {"moe_gate_up_kernel", Stage::kMoe, 21'500},
    {"moe_down_kernel", Stage::kMoe, 12'700},
    {"hc_post_kernel", Stage::kMhc, 1'900},
    {"ncclDevKernel_AllReduce_Sum_bf16_RING_LL", Stage::kNccl, 16'200},
}};

constexpr int kLayers = 16;
constexpr int kStreams = 4;
constexpr int kDevices = 2;

// splitmix64: the same numbers everywhere.
class Generator {
 public:
  std::int64_t around(std::int64_t value) {  // 75 % .. 125 %
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return value * 3 / 4 + static_cast<std::int64_t>(z % static_cast<std::uint64_t>(value / 2 + 1));
  }

 private:
  std::uint64_t state_ = 7;
};

class Sample {
 public:
  explicit Sample(std::int64_t slices) : wanted_(slices) {
    timeline_.has_events = true;
    for (const Kernel& kernel : kStep) timeline_.names.emplace_back(kernel.name);
    timeline_.names.emplace_back("step");
    for (int d = 0; d < kDevices; ++d) {
      Group group{.device = d, .name = fmt::format("rank {}, made-up GPU {}", d, d)};
      Lane steps{.kind = LaneKind::kSteps, .device = d, .name = "steps"};
      steps.rows.resize(1);
      group.lanes.push_back(std::move(steps));
      for (int s = 0; s < kStreams; ++s) {
        Lane lane{.device = d, .lane = s, .name = fmt::format("stream {}", 7 + s)};
        lane.rows.resize(1);
        lane.rows[0].reserve(static_cast<std::size_t>(slices / (kDevices * kStreams) + 1024));
        group.lanes.push_back(std::move(lane));
      }
      timeline_.groups.push_back(std::move(group));
    }
  }

  Timeline build() {
    std::int64_t at = 1'000'000;
    while (made_ < wanted_) {
      const std::int64_t end = add_step(at);
      add_mark(at, end);
      at = end + random_.around(40'000);
    }
    for (Group& group : timeline_.groups) {
      for (Lane& lane : group.lanes) lane.rows[0].finish();
      group.idle = idle_row(group);
    }
    timeline_.slice_count = static_cast<std::size_t>(made_);
    timeline_.extent = {timeline_.steps.front().start_ns, timeline_.steps.back().end_ns};
    return std::move(timeline_);
  }

 private:
  std::int64_t add_step(std::int64_t begin) {
    std::int64_t latest = begin;
    for (Group& group : timeline_.groups) {
      for (int s = 0; s < kStreams; ++s) {
        Row& row = group.lanes[static_cast<std::size_t>(s) + 1].rows[0];
        std::int64_t at = begin + random_.around(3'000);
        for (int n = 0; n < kLayers * static_cast<int>(kStep.size()); ++n) {
          const auto which = static_cast<std::size_t>(n) % kStep.size();
          Slice slice{.start_ns = at, .end_ns = at + random_.around(kStep[which].ns)};
          slice.name = static_cast<std::uint32_t>(which);
          slice.stage = kStep[which].stage;
          if (slice.stage == Stage::kNccl) {
            slice.wait_ns = static_cast<std::uint32_t>(slice.length_ns() / 3);
          }
          row.add(slice);
          at = slice.end_ns + random_.around(900);
          ++made_;
        }
        latest = std::max(latest, at);
      }
    }
    return latest;
  }

  void add_mark(std::int64_t begin, std::int64_t end) {
    timeline_.steps.push_back({begin, end});
    for (Group& group : timeline_.groups) {
      Slice slice{.start_ns = begin, .end_ns = end};
      slice.name = static_cast<std::uint32_t>(kStep.size());
      group.lanes[0].rows[0].add(slice);
      ++made_;
    }
  }

  std::int64_t wanted_;
  std::int64_t made_ = 0;
  Generator random_;
  Timeline timeline_;
};

}  // namespace

DocumentPtr make_sample_document(std::int64_t slices) {
  profile::Profile profile;
  profile::Provenance provenance;
  provenance.kind = profile::Kind::kEmulated;
  provenance.sources = {"made-up slices for measuring the viewer"};
  profile.provenance = std::move(provenance);
  const DocumentPtr empty =
      make_document(std::move(profile), fmt::format("{} made-up slices", slices));
  auto document = std::make_shared<Document>(*empty);
  document->timeline = std::make_shared<Timeline>(Sample(slices).build());
  return document;
}

}  // namespace dscope::view_data
