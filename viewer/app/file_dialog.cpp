// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/file_dialog.h"

#include "viewer/view_data/text.h"
#include "viewer/widgets/keys.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <imgui_stdlib.h>

#include <algorithm>
#include <array>
#include <utility>

namespace dscope::viewer {
namespace {

constexpr std::size_t kMostEntries = 20'000;
constexpr const char* kPopup = "###file_dialog";
// By their names; a file of another name can be opened all the same.
constexpr std::array<std::string_view, 6> kKnownEndings{".json",   ".json.gz",        ".sqlite",
                                                        ".dscope", ".dscope-session", ".trace.gz"};

bool has_known_ending(const std::string& name) {
  return std::any_of(kKnownEndings.begin(), kKnownEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace

void FileDialog::start(Mode mode, std::string title, std::filesystem::path folder, std::string name,
                       Then then) {
  mode_ = mode;
  title_ = std::move(title);
  name_ = std::move(name);
  then_ = std::move(then);
  open_ = true;
  just_opened_ = true;
  std::error_code error;
  if (folder.empty() || !std::filesystem::is_directory(folder, error)) {
    folder = std::filesystem::current_path(error);
  }
  go(folder);
}

void FileDialog::go(const std::filesystem::path& folder) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(folder, error).lexically_normal();
  if (!std::filesystem::is_directory(absolute, error)) {
    message_ = absolute.string() + ": not a folder";
    return;
  }
  folder_ = absolute;
  typed_folder_ = folder_.string();
  message_.clear();
  chosen_ = -1;
  confirmed_overwrite_ = false;
  list();
}

void FileDialog::list() {
  entries_.clear();
  std::error_code error;
  auto it = std::filesystem::directory_iterator(
      folder_, std::filesystem::directory_options::skip_permission_denied, error);
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (entries_.size() == kMostEntries) {
      message_ = fmt::format("only the first {} entries are listed", kMostEntries);
      break;
    }
    std::string name = it->path().filename().string();
    if (!all_files_ && name.starts_with('.')) continue;
    std::error_code ignored;
    const bool folder = it->is_directory(ignored);
    const bool known = folder || mode_ == Mode::kSave || has_known_ending(name);
    if (!all_files_ && !known) continue;
    const std::uint64_t bytes = folder ? 0 : it->file_size(ignored);
    entries_.push_back({std::move(name), folder, ignored ? 0 : bytes});
  }
  if (error) message_ = fmt::format("{}: {}", folder_.string(), error.message());
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.folder != b.folder ? a.folder : a.name < b.name;
  });
}

void FileDialog::finish(const std::vector<std::filesystem::path>& paths) {
  open_ = false;
  ImGui::CloseCurrentPopup();
  if (!paths.empty() && then_) std::exchange(then_, nullptr)(paths);
}

void FileDialog::mark(std::size_t index) {
  // The one that was chosen before is one of them.
  if (chosen_ >= 0) {
    Entry& chosen = entries_[static_cast<std::size_t>(chosen_)];
    chosen.marked = chosen.marked || (!chosen.folder && chosen.name == name_);
  }
  chosen_ = -1;
  name_.clear();
  entries_[index].marked = !entries_[index].marked;
  const auto count = std::count_if(entries_.begin(), entries_.end(),
                                   [](const Entry& other) { return other.marked; });
  message_ = count == 0 ? std::string() : fmt::format("{} chosen", count);
}

void FileDialog::clear_marks() {
  for (Entry& entry : entries_) entry.marked = false;
}

void FileDialog::take() {
  std::vector<std::filesystem::path> marked;
  for (const Entry& entry : entries_) {
    if (entry.marked) marked.push_back(folder_ / entry.name);
  }
  if (!marked.empty() && name_.empty()) {
    finish(marked);
    return;
  }
  if (name_.empty()) return;
  const std::filesystem::path path =
      std::filesystem::path(name_).is_absolute() ? std::filesystem::path(name_) : folder_ / name_;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    name_.clear();
    go(path);
    return;
  }
  const bool exists = std::filesystem::exists(path, error);
  if (mode_ == Mode::kOpen && !exists) {
    message_ = path.filename().string() + ": there is no such file";
    return;
  }
  if (mode_ == Mode::kSave && exists && !confirmed_overwrite_) {
    message_ = path.filename().string() + " exists: press Save again to replace it";
    confirmed_overwrite_ = true;
    return;
  }
  finish({path});
}

void FileDialog::move_choice(int by) {
  if (entries_.empty()) return;
  chosen_ = std::clamp(chosen_ + by, 0, static_cast<int>(entries_.size()) - 1);
  const Entry& entry = entries_[static_cast<std::size_t>(chosen_)];
  name_ = entry.name;
  clear_marks();
  scroll_to_choice_ = true;
}

