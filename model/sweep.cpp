// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/sweep.h"

#include "model/kernel_constants.h"
#include "model/memory_fit.h"
#include "model/predict.h"
#include "model/speculation.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <limits>
#include <mutex>
#include <thread>

namespace dscope::model {
namespace {

constexpr double kSecond = 1e9;

void assign(Configuration& c, const std::string& name, const std::string& value) {
  if (find_kernel_constant(name) != nullptr) {
    c = with(c, name + "=" + value);
  } else {
    find_axis(name).set(c, value);
  }
}

// Whether setting a value again gives the same as setting it on the configuration before: not for
// relative ones, nor for constants, which are set on a copy.
bool absolute(const SweepAxis& axis) {
  if (find_kernel_constant(axis.name) != nullptr) return false;
  return std::none_of(axis.values.begin(), axis.values.end(), [](const std::string& value) {
    return value.empty() || value.front() == '+' || value.front() == '-' || value.front() == 'x';
  });
}

// Walks a range of the grid. A configuration for each prefix of the axes: only those behind the
// first axis that changed are made anew.
class Walker {
 public:
  Walker(const Configuration& base, const std::vector<SweepAxis>& axes)
      : axes_(axes), digits_(axes.size(), kNone), levels_(axes.size() + 1, base) {
    last_in_place_ = !axes.empty() && absolute(axes.back());
  }

  const Configuration& at(std::uint64_t index) {
    bool changed = false;
    std::uint64_t rest = index;
    std::vector<std::size_t>& wanted = wanted_;
    wanted.resize(axes_.size());
    for (std::size_t i = axes_.size(); i-- > 0;) {
      wanted[i] = static_cast<std::size_t>(rest % axes_[i].values.size());
      rest /= axes_[i].values.size();
    }
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      if (!changed && digits_[i] == wanted[i]) continue;
      const bool in_place =
          !changed && last_in_place_ && i + 1 == axes_.size() && digits_[i] != kNone;
      changed = true;
      digits_[i] = kNone;  // until it has been set
      if (!in_place) levels_[i + 1] = levels_[i];
      assign(levels_[i + 1], axes_[i].name, axes_[i].values[wanted[i]]);
      digits_[i] = wanted[i];
    }
    return levels_.back();
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  const std::vector<SweepAxis>& axes_;
  std::vector<std::size_t> digits_;
  std::vector<std::size_t> wanted_;
  std::vector<Configuration> levels_;
  bool last_in_place_ = false;
};

// What one thread found.
struct Part {
  std::vector<SweepPoint> points;
  std::uint64_t impossible = 0;
  std::uint64_t first_impossible = std::numeric_limits<std::uint64_t>::max();
  std::string why;
};

void predict_point(Walker& walker, std::uint64_t index, bool keep_unfit, Part& part) {
  try {
    const Configuration& c = walker.at(index);
    SweepPoint point{.index = index, .step_ns = predict_step_ns(c)};
    point.fits = fits_memory(c);
    if (!point.fits && !keep_unfit) {
      ++part.impossible;
      if (index < part.first_impossible) {
        part.first_impossible = index;
        part.why = fmt::format("does not fit the memory of one {}", c.device.name);
      }
      return;
    }
    const double tokens = kSecond * accepted_tokens(c.speculation) / point.step_ns;
    point.tok_s_per_user = tokens;
    point.tok_s = tokens * static_cast<double>(c.batch);
    part.points.push_back(point);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kUsage) throw;
    ++part.impossible;
    if (index < part.first_impossible) {
      part.first_impossible = index;
      part.why = e.what();
    }
  }
}

void check_values(const Configuration& base, const std::vector<SweepAxis>& axes) {
  for (const SweepAxis& axis : axes) {
    for (const std::string& value : axis.values) {
      Configuration c = base;
      assign(c, axis.name, value);
    }
  }
}

bool wants_stop(const SweepOptions& options) {
  return options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
}

}  // namespace

std::uint64_t sweep_size(const std::vector<SweepAxis>& axes) {
  std::uint64_t size = 1;
  for (const SweepAxis& axis : axes) {
    if (axis.values.empty() || axis.values.size() > kMostSweepPoints / size) {
      throw usage_error("sweep: more than {} points; give an axis fewer values", kMostSweepPoints);
    }
    size *= axis.values.size();
  }
  return size;
}

SweepResult sweep(const Configuration& base, const std::vector<SweepAxis>& axes,
                  const SweepOptions& options) {
  check_values(base, axes);
  const std::uint64_t size = sweep_size(axes);
  constexpr std::uint64_t kChunk = 256;
  const int threads = std::max(1, options.threads);
  std::vector<Part> parts(static_cast<std::size_t>(threads));
  std::atomic<std::uint64_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&](Part& part, bool reports) {
    try {
      Walker walker(base, axes);
      while (!wants_stop(options)) {
        const std::uint64_t begin = next.fetch_add(kChunk);
        if (begin >= size) break;
        for (std::uint64_t i = begin; i < std::min(size, begin + kChunk); ++i) {
          predict_point(walker, i, options.keep_unfit, part);
        }
        if (reports && options.on_progress) options.on_progress(std::min(size, next.load()));
      }
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) {
    helpers.emplace_back([&, i] { work(parts[static_cast<std::size_t>(i)], false); });
  }
  work(parts.front(), true);
  for (std::thread& helper : helpers) helper.join();
  if (failure) std::rethrow_exception(failure);

  SweepResult result;
  result.stopped = wants_stop(options);
  std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
  for (Part& part : parts) {
    std::move(part.points.begin(), part.points.end(), std::back_inserter(result.points));
    result.impossible += part.impossible;
    if (part.first_impossible < first) {
      first = part.first_impossible;
      result.first_impossible = part.why;
    }
  }
  std::sort(result.points.begin(), result.points.end(),
            [](const SweepPoint& a, const SweepPoint& b) {
              return a.tok_s != b.tok_s ? a.tok_s > b.tok_s : a.index < b.index;
            });
  mark_pareto(result.points);
  return result;
}

std::vector<std::string> point_values(const std::vector<SweepAxis>& axes, std::uint64_t index) {
  std::vector<std::string> values(axes.size());
  for (std::size_t i = axes.size(); i-- > 0;) {
    values[i] = axes[i].values[index % axes[i].values.size()];
    index /= axes[i].values.size();
  }
  return values;
}

Configuration point_configuration(const Configuration& base, const std::vector<SweepAxis>& axes,
                                  std::uint64_t index) {
  Configuration c = base;
  const std::vector<std::string> values = point_values(axes, index);
  for (std::size_t i = 0; i < axes.size(); ++i) assign(c, axes[i].name, values[i]);
  return c;
}

void mark_pareto(std::vector<SweepPoint>& points) {
  std::vector<SweepPoint*> order;
  for (SweepPoint& point : points) {
    point.pareto = false;
    if (point.fits) order.push_back(&point);
  }
  std::sort(order.begin(), order.end(), [](const SweepPoint* a, const SweepPoint* b) {
    if (a->tok_s != b->tok_s) return a->tok_s > b->tok_s;
    if (a->tok_s_per_user != b->tok_s_per_user) return a->tok_s_per_user > b->tok_s_per_user;
    return a->index < b->index;
  });
  double best = -1;
  for (SweepPoint* point : order) {
    if (point->tok_s_per_user <= best) continue;
    best = point->tok_s_per_user;
    point->pareto = true;
  }
}

}  // namespace dscope::model
