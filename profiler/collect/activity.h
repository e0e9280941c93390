// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/bulk_vector.h"
#include "workloads/stage.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dscope::collect {

// What kind of interval an activity is. Work occupies the device (or, on the CPU back end, the
// host); everything else explains work.
enum class ActivityKind : std::uint8_t {
  kKernel,       // work: a GPU kernel, or an op of the CPU back end
  kMemcpy,       // work
  kMemset,       // work
  kRange,        // explains: an NVTX range or a host range
  kRuntimeCall,  // explains: a CUDA API call on the host
  kStep,         // explains: one decode step, from submission to completion
};

[[nodiscard]] constexpr bool is_work(ActivityKind kind) {
  return kind == ActivityKind::kKernel || kind == ActivityKind::kMemcpy ||
         kind == ActivityKind::kMemset;
}

inline constexpr std::uint32_t kNoName = 0xffffffff;

// Our one record. Every source (host ranges, CUPTI, imported traces) converts to it at its
// boundary, so attribution is one piece of code. All times are nanoseconds on one clock per list.
struct Activity {
  ActivityKind kind = ActivityKind::kKernel;
  // Stage label known at the source (a labelled graph node, a range of our own); empty when the
  // attribution rules have to decide.
  std::optional<Stage> stage;
  std::uint32_t name = 0;  // index into ActivityList::names
  // Work of a CUDA graph: the ranges that were open when its node was captured, as a path of names,
  // outermost first ("decode/moe"); an index into ActivityList::names, kNoName where not known.
  std::uint32_t range = kNoName;
  std::int32_t device = -1;  // -1: the host
  std::int32_t lane = 0;     // stream on a device, thread on the host
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;        // >= start_ns
  std::uint64_t correlation = 0;  // joins runtime calls and work; 0: unknown
  std::uint64_t graph_node = 0;   // node id under CUDA-graph replay; 0: none
  std::uint64_t bytes = 0;        // memcpy, memset; message of a collective; 0: unknown
  // The number that the program itself (a framework, OpenACC) gave the operation which called CUDA,
  // on calls and on the work they launched; 0: none. Numbers of different processes do not relate.
  std::uint64_t external = 0;
};

// A list of activities with its interned names.
struct ActivityList {
  BulkVector<Activity> activities;
  std::vector<std::string> names;

  // The index of `text` in names, added on first use.
  std::uint32_t intern(std::string_view text);
  [[nodiscard]] const std::string& name_of(const Activity& a) const { return names[a.name]; }

 private:
  std::unordered_map<std::string, std::uint32_t> index_;
};

}  // namespace dscope::collect
