// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace dscope {

// Which of an op's listed configurations measured fastest, by device and shape: what
// `dscope bench --tune` finds and launchers prefer to pick_config(). As a file:
//   {"schema": "dscope.tuning", "schema_version": 1,
//    "devices": {"NVIDIA H200": {"moe": {"T1 d4096 ...": {"config": 3, "of": 9}}}}}
// "of" is how many configurations there were: an entry from before the list changed is ignored.
class TuningTable {
 public:
  // An index below `count`, or empty.
  [[nodiscard]] std::optional<std::size_t> find(const std::string& device, const std::string& op,
                                                const std::string& shape, std::size_t count) const;
  void set(const std::string& device, const std::string& op, const std::string& shape,
           std::size_t config, std::size_t count);
  // For every device and shape, before any other entry; not written to files.
  void force(const std::string& op, std::size_t config, std::size_t count);
  [[nodiscard]] bool empty() const { return devices_.empty() && forced_.empty(); }

  // Throws Error{kInput} naming file, place, what was expected and found.
  [[nodiscard]] static TuningTable read(const std::filesystem::path& path);
  void write(const std::filesystem::path& path) const;

 private:
  struct Choice {
    std::size_t config = 0;
    std::size_t count = 0;
  };
  using Shapes = std::map<std::string, Choice>;
  std::map<std::string, std::map<std::string, Shapes>> devices_;  // device, op, shape
  std::map<std::string, Choice> forced_;                          // op
};

// The table that launchers of this process ask; empty until somebody fills it. Not for changing
// while kernels are being launched.
[[nodiscard]] TuningTable& process_tuning();

}  // namespace dscope
