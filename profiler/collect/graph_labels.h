// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/range_stack.h"
#include "workloads/stage.h"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace dscope::collect {

// What the nodes of CUDA graphs belong to. A replayed kernel says only which node it comes from; so
// the ranges that are open when a node is made are kept, and handed on when the node is copied: by
// an instantiation, or with a child graph. Thread-safe.
class GraphLabels {
 public:
  struct Label {
    std::optional<Stage> stage;          // of the innermost range that has one
    const std::string* range = nullptr;  // path of the ranges; null: none was open. Lives as long
                                         // as the GraphLabels.
  };

  // A node was made, by a capture or by hand, while these ranges were open.
  void created(std::uint64_t node, const RangeStack& open);

  // `node` is a copy of `original`, whose label it takes. The copy of a node without a range, or of
  // one made before anybody looked, takes the ranges that are open now: those in which a child
  // graph is put into its parent.
  void cloned(std::uint64_t node, std::uint64_t original, const RangeStack& open);

  // A node is gone; records of its last replays may still come. forget() drops the labels of nodes
  // that were destroyed before the previous forget().
  void destroyed(std::uint64_t node);
  void forget();

  // Empty: the node was made before anybody looked.
  [[nodiscard]] std::optional<Label> find(std::uint64_t node) const;

  [[nodiscard]] std::size_t nodes() const;
  // Nodes for which there was no room: a process that makes graphs without end.
  [[nodiscard]] std::int64_t refused() const;

  static constexpr std::size_t kMaxNodes = 8u << 20;

 private:
  Label label_of(const RangeStack& open);
  void put(std::uint64_t node, const Label& label);

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Label> labels_;
  std::unordered_set<std::string> ranges_;  // addresses of elements are stable
  std::vector<std::uint64_t> destroyed_;
  std::vector<std::uint64_t> leaving_;
  std::int64_t refused_ = 0;
};

}  // namespace dscope::collect
