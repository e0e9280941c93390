// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/checkpoint_findings.h"

#include "workloads/base/error.h"
#include "workloads/checkpoint/tensor_info.h"

#include <algorithm>

namespace dscope {
namespace {

constexpr std::size_t kPrintedLines = 40;

constexpr std::array<std::string_view, CheckpointFindings::kGroupCount> kTitles{
    "files",       "index",        "missing tensors",   "wrong dtype",
    "wrong shape", "wrong values", "unexpected tensors"};

}  // namespace

void CheckpointFindings::add(Group group, std::string_view subject, std::string_view expected,
                             std::string_view found) {
  groups_[group].push_back(
      fmt::format("{}: expected {}, found {}", printable(subject), expected, found));
}

void CheckpointFindings::raise(std::string_view source) const {
  std::size_t total = 0;
  std::size_t open_groups = 0;
  for (const auto& lines : groups_) {
    total += lines.size();
    open_groups += lines.empty() ? 0 : 1;
  }
  if (total == 0) return;
  std::string text;
  std::size_t budget = kPrintedLines;
  for (std::size_t group = 0; group < kGroupCount; ++group) {
    const std::vector<std::string>& lines = groups_[group];
    if (lines.empty()) continue;
    // An equal share of what is left, so that a long group hides no other.
    const std::size_t printed = std::min(lines.size(), budget / open_groups);
    budget -= printed;
    --open_groups;
    text += fmt::format("\n  {} ({}):", kTitles[group], lines.size());
    for (std::size_t i = 0; i < printed; ++i) text += "\n    " + lines[i];
    if (printed < lines.size())
      text += fmt::format("\n    ... and {} more", lines.size() - printed);
  }
  throw input_error("{}: {} finding{} in the checkpoint:{}", source, total, total == 1 ? "" : "s",
                    text);
}

}  // namespace dscope
