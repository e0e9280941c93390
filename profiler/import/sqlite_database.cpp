// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/sqlite_database.h"

#include "workloads/base/error.h"

#include <fmt/ranges.h>

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <utility>

namespace dscope::importer {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kHeaderBytes = 100;

std::uint32_t big_endian(const unsigned char* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

// The header says how many pages there are, so a cut-off file is found before SQLite stumbles.
void check_size(const std::string& path, std::uint64_t file_bytes) {
  std::array<unsigned char, kHeaderBytes> header{};
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(header.data()), header.size());
  if (!in) {
    throw input_error(
        "{}: byte {}: expected the {} bytes of an SQLite header, found the end of "
        "the file: it is cut off",
        path, in.gcount(), kHeaderBytes);
  }
  const std::uint32_t raw_size = std::uint32_t{header[16]} << 8 | header[17];
  const std::uint64_t page_bytes = raw_size == 1 ? 65536 : raw_size;
  const bool size_is_valid = big_endian(&header[24]) == big_endian(&header[92]);
  const std::uint64_t wanted = page_bytes * big_endian(&header[28]);
  if (size_is_valid && file_bytes < wanted) {
    throw input_error(
        "{}: byte {}: expected an SQLite database of {} bytes, found the end of the "
        "file: it is cut off",
        path, file_bytes, wanted);
  }
}

// Read-only means that a journal beside the file cannot be played back: what it holds would be
// missing in silence.
void check_no_journal(const std::string& path) {
  for (const char* suffix : {"-wal", "-journal"}) {
    std::error_code absent;
    const auto bytes = std::filesystem::file_size(path + suffix, absent);
    if (absent || bytes == 0) continue;
    throw input_error(
        "{}: expected a closed database, found one with {} bytes still in {}{}: open "
        "and close it once with the program that wrote it",
        path, bytes, path, suffix);
  }
}

std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::strchr("/._-", c) != nullptr;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?mode=ro&immutable=1";
}

std::string sql_name(const std::string& name) {
  std::string result = "\"";
  for (const char c : name) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + '"';
}

extern "C" int authorize(void*, int action, const char* first, const char* second, const char*,
                         const char*) {
  if (action == SQLITE_SELECT || action == SQLITE_READ) return SQLITE_OK;
  const bool is_max = action == SQLITE_FUNCTION && std::strcmp(second, "max") == 0;
  const bool is_columns = action == SQLITE_PRAGMA && std::strcmp(first, "table_xinfo") == 0;
  return is_max || is_columns ? SQLITE_OK : SQLITE_DENY;
}

extern "C" int should_stop(void* stop) {
  return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

}  // namespace

bool is_sqlite(std::span<const std::byte> begin) {
  return begin.size() >= kMagic.size() &&
         std::memcmp(begin.data(), kMagic.data(), kMagic.size()) == 0;
}

SqliteDatabase::SqliteDatabase(const std::filesystem::path& path, const std::atomic<bool>* stop)
    : path_(path.string()), stop_(stop) {
  std::error_code error;
  file_bytes_ = std::filesystem::file_size(path, error);
  if (error) throw input_error("{}: cannot open: {}", path_, error.message());
  check_size(path_, file_bytes_);
  check_no_journal(path_);
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  try {
    if (sqlite3_open_v2(uri_of(path_).c_str(), &db_, flags, nullptr) != SQLITE_OK) fail("opening");
    restrict();
    read_tables();
  } catch (...) {
    close();
    throw;
  }
}

SqliteDatabase::~SqliteDatabase() {
  close();
}

void SqliteDatabase::close() {
  sqlite3_close(db_);
  db_ = nullptr;
}

void SqliteDatabase::restrict() {
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, 256 << 20);
  sqlite3_limit(db_, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_set_authorizer(db_, authorize, nullptr);
  constexpr int kInstructions = 10000;
  if (stop_ != nullptr) {
    sqlite3_progress_handler(db_, kInstructions, should_stop,
                             const_cast<std::atomic<bool>*>(stop_));
  }
}

void SqliteDatabase::fail(const std::string& where) const {
  const int code = db_ != nullptr ? sqlite3_errcode(db_) : SQLITE_NOMEM;
  if (code == SQLITE_INTERRUPT) {
    throw Error(ErrorKind::kInterrupted, path_ + ": reading was interrupted");
  }
  const std::string_view reason = db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
  throw input_error("{}: {}: expected an intact database, found: {}", path_, where,
                    reason.substr(0, 200));
}

