// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/session.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <utility>

namespace dscope::viewer {
namespace {

using nlohmann::json;

constexpr std::string_view kSchema = "dscope.session";
constexpr std::size_t kMostDocuments = 64;
constexpr std::size_t kMostRanks = 256;

std::int64_t index_in(const JsonReader& root, const char* key, std::size_t documents) {
  return root.has(key) ? root.at(key).as_int(-1, static_cast<std::int64_t>(documents) - 1) : -1;
}

std::string text_in(const JsonReader& root, const char* key) {
  return root.has(key) ? root.at(key).as_string() : std::string();
}

std::filesystem::path stored_form(const std::filesystem::path& file,
                                  const std::filesystem::path& folder) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(file, error).lexically_normal();
  const auto relative = absolute.lexically_relative(folder);
  return relative.empty() || *relative.begin() == ".." ? absolute : relative;
}

std::filesystem::path folder_of(const std::filesystem::path& session) {
  std::error_code error;
  return std::filesystem::absolute(session, error).lexically_normal().parent_path();
}

// A path, or the paths of the ranks of one run.
view_data::DocumentFiles read_files(const JsonReader& entry, const std::filesystem::path& folder) {
  if (!entry.value().is_array()) return {folder / entry.as_string()};
  const std::size_t count = entry.array_size();
  if (count < 1 || count > kMostRanks) entry.fail("1 to 256 files");
  view_data::DocumentFiles files;
  for (std::size_t i = 0; i < count; ++i) files.push_back(folder / entry.at(i).as_string());
  return files;
}

}  // namespace

Session read_session(const std::filesystem::path& path) {
  const json value = read_json_file(path, 16 << 20);
  const JsonReader root(value, path.string());
  if (!root.has("schema") || root.at("schema").as_string() != kSchema) {
    throw input_error("{}: /schema: expected \"{}\"", path.string(), kSchema);
  }
  (void)root.at("schema_version").as_int(1, 1);
  Session session;
  const JsonReader files = root.at("files");
  if (files.array_size() > kMostDocuments) files.fail("at most 64 documents");
  for (std::size_t i = 0; i < files.array_size(); ++i) {
    session.documents.push_back(read_files(files.at(i), folder_of(path)));
  }
  session.active = index_in(root, "active", session.documents.size());
  session.baseline = index_in(root, "baseline", session.documents.size());
  session.prediction = index_in(root, "prediction", session.documents.size());
  session.stage = text_in(root, "stage");
  session.kernel = text_in(root, "kernel");
  if (root.has("panes")) {
    const JsonReader panes = root.at("panes");
    for (std::size_t i = 0; i < panes.array_size() && i < session.panels.size(); ++i) {
      session.panels[i] = panes.at(i).as_string();
    }
  }
  if (root.has("panels")) {
    const JsonReader panels = root.at("panels");
    for (const std::string& key : panels.keys()) {
      session.panel_state.emplace(key, panels.at(key).value());
    }
  }
  return session;
}

void write_session(const Session& session, const std::filesystem::path& path) {
  json files = json::array();
  for (const auto& document : session.documents) {
    json stored = json::array();
    for (const auto& file : document) {
      stored.push_back(stored_form(file, folder_of(path)).string());
    }
    files.push_back(stored.size() == 1 ? stored.front() : stored);
  }
  json root = {{"schema", kSchema},
               {"schema_version", 1},
               {"files", std::move(files)},
               {"active", session.active},
               {"baseline", session.baseline},
               {"prediction", session.prediction},
               {"panes", session.panels},
               {"panels", session.panel_state}};
  if (!session.stage.empty()) root["stage"] = session.stage;
  if (!session.kernel.empty()) root["kernel"] = session.kernel;
  write_text_file(path, root.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace dscope::viewer
