// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_file_reader.h"
#include "profiler/import/kineto_reader.h"
#include "profiler/import/nsys_reader.h"
#include "profiler/import/sqlite_database.h"
#include "profiler/import/trace.h"
#include "profiler/import/trace_merge.h"
#include "workloads/base/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

namespace dscope::importer {
namespace {

// The first bytes of a file, as many as there are.
struct Begin {
  std::array<std::byte, 16> bytes{};
  std::size_t size = 0;

  explicit Begin(const std::filesystem::path& path) {
    std::error_code error;
    const auto type = std::filesystem::status(path, error).type();
    if (type != std::filesystem::file_type::regular) {
      throw input_error("{}: cannot open: {}", path.string(),
                        error                                           ? error.message()
                        : type == std::filesystem::file_type::not_found ? "no such file"
                        : type == std::filesystem::file_type::directory ? "it is a directory"
                                                                        : "it is no regular file");
    }
    std::ifstream in(path, std::ios::binary);
    if (!in) throw input_error("{}: cannot open: {}", path.string(), std::strerror(errno));
    in.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
    size = static_cast<std::size_t>(in.gcount());
    if (size == 0)
      throw input_error("{}: byte 0: expected a trace, found an empty file", path.string());
  }

  [[nodiscard]] std::span<const std::byte> span() const { return std::span(bytes).first(size); }

  // JSON text, after a byte order mark and white space, or gzip.
  [[nodiscard]] bool may_be_json() const {
    const auto* const text = reinterpret_cast<const unsigned char*>(bytes.data());
    if (size >= 2 && text[0] == 0x1f && text[1] == 0x8b) return true;
    std::size_t at = size >= 3 && std::memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < size && std::memchr(" \n\r\t", text[at], 4) != nullptr) ++at;
    return at == size || text[at] == '{' || text[at] == '[';
  }

  [[nodiscard]] std::string shown() const {
    std::string result;
    for (std::size_t i = 0; i < std::min<std::size_t>(size, 8); ++i) {
      result += fmt::format("{}{:02x}", i == 0 ? "" : " ", static_cast<unsigned>(bytes[i]));
    }
    return result;
  }
};

Trace read_any(const std::filesystem::path& path, const ReadOptions& options) {
  const Begin begin(path);
  if (is_activity_file(begin.span())) return read_activity_file(path, options);
  if (is_sqlite(begin.span())) return read_nsys(path, options);
  if (begin.may_be_json()) return read_kineto(path, options);
  throw input_error(
      "{}: byte 0: expected a trace (Kineto JSON, plain or gzip; an Nsight Systems SQLite export; "
      ".dscope), found bytes {}{}",
      path.string(), begin.shown(),
      path.extension() == ".nsys-rep" ? ": export it with nsys export --type sqlite" : "");
}

std::vector<std::filesystem::path> traces_in(const std::filesystem::path& folder) {
  constexpr std::array<std::string_view, 4> kExtensions{".json", ".gz", ".sqlite", ".dscope"};
  std::vector<std::filesystem::path> traces;
  std::error_code error;
  std::filesystem::directory_iterator files(folder, error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    const std::string extension = files->path().extension().string();
    const bool known =
        std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
    if (known && files->is_regular_file(error)) traces.push_back(files->path());
  }
  if (error) throw input_error("{}: cannot be read: {}", folder.string(), error.message());
  if (traces.empty()) {
    throw input_error("{}: expected a folder with traces ({}), found none", folder.string(),
                      fmt::join(kExtensions, ", "));
  }
  std::sort(traces.begin(), traces.end());
  return traces;
}

std::vector<std::filesystem::path> with_folders_opened(
    const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    const std::vector<std::filesystem::path> inside = traces_in(path);
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

// Files without a rank in the name are taken together as they were given: names of processes, say.
void check_one_run(const std::vector<std::filesystem::path>& paths) {
  std::set<std::string> runs;
  for (const std::filesystem::path& path : paths) {
    const std::string name = path.filename().string();
    if (rank_of_name(name)) runs.insert(name_without_rank(name));
  }
  if (runs.size() <= 1) return;
  throw input_error("{}: expected the ranks of one run, found those of {}: {}",
                    paths.front().parent_path().string(), runs.size(), fmt::join(runs, ", "));
}

}  // namespace

Trace read_trace(const std::filesystem::path& path, const ReadOptions& options) {
  Trace trace = read_any(path, options);
  if (trace.list.activities.empty()) {
    std::vector<std::string> why;
    for (const Skipped& entry : trace.skipped) {
      why.push_back(fmt::format("{} {}", entry.count, entry.reason));
    }
    for (const profile::LossInfo& loss : profile::kLosses) {
      const std::int64_t count = trace.losses.*loss.counter;
      if (count != 0) why.push_back(fmt::format("{} {}", count, loss.label));
    }
    constexpr std::size_t kMost = 8;
    const bool more = why.size() > kMost;
    if (more) why.resize(kMost);
    throw input_error("{}: expected a trace with events, found none that can be used{}{}{}",
                      path.string(), why.empty() ? "" : ": ", fmt::join(why, "; "),
                      more ? "; ..." : "");
  }
  return trace;
}

Trace read_traces(const std::vector<std::filesystem::path>& given, const ReadOptions& options) {
  DSCOPE_REQUIRE(!given.empty(), "at least one trace is needed");
  const std::vector<std::filesystem::path> paths = with_folders_opened(given);
  if (paths.size() == 1) {
    Trace trace = read_trace(paths.front(), options);
    apply_file_rank(trace, paths.front());
    return trace;
  }
  check_one_run(paths);
  TraceMerge merge;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    ReadOptions part = options;
    if (options.on_progress) {
      part.on_progress = [&](double done) {
        options.on_progress((static_cast<double>(i) + done) / static_cast<double>(paths.size()));
      };
    }
    Trace trace = read_trace(paths[i], part);
    apply_file_rank(trace, paths[i]);
    merge.add(std::move(trace));
  }
  return merge.finish();
}

}  // namespace dscope::importer
