// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/nsys_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dscope::importer {

std::uint32_t NsysNames::of_id(std::int64_t id) {
  const auto [entry, added] = ids_.try_emplace(id, static_cast<std::uint32_t>(entries_.size()));
  if (added) entries_.push_back({true, id, 0});
  return entry->second;
}

std::uint32_t NsysNames::of_text(std::string_view text) {
  const std::uint32_t number = texts_.add(shown_name(text)).first;
  const auto [entry, added] =
      text_entries_.try_emplace(number, static_cast<std::uint32_t>(entries_.size()));
  if (added) entries_.push_back({false, 0, number});
  return entry->second;
}

void NsysStrings::want(const NsysNames& names) {
  for (const auto& [id, number] : names.ids_) want(id);
}

void NsysStrings::read(const SqliteDatabase& db) {
  if (texts_.empty() || !db.has_table("StringIds")) return;
  SqliteRows rows(db, "StringIds", {"id", "value"});
  while (rows.next()) {
    const auto id = rows.integer(0);
    const auto wanted = id ? texts_.find(*id) : texts_.end();
    if (wanted == texts_.end() || wanted->second.found) continue;
    wanted->second = {std::string(rows.text(1).value_or("")), true};
  }
}

std::string NsysStrings::text(std::int64_t id) const {
  const auto found = texts_.find(id);
  if (found == texts_.end() || !found->second.found) return fmt::format("string {} (missing)", id);
  return found->second.text;
}

std::vector<std::uint32_t> NsysStrings::intern(const NsysNames& names,
                                               collect::ActivityList& list) const {
  std::vector<std::uint32_t> result;
  result.reserve(names.entries_.size());
  for (const NsysNames::Entry& entry : names.entries_) {
    result.push_back(entry.is_id ? list.intern(shown_name(text(entry.id)))
                                 : list.intern(names.texts_.texts()[entry.text]));
  }
  return result;
}

std::int64_t NsysStrings::missing() const {
  return std::count_if(texts_.begin(), texts_.end(), [](const auto& t) { return !t.second.found; });
}

std::string_view shown_name(std::string_view name) {
  for (const std::string_view mark : {", seq = ", ", op_id = "}) {
    name = name.substr(0, name.find(mark));
  }
  const std::size_t digits = name.find_last_not_of("0123456789");
  const bool versioned = digits != std::string_view::npos && digits + 1 < name.size() &&
                         name.starts_with("cu") && digits >= 1 &&
                         name.substr(digits - 1, 2) == "_v";
  return versioned ? name.substr(0, digits - 1) : name;
}

}  // namespace dscope::importer
