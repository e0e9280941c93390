// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/stage.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dscope::collect {

// The ranges that are open in a thread: what work launched or captured now belongs to.
class RangeStack {
 public:
  // The calling thread's own.
  static RangeStack& of_thread();

  struct Range {
    std::string name;
    std::optional<Stage> stage;    // where whoever opened it knows
    const void* domain = nullptr;  // of NVTX; null: the default one
    std::int64_t start_ns = 0;     // when it was opened, where somebody notes it
  };

  // Deeper ranges are counted, so that pops stay paired, but have no name.
  static constexpr std::size_t kMaxDepth = 256;

  void push(Range range);
  // Closes the innermost range of the domain (domains nest independently of each other); empty
  // where there is none, or where it was too deep to be kept.
  std::optional<Range> pop(const void* domain = nullptr);

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] std::optional<Stage> stage() const;  // of the innermost range that has one
  [[nodiscard]] std::string path() const;            // names, outermost first: "decode/moe"

 private:
  std::vector<Range> ranges_;
  std::size_t too_deep_ = 0;
};

}  // namespace dscope::collect
