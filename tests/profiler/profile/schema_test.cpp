// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/profile/profile_json.h"
#include "tests/profiler/support/filled_profile.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace dscope::profile {
namespace {

using nlohmann::json;

// Objects of no fixed shape: documented as such, not looked into.
const std::set<std::string> kFreeObjects{"/workload/routing", "/workload/requests",
                                         "/prediction/parameters", "/prediction/stages/*/terms"};

std::string type_of(const json& value) {
  if (value.is_string()) return "string";
  if (value.is_boolean()) return "boolean";
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "number";
  if (value.is_object()) return "object";
  if (value.is_array() && !value.empty()) return "array of " + type_of(value[0]);
  return value.type_name();
}

// Paths of all values, with `*` for an index and `{stage}` for a stage id, and their types.
void walk(const json& value, const std::string& path, std::map<std::string, std::string>& found) {
  if (!path.empty()) found[path] = type_of(value);
  if (kFreeObjects.contains(path)) return;
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      walk(member, path + "/" + (stage_from_id(key) ? "{stage}" : key), found);
    }
  } else if (value.is_array() && value[0].is_object()) {
    for (const json& element : value) {
      for (const auto& [key, member] : element.items()) walk(member, path + "/*/" + key, found);
    }
  }
}

std::map<std::string, std::string> documented() {
  std::ifstream in(DSCOPE_SOURCE_DIR "/profiler/profile/schema.md");
  EXPECT_TRUE(in.is_open());
  const std::regex row(R"(^\| `(/[^`]+)` \| ([a-z ]+?) \|[^|]*\| [^|]+ \|$)");
  std::map<std::string, std::string> rows;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `/")) continue;
    std::smatch match;
    EXPECT_TRUE(std::regex_match(line, match, row)) << "not a row of four cells: " << line;
    EXPECT_TRUE(rows.emplace(match[1], match[2]).second) << "documented twice: " << match[1];
  }
  return rows;
}

TEST(Schema, DocumentsEveryFieldAndNothingElse) {
  std::map<std::string, std::string> written;
  walk(to_json(testing::filled_profile()), "", written);
  const std::map<std::string, std::string> rows = documented();
  for (const auto& [path, type] : written) {
    const auto row = rows.find(path);
    if (row == rows.end()) {
      ADD_FAILURE() << "schema.md lacks | `" << path << "` | " << type << " |";
    } else {
      EXPECT_EQ(row->second, type) << path;
    }
  }
  for (const auto& [path, type] : rows) {
    EXPECT_TRUE(written.contains(path)) << "schema.md has " << path << ", which is never written";
  }
}

}  // namespace
}  // namespace dscope::profile
