// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/sweep.h"

#include "profiler/profile/saturating.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <tuple>

namespace dscope::attribute {
namespace {

constexpr std::int64_t kOutside = -1;

// Divides `dt` over the stages in proportion to the lanes each of them keeps busy. Whole
// nanoseconds; the left-over ones go to the largest remainders, in stage order among equals.
void share(std::int64_t dt, const profile::StageValues& busy_lanes, std::int64_t lanes,
           profile::StageValues& time_ns) {
  std::array<std::int64_t, kStageCount> remainder{};
  std::int64_t left = dt;
  for (std::size_t s = 0; s < kStageCount; ++s) {
    // dt * busy / lanes, without the overflow of the product.
    const std::int64_t rest = (dt % lanes) * busy_lanes[s];
    const std::int64_t part = (dt / lanes) * busy_lanes[s] + rest / lanes;
    remainder[s] = rest % lanes;
    time_ns[s] += part;
    left -= part;
  }
  for (; left > 0; --left) {
    const auto largest = std::max_element(remainder.begin(), remainder.end());
    *largest = -1;
    ++time_ns[static_cast<std::size_t>(largest - remainder.begin())];
  }
}

class Sweep {
 public:
  Sweep(std::vector<WorkItem> work, std::uint32_t lanes, const std::vector<Window>& windows)
      : work_(std::move(work)),
        windows_(windows),
        lanes_(lanes),
        own_ns_(work_.size(), 0),
        step_(work_.size(), kOutside) {
    // Of equal starts the outer (longer) work first, so that the inner one ends up on top.
    std::sort(work_.begin(), work_.end(), [](const WorkItem& x, const WorkItem& y) {
      return std::tie(x.start_ns, y.end_ns, x.index) < std::tie(y.start_ns, x.end_ns, y.index);
    });
    result_.steps.resize(windows.size());
    for (std::size_t i = 0; i < windows.size(); ++i) {
      result_.steps[i].step = static_cast<std::int64_t>(i);
      result_.steps[i].start_ns = windows[i].start_ns;
      result_.steps[i].wall_ns = windows[i].end_ns - windows[i].start_ns;
    }
  }

  SweepResult run() {
    std::vector<std::size_t> by_end(work_.size());
    std::iota(by_end.begin(), by_end.end(), 0);
    std::sort(by_end.begin(), by_end.end(),
              [&](std::size_t x, std::size_t y) { return work_[x].end_ns < work_[y].end_ns; });
    std::size_t start = 0;
    for (std::size_t end = 0; end < by_end.size();) {
      const std::int64_t end_ns = work_[by_end[end]].end_ns;
      if (start < work_.size() && work_[start].start_ns < end_ns) {
        advance(work_[start].start_ns);
        begin(start++);
      } else {
        advance(end_ns);
        finish(by_end[end++]);
      }
    }
    if (!windows_.empty()) advance(windows_.back().end_ns);
    collect_work();
    return std::move(result_);
  }

 private:
  // The work open on one lane in order of start. The last entry is the one that has the time; those
  // below it may have ended already and are dropped when they come to the top.
  struct Lane {
    std::vector<std::size_t> open;
    std::int64_t top_since = 0;  // value of inside_ns_ when the top changed last
  };

  // Moves time forward and accounts for what passes inside windows.
  void advance(std::int64_t to) {
    while (now_ < to && window_ < windows_.size()) {
      const Window& window = windows_[window_];
      if (now_ < window.start_ns) {
        now_ = std::min(to, window.start_ns);
        continue;
      }
      const std::int64_t dt = std::min(to, window.end_ns) - now_;
      account(result_.steps[window_], dt);
      inside_ns_ += dt;
      now_ += dt;
      if (now_ == window.end_ns) ++window_;
    }
    now_ = std::max(now_, to);
  }

  void account(StepTimes& step, std::int64_t dt) {
    if (busy_ == 0) {
      step.gap_ns += dt;
    } else {
      step.busy_ns += dt;
      share(dt, busy_lanes_, busy_, step.stage_time_ns);
    }
  }

  void begin(std::size_t item) {
    Lane& lane = lanes_[work_[item].lane];
    hide_top(lane);
    lane.open.push_back(item);
    show_top(lane);
    place(item);
  }

  void finish(std::size_t item) {
    Lane& lane = lanes_[work_[item].lane];
    if (lane.open.empty() || lane.open.back() != item) return;
    hide_top(lane);
    while (!lane.open.empty() && work_[lane.open.back()].end_ns <= now_) lane.open.pop_back();
    show_top(lane);
  }

  void hide_top(Lane& lane) {
    if (lane.open.empty()) return;
    own_ns_[lane.open.back()] += inside_ns_ - lane.top_since;
    --busy_lanes_[static_cast<std::size_t>(work_[lane.open.back()].stage)];
    --busy_;
  }

  void show_top(Lane& lane) {
    if (lane.open.empty()) return;
    lane.top_since = inside_ns_;
    ++busy_lanes_[static_cast<std::size_t>(work_[lane.open.back()].stage)];
    ++busy_;
  }

  // Which step the work that starts now belongs to.
  void place(std::size_t item) {
    const WorkItem& work = work_[item];
    if (window_ == windows_.size() || work.end_ns <= windows_[window_].start_ns) {
      ++result_.outside;
      result_.outside_ns = profile::add_saturating(result_.outside_ns, work.end_ns - work.start_ns);
      return;
    }
    const Window& window = windows_[window_];
    step_[item] = static_cast<std::int64_t>(window_);
    const bool starts_inside = work.start_ns >= window.start_ns;
    if (starts_inside) {
      ++result_.steps[window_].stage_launches[static_cast<std::size_t>(work.stage)];
    }
    if (!starts_inside || work.end_ns > window.end_ns) ++result_.clipped;
  }

  void collect_work() {
    result_.work.reserve(work_.size());
    for (std::size_t i = 0; i < work_.size(); ++i) {
      if (step_[i] == kOutside) continue;
      result_.work.push_back({work_[i].index, work_[i].stage, step_[i], own_ns_[i]});
    }
  }

  std::vector<WorkItem> work_;
  const std::vector<Window>& windows_;
  std::vector<Lane> lanes_;
  std::vector<std::int64_t> own_ns_;
  std::vector<std::int64_t> step_;
  SweepResult result_;

  std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
  std::size_t window_ = 0;      // the window `now_` is in, or the next one
  std::int64_t inside_ns_ = 0;  // time passed inside windows
  std::int64_t busy_ = 0;       // lanes with open work
  profile::StageValues busy_lanes_{};
};

}  // namespace

SweepResult sweep(std::vector<WorkItem> work, std::uint32_t lanes,
                  const std::vector<Window>& windows) {
  return Sweep(std::move(work), lanes, windows).run();
}

}  // namespace dscope::attribute
