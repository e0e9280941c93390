// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_query.h"

#include "profiler/attribute/duration_histogram.h"
#include "profiler/export/text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <tuple>
#include <unordered_map>

namespace dscope::view_data {
namespace {

constexpr std::size_t kHistogramBins = 48;

// Calls f(ref, slices) for each row.
template <class F>
void for_each_row(const Timeline& timeline, F f) {
  for (std::uint32_t g = 0; g < timeline.groups.size(); ++g) {
    const Group& group = timeline.groups[g];
    for (std::uint32_t l = 0; l < group.lanes.size(); ++l) {
      const Lane& lane = group.lanes[l];
      for (std::uint32_t r = 0; r < lane.rows.size(); ++r) {
        f(SliceRef{g, l, r, kNoSlice}, lane, lane.rows[r]);
      }
    }
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

using OrderKey = std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::uint32_t>;

OrderKey key_of(const Slice& slice, const SliceRef& ref) {
  return {slice.start_ns, ref.group, ref.lane, ref.row};
}

std::size_t first_start(std::span<const Slice> slices, std::int64_t time_ns) {
  const auto found = std::partition_point(
      slices.begin(), slices.end(), [&](const Slice& slice) { return slice.start_ns < time_ns; });
  return static_cast<std::size_t>(found - slices.begin());
}

class StatsBuilder {
 public:
  StatsBuilder(const Timeline& timeline, TimeRange range, const SelectionFilter& filter)
      : timeline_(timeline), range_(range), filter_(filter) {}

  SelectionStats build() {
    for_each_row(timeline_, [&](const SliceRef&, const Lane& lane, const Row& row) {
      if (lane.kind == LaneKind::kWork) add(row);
    });
    SelectionStats stats;
    stats.range = range_;
    stats.count = durations_.count();
    stats.total_ns = durations_.total_ns();
    stats.min_ns = durations_.min_ns();
    stats.max_ns = durations_.max_ns();
    if (stats.count > 0) {
      stats.p50_ns = durations_.quantile(0.5);
      stats.p99_ns = durations_.quantile(0.99);
    }
    stats.stage_ns = stage_ns_;
    for (const auto& [key, named] : names_) stats.names.push_back(named);
    std::sort(stats.names.begin(), stats.names.end(), [](const auto& a, const auto& b) {
      return std::tie(b.total_ns, a.name, a.stage) < std::tie(a.total_ns, b.name, b.stage);
    });
    fill_histogram(stats);
    return stats;
  }

 private:
  bool wanted(const Slice& slice) const {
    return (!filter_.stage || *filter_.stage == slice.stage) &&
           (filter_.name == kNoSlice || filter_.name == slice.name);
  }

  template <class F>
  void visit(const Row& row, F f) const {
    const std::span<const Slice> slices = row.slices();
    for (std::size_t i = first_start(slices, range_.start_ns);
         i < slices.size() && slices[i].start_ns < range_.end_ns; ++i) {
      if (wanted(slices[i])) f(slices[i]);
    }
  }

  void add(const Row& row) {
    rows_.push_back(&row);
    visit(row, [&](const Slice& slice) {
      const std::int64_t length = slice.length_ns();
      durations_.add(length);
      stage_ns_[static_cast<std::size_t>(slice.stage)] += length;
      const std::uint64_t key =
          std::uint64_t{slice.name} * kStageCount + static_cast<std::uint64_t>(slice.stage);
      if (last_ == nullptr || last_key_ != key) {
        last_ = &names_[key];
        last_key_ = key;
      }
      last_->name = slice.name;
      last_->stage = slice.stage;
      ++last_->count;
      last_->total_ns += length;
    });
  }

  void fill_histogram(SelectionStats& stats) const {
    if (stats.count == 0) return;
    Histogram& h = stats.histogram;
    h.logarithmic = true;
    h.low = std::max<double>(1, static_cast<double>(stats.min_ns) * 0.98);
    h.high = std::max(h.low * 1.05, static_cast<double>(stats.max_ns) * 1.02);
    h.counts.assign(kHistogramBins, 0);
    h.total = stats.count;
    const double scale = kHistogramBins / std::log(h.high / h.low);
    for (const Row* row : rows_) {
      visit(*row, [&](const Slice& slice) {
        const double at = std::log(static_cast<double>(slice.length_ns()) / h.low) * scale;
        const auto bin = static_cast<std::int64_t>(at);
        ++h.counts[static_cast<std::size_t>(std::clamp<std::int64_t>(bin, 0, kHistogramBins - 1))];
      });
    }
  }

  const Timeline& timeline_;
  TimeRange range_;
  SelectionFilter filter_;
  attribute::DurationHistogram durations_;
  std::array<std::int64_t, kStageCount> stage_ns_{};
  std::unordered_map<std::uint64_t, NamedStats> names_;
  NamedStats* last_ = nullptr;
  std::uint64_t last_key_ = 0;
  std::vector<const Row*> rows_;
};

}  // namespace

const Slice& slice_at(const Timeline& timeline, const SliceRef& ref) {
  return timeline.groups[ref.group].lanes[ref.lane].rows[ref.row].slices()[ref.slice];
}

SliceSearch::SliceSearch(const Timeline& timeline, std::string_view text) : timeline_(&timeline) {
  names_.assign(timeline.names.size(), false);
  if (text.empty()) return;
  const std::string wanted = lower(text);
  bool any = false;
  for (std::size_t i = 0; i < timeline.names.size(); ++i) {
    names_[i] = lower(timeline.names[i]).find(wanted) != std::string::npos;
    any = any || names_[i];
  }
  if (!any) return;
  for_each_row(timeline, [&](const SliceRef&, const Lane&, const Row& row) {
    for (const Slice& slice : row.slices()) count_ += matches(slice) ? 1 : 0;
  });
}

// Of the first matches of every row, seen in the direction, the nearest; rows are left as soon as
// they cannot be better. Without one, the same from the other end.
std::optional<SliceRef> SliceSearch::walk(const SliceRef& from, std::int64_t time_ns,
                                          Direction direction) const {
  if (count_ == 0) return std::nullopt;
  const bool forward = direction == Direction::kForward;
  const OrderKey start =
      from.valid() ? key_of(slice_at(*timeline_, from), from) : OrderKey{time_ns, 0, 0, 0};
  const auto comes_first = [&](const OrderKey& a, const OrderKey& b) {
    return forward ? a < b : b < a;
  };
  // Going forward from an instant, what starts at that instant counts.
  const auto is_ahead = [&](const OrderKey& key) {
    return comes_first(start, key) || (forward && !from.valid() && key == start);
  };
  std::optional<SliceRef> found;
  OrderKey best{};
  const auto look = [&](bool whole) {
    for_each_row(*timeline_, [&](SliceRef ref, const Lane&, const Row& row) {
      const std::span<const Slice> slices = row.slices();
      const std::size_t near = first_start(slices, std::get<0>(start));
      std::size_t left = whole     ? slices.size()
                         : forward ? slices.size() - near
                                   : std::min(slices.size(), near + 1);
      for (; left > 0; --left) {
        const std::size_t i = forward ? slices.size() - left : left - 1;
        const OrderKey key = key_of(slices[i], ref);
        if (found && !comes_first(key, best)) break;
        if (!matches(slices[i]) || (!whole && !is_ahead(key))) continue;
        ref.slice = static_cast<std::uint32_t>(i);
        found = ref;
        best = key;
        break;
      }
    });
  };
  look(false);
  if (!found) look(true);
  return found;
}

std::optional<SliceRef> SliceSearch::next(const SliceRef& from, std::int64_t time_ns) const {
  return walk(from, time_ns, Direction::kForward);
}

std::optional<SliceRef> SliceSearch::previous(const SliceRef& from, std::int64_t time_ns) const {
  return walk(from, time_ns, Direction::kBackward);
}

std::int64_t SliceSearch::number_of(const SliceRef& match) const {
  const OrderKey wanted = key_of(slice_at(*timeline_, match), match);
  std::int64_t before = 0;
  for_each_row(*timeline_, [&](const SliceRef& ref, const Lane&, const Row& row) {
    for (const Slice& slice : row.slices()) {
      if (slice.start_ns > std::get<0>(wanted)) break;
      before += matches(slice) && key_of(slice, ref) <= wanted ? 1 : 0;
    }
  });
  return before;
}

std::vector<SliceRef> correlated(const Timeline& timeline, const SliceRef& ref, std::size_t most) {
  std::vector<SliceRef> found;
  if (!ref.valid()) return found;
  const std::uint64_t wanted = slice_at(timeline, ref).correlation;
  if (wanted == 0) return found;
  const bool from_work = timeline.groups[ref.group].lanes[ref.lane].kind == LaneKind::kWork;
  for_each_row(timeline, [&](SliceRef other, const Lane& lane, const Row& row) {
    if ((lane.kind == LaneKind::kWork) == from_work) return;
    const std::span<const Slice> slices = row.slices();
    for (std::size_t i = 0; i < slices.size() && found.size() < most; ++i) {
      if (slices[i].correlation != wanted) continue;
      other.slice = static_cast<std::uint32_t>(i);
      found.push_back(other);
    }
  });
  return found;
}

SelectionStats selection_stats(const Timeline& timeline, TimeRange range,
                               const SelectionFilter& filter) {
  return StatsBuilder(timeline, range, filter).build();
}

Table selection_table(const Timeline& timeline, const SelectionStats& stats, std::size_t most) {
  using exporter::Align;
  Table table{.id = "timeline_selection", .title = "Work by name"};
  table.columns = {{.key = "name", .title = "Name"},
                   {.key = "stage", .title = "Stage", .max_width = 0},
                   {.key = "count", .title = "Count", .align = Align::kRight},
                   {.key = "total_ns", .title = "Sum", .align = Align::kRight},
                   {.key = "mean_ns", .title = "Mean", .align = Align::kRight},
                   {.key = "share", .title = "Share", .align = Align::kRight}};
  table.empty_text = "No work starts in this time.";
  for (const NamedStats& named : stats.names) {
    if (table.rows.size() == most) break;
    const auto total = static_cast<double>(named.total_ns);
    const std::string name =
        named.name < timeline.names.size() ? timeline.names[named.name] : std::string();
    table.add(
        {exporter::Cell(exporter::printable(name)),
         exporter::Cell(std::string(info(named.stage).label)),
         exporter::Cell(exporter::CellValue(named.count), std::to_string(named.count)),
         exporter::ns_cell(total),
         exporter::ns_cell(total / static_cast<double>(std::max<std::int64_t>(1, named.count))),
         exporter::share_cell(total /
                              static_cast<double>(std::max<std::int64_t>(1, stats.total_ns)))},
        named.stage, name);
  }
  return table;
}

}  // namespace dscope::view_data
