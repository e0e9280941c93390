// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/import/name_table.h"
#include "profiler/import/sqlite_database.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dscope::importer {

// Names of one table of an export while it is read: numbers of StringIds, which are looked up once
// at the end, and texts that stand in the table itself.
class NsysNames {
 public:
  std::uint32_t of_id(std::int64_t id);
  std::uint32_t of_text(std::string_view text);

 private:
  friend class NsysStrings;
  struct Entry {
    bool is_id = false;
    std::int64_t id = 0;     // in StringIds
    std::uint32_t text = 0;  // in texts_
  };
  std::vector<Entry> entries_;
  std::unordered_map<std::int64_t, std::uint32_t> ids_;
  std::unordered_map<std::uint32_t, std::uint32_t> text_entries_;
  NameTable texts_;
};

// StringIds, as far as somebody asked for it: an export keeps whole files in that table.
class NsysStrings {
 public:
  void want(std::int64_t id) { texts_.try_emplace(id); }
  void want(const NsysNames& names);

  // Reads the wanted ones. Throws as SqliteRows does.
  void read(const SqliteDatabase& db);

  // "string 17 (missing)" for what is not there.
  [[nodiscard]] std::string text(std::int64_t id) const;

  // The names of `names` as they are shown, interned: index of NsysNames -> index in the list.
  [[nodiscard]] std::vector<std::uint32_t> intern(const NsysNames& names,
                                                  collect::ActivityList& list) const;
  [[nodiscard]] std::int64_t missing() const;  // wanted, and not there

 private:
  struct Text {
    std::string text;
    bool found = false;
  };
  std::unordered_map<std::int64_t, Text> texts_;
};

// A name as it is shown and matched: without the version of a runtime call
// ("cudaLaunchKernel_v7000") and without the numbers that PyTorch adds to every range ("aten::mul,
// seq = 5, op_id = 7").
[[nodiscard]] std::string_view shown_name(std::string_view name);

}  // namespace dscope::importer
