// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/application.h"
#include "viewer/app/input.h"
#include "viewer/app/run.h"
#include "viewer/app/window.h"
#include "viewer/view_data/sample_timeline.h"

#include <fmt/format.h>

#include <GLFW/glfw3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dscope::viewer {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Result {
  std::string what;
  double median_ms = 0;
  double worst_ms = 0;
  double processor_ms = 0;  // mean over all cores: what a frame costs, however busy the machine is
};

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        window_(options.width, options.height, false),
        app_(settings_of(options), {}) {}

  // False: a file could not be read.
  bool run() {
    fmt::print("dscope-viewer --bench: {}x{}, {}\n", options_.width, options_.height,
               window_.renderer());
    if (options_.files.empty()) {
      app_.add(view_data::make_sample_document(options_.bench_slices));
    } else if (!open()) {
      return false;
    }
    const float x = static_cast<float>(options_.width) * 0.6F;
    const float y = static_cast<float>(options_.height) * 0.35F;
    input_.move({x, y});
    measure("whole trace, still", 60, [](int) {});
    measure("zooming in at the mouse", 120, [&](int) { input_.wheel(0.6F); });
    measure(
        "panning while zoomed in", 120,
        [&](int frame) {
          input_.move({x - static_cast<float>(frame % 30) * 8, y});
        },
        true);
    measure("zooming out", 120, [&](int) { input_.wheel(-0.6F); });
    measure(
        "panning over the whole trace", 120,
        [&](int frame) {
          input_.move({x - static_cast<float>(frame % 30) * 8, y});
        },
        true);
    print();
    return true;
  }

 private:
  // As somebody would who waits for it: the first picture of the timeline, and the moment from
  // which every panel has its numbers.
  bool open() {
    app_.on_loaded(Window::wake);
    app_.open(options_.files);
    const auto draw = [&] {
      window_.wait_for_input(app_.patience_s());
      frame();
    };
    const auto print_time = [&](const char* what) {
      fmt::print("{:<32}{:>9.2f} s{:>12.2f} s of processor time\n", what, seconds_since(begin_),
                 static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
      std::fflush(stdout);
    };
    while (app_.documents().empty() && app_.loading()) draw();
    if (!app_.documents().empty()) print_time("the timeline can be seen");
    while (app_.loading()) draw();
    if (app_.errors() == 0) {
      print_time("every panel has its numbers");
    } else {
      fmt::print(stderr, "dscope-viewer: {}\n", app_.last_error());
    }
    return app_.errors() == 0;
  }

  static Settings settings_of(const Options& options) {
    Settings settings;
    settings.layout.panels[0] = "timeline";
    if (options.theme) settings.theme = *options.theme;
    if (options.scale) settings.scale = *options.scale;
    return settings;
  }

  void frame() {
    input_.apply(ImGui::GetIO());
    if (app_.prepare_frame()) window_.fonts_changed();
    window_.begin_frame();
    app_.frame();
    const float clear[3] = {0, 0, 0};
    window_.end_frame(clear);
    window_.finish();  // all pixels are there
  }

  void measure(const std::string& what, int frames, const std::function<void(int)>& act,
               bool pressed = false) {
    if (pressed) input_.press();
    for (int i = 0; i < 5; ++i) frame();
    std::vector<double> times;
    const std::clock_t processor = std::clock();
    for (int i = 0; i < frames; ++i) {
      act(i);
      const auto begin = Clock::now();
      frame();
      times.push_back(seconds_since(begin) * 1e3);
    }
    const double processor_ms =
        static_cast<double>(std::clock() - processor) * 1e3 / CLOCKS_PER_SEC / frames;
    if (pressed) input_.release();
    frame();
    std::sort(times.begin(), times.end());
    results_.push_back({what, times[times.size() / 2], times.back(), processor_ms});
  }

  void print() const {
    fmt::print("{:<32}{:>12}{:>12}{:>12}{:>12}\n", "", "median", "worst", "frames/s", "processor");
    for (const Result& r : results_) {
      fmt::print("{:<32}{:>9.2f} ms{:>9.2f} ms{:>12.0f}{:>9.2f} ms\n", r.what, r.median_ms,
                 r.worst_ms, 1e3 / r.median_ms, r.processor_ms);
    }
  }

  Clock::time_point begin_ = Clock::now();
  Options options_;
  Window window_;
  Application app_;
  InputQueue input_;
  std::vector<Result> results_;
};

}  // namespace

int run_bench(const Options& options) {
  return Bench(options).run() ? 0 : 1;
}

}  // namespace dscope::viewer
