// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/run.h"

#include "viewer/app/application.h"
#include "viewer/app/script.h"
#include "viewer/app/window.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>

namespace dscope::viewer {
namespace {

// ImGui settles sizes of windows and tables over some frames.
constexpr int kSettleFrames = 6;

void draw_frame(Window& window, Application& app) {
  if (app.prepare_frame()) window.fonts_changed();
  window.begin_frame();
  app.frame();
  const ImVec4 back = to_vec4(app.ui().palette.background);
  const float clear[3] = {back.x, back.y, back.z};
  window.end_frame(clear);
}

// After input several frames are drawn: tables settle, linked timelines follow each other.
bool has_input(const ImGuiIO& io) {
  const bool moved = io.MouseDelta.x != 0 || io.MouseDelta.y != 0 || io.MouseWheel != 0;
  const bool keys =
      std::any_of(std::begin(io.KeysDown), std::end(io.KeysDown), [](bool down) { return down; });
  return moved || keys || ImGui::IsAnyMouseDown() || io.WantTextInput;
}

void save_pictures(const Window& window, Application& app) {
  for (const PictureRequest& request : app.take_pictures()) {
    std::string error;
    try {
      const ImVec2 size = request.max - request.min;
      write_png(
          crop(window.read_pixels(), static_cast<int>(request.min.x),
               static_cast<int>(request.min.y), static_cast<int>(size.x), static_cast<int>(size.y)),
          request.path);
    } catch (const Error& e) {
      error = e.what();
    }
    app.picture_done(request, error);
  }
}

Settings start_settings(const Options& options, const std::filesystem::path& file) {
  Settings settings = load_settings(file);
  if (options.theme) settings.theme = *options.theme;
  if (options.scale) settings.scale = *options.scale;
  if (options.size_given) {
    settings.width = options.width;
    settings.height = options.height;
  }
  if (!options.panel.empty()) settings.layout.panels[0] = options.panel;
  return settings;
}

// Everything that can be done without drawing: taking in what was loaded happens in a frame.
class NoDrawing {
 public:
  NoDrawing() {
    ImGui::CreateContext();
    ImGui::GetIO().DisplaySize = {1280, 720};
  }
  ~NoDrawing() { ImGui::DestroyContext(); }
  NoDrawing(const NoDrawing&) = delete;
  NoDrawing& operator=(const NoDrawing&) = delete;

  void frame(Application& app) {
    if (app.prepare_frame()) {
      unsigned char* pixels = nullptr;
      ImGui::GetIO().Fonts->GetTexDataAsAlpha8(&pixels, nullptr, nullptr);
    }
    ImGui::NewFrame();
    app.frame();
    ImGui::Render();
  }
};

void export_tables(const Options& options, Application& app) {
  for (const auto& path : app.export_tables(options.export_csv, options.panel)) {
    fmt::print("{}\n", path.string());
  }
}

int result_of(const Application& app) {
  if (app.errors() == 0) return 0;
  fmt::print(stderr, "dscope-viewer: {}\n", app.last_error());
  return 1;
}

int export_only(const Options& options) {
  NoDrawing context;
  Application app(start_settings(options, {}), {});
  app.open(options.files);
  while (app.loading()) {
    app.wait_for_files();
    context.frame(app);
  }
  context.frame(app);
  export_tables(options, app);
  return result_of(app);
}

}  // namespace

int run_window(const Options& options, const Surroundings& surroundings) {
  const auto file = options.no_settings ? std::filesystem::path() : surroundings.settings_file;
  const Settings settings = start_settings(options, file);
  Window window(settings.width, settings.height, true);
  Application app(settings, file, surroundings.zenity);
  app.on_loaded(Window::wake);
  app.open(options.files);
  int busy_frames = kSettleFrames;
  while (!window.should_close() && !app.wants_to_quit()) {
    // Calm: without input or anything that moves, nothing is drawn.
    window.wait_for_input(busy_frames > 0 ? 0 : app.patience_s());
    if (busy_frames > 0) --busy_frames;
    if (has_input(ImGui::GetIO())) busy_frames = kSettleFrames;
    app.set_content_scale(window.content_scale());
    app.open(window.take_dropped());
    draw_frame(window, app);
    save_pictures(window, app);
  }
  std::tie(app.settings().width, app.settings().height) = window.size();
  app.save_settings_now();
  return 0;
}

int run_headless(const Options& options) {
  if (!options.draws()) return export_only(options);
  Window window(options.width, options.height, false);
  Application app(start_settings(options, {}), {});
  app.open(options.files);
  std::optional<Script> script;
  if (!options.script.empty()) script.emplace(options.script);
  InputQueue input;
  const ImVec2 size(static_cast<float>(options.width), static_cast<float>(options.height));
  const auto take_picture = [&](const std::filesystem::path& path) {
    window.finish();
    write_png(window.read_pixels(), path);
    fmt::print("{}\n", path.string());
  };
  const auto frame = [&] {
    input.apply(ImGui::GetIO());
    draw_frame(window, app);
    save_pictures(window, app);
  };
  while (app.loading()) {
    app.wait_for_files();
    frame();
  }
  for (int i = 0; i < kSettleFrames || app.computing(); ++i) frame();
  while (script && script->advance(app, input, size, take_picture)) frame();
  if (!options.screenshot.empty()) take_picture(options.screenshot);
  if (!options.export_csv.empty()) export_tables(options, app);
  return result_of(app);
}

}  // namespace dscope::viewer