void FileDialog::draw_bar(const Ui& ui) {
  if (ImGui::Button("Up")) go(folder_.parent_path());
  ImGui::SameLine();
  ImGui::SetNextItemWidth(-ui.px(130));
  if (ImGui::InputText("##folder", &typed_folder_, ImGuiInputTextFlags_EnterReturnsTrue)) {
    go(typed_folder_);
  }
  ImGui::SameLine();
  if (ImGui::Checkbox("all files", &all_files_)) list();
}

void FileDialog::draw_entries(const Ui& ui, float height) {
  ImGui::BeginChild("##entries", {0, height}, true);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(entries_.size()));
  if (scroll_to_choice_ && chosen_ >= 0) clipper.ForceDisplayRangeByIndices(chosen_, chosen_ + 1);
  std::filesystem::path enter;
  bool accept = false;
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const Entry& entry = entries_[static_cast<std::size_t>(i)];
      ImGui::PushID(i);
      if (ImGui::Selectable("##entry", i == chosen_ || entry.marked,
                            ImGuiSelectableFlags_AllowDoubleClick)) {
        confirmed_overwrite_ = false;
        if (mode_ == Mode::kOpen && !entry.folder && ImGui::GetIO().KeyCtrl) {
          mark(static_cast<std::size_t>(i));
        } else {
          clear_marks();
          chosen_ = i;
          if (!entry.folder) name_ = entry.name;
          if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
            entry.folder ? void(enter = folder_ / entry.name) : void(accept = true);
          }
        }
      }
      if (scroll_to_choice_ && i == chosen_) ImGui::SetScrollHereY();
      ImGui::SameLine();
      text(view_data::printable(entry.folder ? entry.name + "/" : entry.name));
      if (!entry.folder) {
        const std::string size = format_bytes(static_cast<double>(entry.bytes));
        ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - text_width(ui.regular, size));
        text_muted(ui, size);
      }
      ImGui::PopID();
    }
  }
  scroll_to_choice_ = false;
  ImGui::EndChild();
  if (!enter.empty()) go(enter);
  if (accept) take();
}

void FileDialog::draw_buttons(const Ui& ui) {
  ImGui::SetNextItemWidth(-1);
  if (just_opened_) ImGui::SetKeyboardFocusHere();
  if (ImGui::InputTextWithHint(
          "##name", mode_ == Mode::kOpen ? "file name, or Ctrl and a click on several" : "save as",
          &name_, ImGuiInputTextFlags_EnterReturnsTrue)) {
    take();
  }
  just_opened_ = false;
  if (ImGui::Button(mode_ == Mode::kOpen ? "Open" : "Save", {ui.px(90), 0})) take();
  ImGui::SameLine();
  if (ImGui::Button("Cancel", {ui.px(90), 0})) finish({});
  if (system_ != nullptr) {
    ImGui::SameLine();
    if (ImGui::Button("System dialog") && !system_->start(mode_ == Mode::kSave, folder_ / name_)) {
      message_ = "zenity could not be started";
    }
  }
  ImGui::SameLine();
  text_colored(ui.palette.warning, fit_text(ui.regular, view_data::printable(message_),
                                            ImGui::GetContentRegionAvail().x));
}

void FileDialog::poll_system_dialog() {
  if (system_ == nullptr || !system_->running()) return;
  auto chosen = system_->poll();
  if (chosen && !chosen->empty()) finish(*chosen);
}

void FileDialog::draw(const Ui& ui) {
  if (!open_) return;
  const std::string name = title_ + kPopup;
  if (!ImGui::IsPopupOpen(name.c_str())) ImGui::OpenPopup(name.c_str());
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowSize(
      {std::min(ui.px(760), display.x * 0.94F), std::min(ui.px(520), display.y * 0.94F)});
  ImGui::SetNextWindowPos({display.x * 0.5F, display.y * 0.5F}, ImGuiCond_Always, {0.5F, 0.5F});
  bool keep = true;
  if (!ImGui::BeginPopupModal(
          name.c_str(), &keep,
          ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings)) {
    open_ = keep;
    return;
  }
  draw_bar(ui);
  draw_entries(ui, -2 * ImGui::GetFrameHeightWithSpacing() - ui.px(2));
  draw_buttons(ui);
  if (ImGui::IsKeyPressed(GLFW_KEY_DOWN)) move_choice(1);
  if (ImGui::IsKeyPressed(GLFW_KEY_UP)) move_choice(-1);
  if (ImGui::IsKeyPressed(GLFW_KEY_BACKSPACE, false) && name_.empty() &&
      !ImGui::IsAnyItemActive()) {
    go(folder_.parent_path());
  }
  if (!keep || ImGui::IsKeyPressed(GLFW_KEY_ESCAPE, false)) finish({});
  poll_system_dialog();
  ImGui::EndPopup();
}

}  // namespace dscope::viewer