// Tables that lie in the file: virtual ones have no root page.
void SqliteDatabase::read_tables() {
  sqlite3_stmt* const statement = prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0", "sqlite_master");
  int status = SQLITE_ROW;
  constexpr std::size_t kMostTables = 10000;
  while ((status = sqlite3_step(statement)) == SQLITE_ROW && tables_.size() < kMostTables) {
    const auto* const name = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    if (name != nullptr) tables_.insert(name);
  }
  sqlite3_finalize(statement);
  if (status != SQLITE_DONE) fail("table sqlite_master");
}

sqlite3_stmt* SqliteDatabase::prepare(const std::string& sql, const std::string& table) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    fail("table " + table);
  }
  return statement;
}

// Only those that are stored: a generated column would be computed by what the file says.
std::vector<std::string> SqliteDatabase::columns(const std::string& table) const {
  std::vector<std::string> names;
  if (!has_table(table)) return names;
  constexpr int kName = 1;
  constexpr int kHidden = 6;
  sqlite3_stmt* const statement =
      prepare(fmt::format("PRAGMA table_xinfo({})", sql_name(table)), table);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    const auto* const name = reinterpret_cast<const char*>(sqlite3_column_text(statement, kName));
    if (name != nullptr && sqlite3_column_int(statement, kHidden) == 0) names.emplace_back(name);
  }
  sqlite3_finalize(statement);
  return names;
}

std::int64_t SqliteDatabase::last_row(const std::string& table) const {
  if (!has_table(table)) return 0;
  const std::vector<std::string> named = columns(table);
  if (std::find(named.begin(), named.end(), "rowid") != named.end()) return 0;  // something else
  sqlite3_stmt* statement = nullptr;
  const std::string sql = fmt::format("SELECT max(rowid) FROM {}", sql_name(table));
  if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return 0;
  const bool found = sqlite3_step(statement) == SQLITE_ROW;
  const std::int64_t row = found ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  return std::clamp<std::int64_t>(row, 0, static_cast<std::int64_t>(most_rows()));
}

SqliteRows::SqliteRows(const SqliteDatabase& db, std::string table,
                       std::initializer_list<const char*> names, RowRange range)
    : db_(db), table_(std::move(table)), before_(std::max<std::int64_t>(range.begin, 1) - 1) {
  const std::vector<std::string> there = db.columns(table_);
  std::vector<std::string> selected;
  for (std::string name : names) {
    const bool optional = name.starts_with('?');
    if (optional) name.erase(0, 1);
    const bool present = std::find(there.begin(), there.end(), name) != there.end();
    if (!present && !optional) {
      throw input_error("{}: table {}: expected a column {}, found {}", db.path(), table_, name,
                        there.empty() ? "no stored columns"
                                      : fmt::format("{}", fmt::join(there, ", ")).substr(0, 600));
    }
    selected.push_back(present ? sql_name(name) : "NULL");
    present_.push_back(present);
    names_.push_back(name);
  }
  std::string query = fmt::format("SELECT {} FROM {}", fmt::join(selected, ", "), sql_name(table_));
  if (!range.all()) {
    query += fmt::format(" WHERE rowid >= {} AND rowid < {}", range.begin, range.end);
  }
  statement_ = db.prepare(query, table_);
}

SqliteRows::~SqliteRows() {
  sqlite3_finalize(statement_);
}

bool SqliteRows::next() {
  const int status = sqlite3_step(statement_);
  if (status == SQLITE_DONE) return false;
  if (status != SQLITE_ROW) db_.fail(fmt::format("table {}, after row {}", table_, row()));
  ++row_;
  // Pages that point at each other could go on for ever.
  if (static_cast<std::uint64_t>(row_) > db_.most_rows()) {
    throw input_error(
        "{}: table {}, row {}: expected no more rows than {} bytes can hold, found more",
        db_.path(), table_, row(), db_.file_bytes_);
  }
  return true;
}

void SqliteRows::fail(int column, const char* expected) const {
  constexpr std::array<const char*, 6> kTypes{"?",    "an integer", "a real",
                                              "text", "a blob",     "NULL"};
  const int type = sqlite3_column_type(statement_, column);
  throw input_error("{}: table {}, row {}: expected {} in {}, found {}", db_.path(), table_, row(),
                    expected, names_[static_cast<std::size_t>(column)],
                    kTypes.at(static_cast<std::size_t>(type)));
}

bool SqliteRows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::optional<std::int64_t> SqliteRows::integer(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  if (type == SQLITE_NULL) return std::nullopt;
  if (type != SQLITE_INTEGER) fail(column, "an integer");
  return sqlite3_column_int64(statement_, column);
}

std::int64_t SqliteRows::required(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) fail(column, "an integer");
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::string_view> SqliteRows::text(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  if (type == SQLITE_NULL) return std::nullopt;
  if (type != SQLITE_TEXT) fail(column, "text");
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return std::nullopt;
  return std::string_view(bytes,
                          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

}  // namespace dscope::importer
