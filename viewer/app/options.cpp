// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/options.h"

#include "viewer/panels/panel.h"
#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace dscope::viewer {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  dscope-viewer profile.json TP-0.trace.json.gz\n"
    "  dscope-viewer measured.json predicted.json    the prediction is drawn below\n"
    "  dscope-viewer run-TP-*.trace.json.gz          all ranks of one run\n"
    "  xvfb-run -a dscope-viewer --screenshot out.png --panel timeline profile.json\n"
    "  dscope-viewer --export-csv tables/ profile.json      needs no display\n"
    "  xvfb-run -a dscope-viewer --bench\n"
    "\n"
    "Exit codes: 0 ok, 1 failure (a file could not be read), 2 usage, 3 no display.";

void check(const Options& options, const std::string& theme) {
  if (!options.panel.empty()) {
    const auto& ids = panel_ids();
    if (std::find(ids.begin(), ids.end(), options.panel) == ids.end()) {
      throw usage_error("--panel: expected one of {}, found \"{}\"", fmt::join(ids, ", "),
                        options.panel);
    }
  }
  if (!theme.empty() && !options.theme) {
    throw usage_error("--theme: expected one of {}, found \"{}\"",
                      fmt::join(view_data::kThemeIds, ", "), theme);
  }
  if (options.scale && !(*options.scale >= 0.5F && *options.scale <= 4.0F)) {
    throw usage_error("--scale: expected 0.5 to 4, found {}", *options.scale);
  }
  if (options.bench_slices < 1 || options.bench_slices > 100'000'000) {
    throw usage_error("--bench-slices: expected 1 to 100000000, found {}", options.bench_slices);
  }
}

}  // namespace

std::pair<int, int> parse_size(const std::string& text) {
  const std::size_t x = text.find('x');
  const auto width = parse_number<int>(std::string_view(text).substr(0, x));
  const auto height = x == std::string::npos
                          ? std::nullopt
                          : parse_number<int>(std::string_view(text).substr(x + 1));
  const auto sane = [](std::optional<int> n) { return n && *n >= 200 && *n <= 16384; };
  if (!sane(width) || !sane(height)) {
    throw usage_error("--size: expected WIDTHxHEIGHT of 200 to 16384 pixels each, found \"{}\"",
                      text);
  }
  return {*width, *height};
}

const std::vector<std::string>& panel_ids() {
  static const std::vector<std::string> ids = [] {
    std::vector<std::string> found;
    for (const PanelPtr& panel : make_panels()) found.emplace_back(panel->id());
    return found;
  }();
  return ids;
}

std::optional<Options> parse_options(int argc, char** argv) {
  Options options;
  std::string size;
  std::string theme;
  CLI::App app("DecodeScope viewer: look at a decode step, compare two, explore others.",
               "dscope-viewer");
  app.add_option("files", options.files,
                 "Profile documents, traces (Kineto, Nsight Systems, .dscope), or a session to "
                 "continue; traces whose names\ndiffer in the rank alone become one document");
  app.add_option("--panel", options.panel,
                 fmt::format("What to show: {}", fmt::join(panel_ids(), ", ")));
  app.add_option("--theme", theme,
                 fmt::format("Colours: {}", fmt::join(view_data::kThemeIds, ", ")));
  app.add_option("--scale", options.scale, "Size of text and everything else: 0.5 to 4");
  app.add_option("--size", size, "Size of the window or picture: 1280x720");
  app.add_option("--screenshot", options.screenshot, "Write a PNG and end");
  app.add_option("--export-csv", options.export_csv,
                 "Write every table of the panel (or of all panels) into this folder and end");
  app.add_option("--script", options.script, "Play mouse and keyboard from a file and end");
  app.add_flag(
      "--bench", options.bench,
      "Measure frames per second of a large timeline and end; of FILES, and how long they take to "
      "open, where some are given");
  app.add_option("--bench-slices", options.bench_slices, "Slices of that timeline");
  app.add_flag("--no-settings", options.no_settings, "Neither read nor write remembered settings");
  app.set_version_flag("--version", "dscope-viewer " DSCOPE_VERSION);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    app.exit(e);
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    throw usage_error("{}\nTry 'dscope-viewer --help'.", e.what());
  }
  options.theme = view_data::theme_from_id(theme);
  if (!size.empty()) {
    std::tie(options.width, options.height) = parse_size(size);
    options.size_given = true;
  }
  check(options, theme);
  return options;
}

}  // namespace dscope::viewer
