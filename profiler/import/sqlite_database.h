// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace dscope::importer {

// Whether a file that begins with these bytes (at least 16) is an SQLite database.
[[nodiscard]] bool is_sqlite(std::span<const std::byte> begin);

// A database of somebody else, opened so that nothing in it is ever run: read-only, immutable, no
// functions, triggers, views or virtual tables. One thread at a time. Throws Error{kInput} with
// path, table and row for everything that is wrong with the file, Error{kInterrupted} when `stop`
// becomes true.
class SqliteDatabase {
 public:
  SqliteDatabase(const std::filesystem::path& path, const std::atomic<bool>* stop);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool has_table(const std::string& table) const { return tables_.contains(table); }
  [[nodiscard]] const std::set<std::string>& tables() const { return tables_; }
  // Names of the stored columns, in order; empty for a table that is not there.
  [[nodiscard]] std::vector<std::string> columns(const std::string& table) const;
  // The largest row number, but no more than the file has room for rows: about how many there are.
  // 0 where rows have no numbers to ask for.
  [[nodiscard]] std::int64_t last_row(const std::string& table) const;

 private:
  friend class SqliteRows;
  [[nodiscard]] std::uint64_t most_rows() const { return file_bytes_ / 4; }  // bytes of a row
  [[nodiscard]] sqlite3_stmt* prepare(const std::string& sql, const std::string& table) const;
  [[noreturn]] void fail(const std::string& where) const;
  void close();
  void restrict();
  void read_tables();

  std::string path_;
  const std::atomic<bool>* stop_;
  sqlite3* db_ = nullptr;
  std::uint64_t file_bytes_ = 0;
  std::set<std::string> tables_;
};

// Some rows of a table, by their number: [begin, end).
struct RowRange {
  std::int64_t begin = std::numeric_limits<std::int64_t>::min();
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  [[nodiscard]] bool all() const { return *this == RowRange(); }
  bool operator==(const RowRange&) const = default;
};

// The rows of one table, or some of them, in the order of the file. Columns that the table lacks
// read as NULL when they are optional, and are an Error{kInput} naming the table and what it has
// when they are not.
class SqliteRows {
 public:
  // `names`: columns; a '?' in front marks the optional ones.
  SqliteRows(const SqliteDatabase& db, std::string table, std::initializer_list<const char*> names,
             RowRange range = {});
  ~SqliteRows();
  SqliteRows(const SqliteRows&) = delete;
  SqliteRows& operator=(const SqliteRows&) = delete;

  bool next();
  // 1, 2, ... in the order of reading; of some rows about what it would be among all.
  [[nodiscard]] std::int64_t row() const { return before_ + row_; }
  [[nodiscard]] bool has(int column) const { return present_[static_cast<std::size_t>(column)]; }

  [[nodiscard]] bool is_null(int column) const;
  // NULL is empty; anything but an integer throws.
  [[nodiscard]] std::optional<std::int64_t> integer(int column) const;
  // As integer(), but NULL throws, too.
  [[nodiscard]] std::int64_t required(int column) const;
  // NULL is empty; anything but text throws. Valid until next(); not checked for UTF-8.
  [[nodiscard]] std::optional<std::string_view> text(int column) const;

 private:
  [[noreturn]] void fail(int column, const char* expected) const;

  const SqliteDatabase& db_;
  std::string table_;
  std::vector<std::string> names_;
  std::vector<bool> present_;
  sqlite3_stmt* statement_ = nullptr;
  std::int64_t before_ = 0;  // rows of the table
  std::int64_t row_ = 0;
};

}  // namespace dscope::importer
