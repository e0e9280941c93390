// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/app/system_dialog.h"
#include "viewer/widgets/ui.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace dscope::viewer {

// Asks for files to open or a file to save, inside the window. Only what the viewer can open is
// listed, until all files are asked for. Keyboard: up and down choose, Enter enters a folder or
// takes the file, Backspace goes up when the name is empty, Escape closes. Ctrl and a click:
// several files.
class FileDialog {
 public:
  enum class Mode : std::uint8_t { kOpen, kSave };
  using Then = std::function<void(const std::vector<std::filesystem::path>&)>;

  // `name`: suggested for saving. `then` is called at most once, from draw().
  void start(Mode mode, std::string title, std::filesystem::path folder, std::string name,
             Then then);
  void draw(const Ui& ui);
  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  void set_system_dialog(SystemDialog* dialog) { system_ = dialog; }  // null: there is none

 private:
  struct Entry {
    std::string name;
    bool folder = false;
    std::uint64_t bytes = 0;
    bool marked = false;  // one of several to be opened
  };
  void list();
  void go(const std::filesystem::path& folder);
  void take();
  void finish(const std::vector<std::filesystem::path>& paths);
  void draw_bar(const Ui& ui);
  void draw_entries(const Ui& ui, float height);
  void draw_buttons(const Ui& ui);
  void move_choice(int by);
  void mark(std::size_t index);
  void clear_marks();
  void poll_system_dialog();

  Mode mode_ = Mode::kOpen;
  std::string title_;
  std::filesystem::path folder_;
  std::string typed_folder_;
  std::string name_;
  std::string message_;
  std::vector<Entry> entries_;
  int chosen_ = -1;
  bool open_ = false;
  bool just_opened_ = false;
  bool scroll_to_choice_ = false;
  bool all_files_ = false;  // also hidden ones, and those of kinds that are not known
  bool confirmed_overwrite_ = false;
  Then then_;
  SystemDialog* system_ = nullptr;
};

}  // namespace dscope::viewer
