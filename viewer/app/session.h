// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/document.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dscope::viewer {

// What a session file (*.dscope-session) holds: which documents are open, what is selected, and the
// state of each panel. Files inside the session's own folder are stored relative to it, so that the
// folder can be moved as a whole.
struct Session {
  std::vector<view_data::DocumentFiles> documents;
  std::int64_t active = -1;  // index into documents; -1: none
  std::int64_t baseline = -1;
  std::int64_t prediction = -1;
  std::string stage;  // id; empty: none
  std::string kernel;
  std::array<std::string, 2> panels;
  std::map<std::string, nlohmann::json> panel_state;  // by panel id
};

inline constexpr const char* kSessionEnding = ".dscope-session";

// Throws Error{kInput} with path, JSON pointer, expected and found.
[[nodiscard]] Session read_session(const std::filesystem::path& path);
void write_session(const Session& session, const std::filesystem::path& path);

}  // namespace dscope::viewer
