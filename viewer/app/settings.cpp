// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/settings.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <exception>

namespace dscope::viewer {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 3> kSplitIds{"none", "side_by_side", "stacked"};

const json& member(const json& object, const char* key) {
  static const json null_value;
  if (!object.is_object()) return null_value;
  const auto it = object.find(key);
  return it == object.end() ? null_value : *it;
}

void read(const json& value, float& into, float low, float high) {
  if (!value.is_number()) return;
  const auto number = value.get<float>();
  if (std::isfinite(number)) into = std::clamp(number, low, high);
}

void read(const json& value, int& into, int low, int high) {
  if (!value.is_number_integer()) return;
  const auto number = value.get<std::int64_t>();
  into = static_cast<int>(std::clamp<std::int64_t>(number, low, high));
}

void read(const json& value, std::string& into) {
  if (value.is_string()) into = value.get<std::string>();
}

void read_layout(const json& value, Layout& layout) {
  const json& sidebar = member(value, "sidebar");
  if (sidebar.is_boolean()) layout.sidebar = sidebar.get<bool>();
  read(member(value, "sidebar_share"), layout.sidebar_share, 0.05F, 0.9F);
  read(member(value, "split_share"), layout.split_share, 0.05F, 0.95F);
  std::string split;
  read(member(value, "split"), split);
  for (std::size_t i = 0; i < kSplitIds.size(); ++i) {
    if (split == kSplitIds[i]) layout.split = static_cast<Split>(i);
  }
  const json& panels = member(value, "panels");
  for (std::size_t i = 0; i < layout.panels.size(); ++i) {
    if (panels.is_array() && i < panels.size()) read(panels[i], layout.panels[i]);
  }
}

}  // namespace

void Settings::remember(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> absolute;
  for (const auto& file : files) {
    std::error_code ignored;
    absolute.push_back(std::filesystem::absolute(file, ignored).lexically_normal().string());
  }
  std::erase(recent, absolute);
  recent.insert(recent.begin(), absolute);
  if (recent.size() > kMostRecent) recent.resize(kMostRecent);
}

Settings load_settings(const std::filesystem::path& file) {
  Settings settings;
  std::error_code ignored;
  if (file.empty() || !std::filesystem::is_regular_file(file, ignored)) return settings;
  json root;
  try {
    root = read_json_file(file, 1 << 20);
  } catch (const std::exception&) {  // whatever is wrong with it
    return settings;
  }
  std::string theme;
  read(member(root, "theme"), theme);
  settings.theme = view_data::theme_from_id(theme).value_or(settings.theme);
  read(member(root, "scale"), settings.scale, 0.5F, 4);
  read(member(root, "width"), settings.width, 400, 16384);
  read(member(root, "height"), settings.height, 300, 16384);
  read(member(root, "last_folder"), settings.last_folder);
  read_layout(member(root, "layout"), settings.layout);
  const json& recent = member(root, "recent");
  for (std::size_t i = 0; recent.is_array() && i < recent.size(); ++i) {
    if (settings.recent.size() == Settings::kMostRecent) break;
    std::vector<std::string> files;
    for (std::size_t f = 0; recent[i].is_array() && f < recent[i].size(); ++f) {
      if (recent[i][f].is_string()) files.push_back(recent[i][f].get<std::string>());
    }
    if (!files.empty()) settings.recent.push_back(std::move(files));
  }
  return settings;
}

void save_settings(const Settings& settings, const std::filesystem::path& file) {
  const json root = {
      {"theme", view_data::id(settings.theme)},
      {"scale", settings.scale},
      {"width", settings.width},
      {"height", settings.height},
      {"last_folder", settings.last_folder},
      {"recent", settings.recent},
      {"layout",
       {{"sidebar", settings.layout.sidebar},
        {"sidebar_share", settings.layout.sidebar_share},
        {"split", kSplitIds[static_cast<std::size_t>(settings.layout.split)]},
        {"split_share", settings.layout.split_share},
        {"panels", settings.layout.panels}}},
  };
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  write_text_file(file, root.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace dscope::viewer
