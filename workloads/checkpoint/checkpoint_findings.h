// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

// Collects everything that is wrong with a checkpoint, so that one error can name all of it.
class CheckpointFindings {
 public:
  enum Group : std::size_t {
    kFile,     // shards missing or unreadable
    kIndex,    // index and shards contradict each other
    kMissing,  // tensors
    kDtype,
    kShape,
    kValue,
    kExtra,
    kGroupCount
  };

  // One line, "subject: expected ..., found ...". The subject comes from a file and is made
  // printable here.
  void add(Group group, std::string_view subject, std::string_view expected,
           std::string_view found);

  // Throws Error{kInput} with all findings by group when there are any. At most 40 lines are
  // printed, shared among the groups; the rest is counted.
  void raise(std::string_view source) const;

 private:
  std::array<std::vector<std::string>, kGroupCount> groups_;
};

}  // namespace dscope
