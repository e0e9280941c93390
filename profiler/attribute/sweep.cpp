// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/sweep.h"

#include "profiler/profile/saturating.h"
#include "workloads/nearly_sorted.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <limits>
#include <tuple>

namespace dscope::attribute {
namespace {

constexpr std::int64_t kOutside = -1;

// Divides `dt` over the stages in proportion to the lanes each of them keeps busy. Whole
// nanoseconds; the left-over ones go to the largest remainders, in stage order among equals.
void share(std::int64_t dt, const profile::StageValues& busy_lanes, std::int64_t lanes,
           profile::StageValues& time_ns) {
  if (lanes == 1) {
    time_ns[static_cast<std::size_t>(std::max_element(busy_lanes.begin(), busy_lanes.end()) -
                                     busy_lanes.begin())] += dt;
    return;
  }
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
        waited_ns_(work_.size(), 0),
        step_(work_.size(), kOutside) {
    // Of equal starts the outer (longer) work first, so that the inner one ends up on top.
    const auto before = [](const WorkItem& x, const WorkItem& y) {
      return std::tie(x.start_ns, y.end_ns, x.index) < std::tie(y.start_ns, x.end_ns, y.index);
    };
    sort_nearly_sorted(work_, before);
    result_.steps.resize(windows.size());
    for (std::size_t i = 0; i < windows.size(); ++i) {
      result_.steps[i].step = static_cast<std::int64_t>(i);
      result_.steps[i].start_ns = windows[i].start_ns;
      result_.steps[i].wall_ns = windows[i].end_ns - windows[i].start_ns;
    }
  }

  SweepResult run() {
    for (std::size_t next = 0; next < work_.size() || !ends_.empty();) {
      const std::int64_t start_ns = next < work_.size() ? work_[next].start_ns : kNever;
      const std::int64_t turn_ns = turns_.empty() ? kNever : turns_.front().time_ns;
      const std::int64_t end_ns = ends_.empty() ? kNever : ends_.front().time_ns;
      if (end_ns <= std::min(start_ns, turn_ns)) {
        advance(end_ns);
        finish(pop(ends_));
      } else if (turn_ns <= start_ns) {
        advance(turn_ns);
        take_turn(pop(turns_));
      } else {
        advance(start_ns);
        arrive(next++);
      }
    }
    if (!windows_.empty()) advance(windows_.back().end_ns);
    collect_work();
    return std::move(result_);
  }

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  struct Event {
    std::int64_t time_ns = 0;
    std::size_t item = 0;
    bool operator>(const Event& other) const { return time_ns > other.time_ns; }
  };
  using Events = std::vector<Event>;  // a heap, the earliest on top

  static void push(Events& events, std::int64_t time_ns, std::size_t item) {
    events.push_back({time_ns, item});
    std::push_heap(events.begin(), events.end(), std::greater<>());
  }
  static std::size_t pop(Events& events) {
    std::pop_heap(events.begin(), events.end(), std::greater<>());
    const std::size_t item = events.back().item;
    events.pop_back();
    return item;
  }

  struct Lane {
    // The work whose turn it is or was: a heap, the one that started last on top, and it has the
    // time. Those below may have ended already and are dropped when they come to the top.
    std::vector<std::size_t> open;
    // Ends of the work that may still be running, latest first, at most kChain.
    std::vector<std::int64_t> ends;
    std::int64_t top_since = 0;  // value of inside_ns_ when the top changed last
  };

  // Deeper nesting than any profiler records: what lies further out is not asked about its end, so
  // that no input costs more than this a piece.
  static constexpr std::size_t kChain = 256;

  // When the work that starts now has its turn: when all that started before it on its lane and
  // ends before it has ended.
  std::int64_t turn_of(const WorkItem& work) {
    std::vector<std::int64_t>& ends = lanes_[work.lane].ends;
    while (!ends.empty() && ends.back() <= work.start_ns) ends.pop_back();
    auto at = ends.end();
    while (at != ends.begin() && *std::prev(at) < work.end_ns) --at;
    const std::int64_t turn_ns = at == ends.end() ? work.start_ns : *at;
    ends.insert(at, work.end_ns);
    if (ends.size() > kChain) ends.erase(ends.begin());
    return turn_ns;
  }

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
      return;
    }
    step.busy_ns += dt;
    share(dt, busy_lanes_, busy_, step.stage_time_ns);
    const std::int64_t collectives = busy_lanes_[static_cast<std::size_t>(Stage::kNccl)];
    if (collectives > 0) (collectives == busy_ ? step.comm_exposed_ns : step.comm_hidden_ns) += dt;
  }

  void arrive(std::size_t item) {
    const WorkItem& work = work_[item];
    place(item);
    push(ends_, work.end_ns, item);
    const std::int64_t turn_ns = turn_of(work);
    if (turn_ns == work.start_ns) {
      begin(item);
    } else {
      waited_ns_[item] -= inside_ns_;  // its own time begins here, see take_turn()
      push(turns_, turn_ns, item);
    }
  }

  void take_turn(std::size_t item) {
    waited_ns_[item] += inside_ns_;
    own_ns_[item] += waited_ns_[item];
    begin(item);
  }

  void begin(std::size_t item) {
    Lane& lane = lanes_[work_[item].lane];
    hide_top(lane);
    lane.open.push_back(item);
    std::push_heap(lane.open.begin(), lane.open.end());
    show_top(lane);
  }

  void finish(std::size_t item) {
    Lane& lane = lanes_[work_[item].lane];
    if (lane.open.empty() || lane.open.front() != item) return;
    hide_top(lane);
    while (!lane.open.empty() && work_[lane.open.front()].end_ns <= now_) {
      std::pop_heap(lane.open.begin(), lane.open.end());
      lane.open.pop_back();
    }
    show_top(lane);
  }

  void hide_top(Lane& lane) {
    if (lane.open.empty()) return;
    own_ns_[lane.open.front()] += inside_ns_ - lane.top_since;
    --busy_lanes_[static_cast<std::size_t>(work_[lane.open.front()].stage)];
    --busy_;
  }

  void show_top(Lane& lane) {
    if (lane.open.empty()) return;
    lane.top_since = inside_ns_;
    ++busy_lanes_[static_cast<std::size_t>(work_[lane.open.front()].stage)];
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
      result_.work.push_back(
          {work_[i].index, work_[i].stage, step_[i], 0, own_ns_[i], waited_ns_[i]});
    }
  }

  std::vector<WorkItem> work_;
  const std::vector<Window>& windows_;
  std::vector<Lane> lanes_;
  Events ends_;   // of the work that has started
  Events turns_;  // of the work that has started and waits for its turn
  std::vector<std::int64_t> own_ns_;
  std::vector<std::int64_t> waited_ns_;  // of own_ns_
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
