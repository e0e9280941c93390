// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_columns.h"

#include "profiler/import/activity_file_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dscope::importer {
namespace {

using collect::Activity;
using collect::ActivityKind;
using format::Column;

// Records that are decoded together: their columns stay in the first-level cache.
constexpr std::size_t kBatch = 256;
using Values = std::array<std::uint64_t, kBatch>;

struct ColumnView {
  format::ColumnHeader header;
  const std::byte* values = nullptr;

  // Those of the records [begin, begin + count).
  void expand(std::size_t begin, std::size_t count, Values& out) const {
    switch (header.width) {
      case 1:
        return add_base<std::uint8_t>(begin, count, out);
      case 2:
        return add_base<std::uint16_t>(begin, count, out);
      case 4:
        return add_base<std::uint32_t>(begin, count, out);
      case 8:
        return add_base<std::uint64_t>(begin, count, out);
      default:
        std::fill_n(out.begin(), count, header.base);
    }
  }

 private:
  template <class T>
  void add_base(std::size_t begin, std::size_t count, Values& out) const {
    for (std::size_t i = 0; i < count; ++i) {
      T value;
      std::memcpy(&value, values + (begin + i) * sizeof(T), sizeof(T));
      out[i] = header.base + value;
    }
  }
};

using Columns = std::array<ColumnView, format::kColumns>;

// The first `present` columns; the others stay 0 for every record.
std::optional<std::string> find_columns(std::span<const std::byte> payload, std::size_t count,
                                        std::size_t present, Columns& columns) {
  std::size_t offset = 0;
  for (std::size_t c = 0; c < present; ++c) {
    format::ColumnHeader& header = columns[c].header;
    if (payload.size() - offset < sizeof header) {
      return fmt::format("column {} begins outside the block", c);
    }
    std::memcpy(&header, payload.data() + offset, sizeof header);
    offset += sizeof header;
    const bool constant = header.encoding == format::Encoding::kConstant && header.width == 0;
    const bool values =
        header.encoding == format::Encoding::kOffset &&
        (header.width == 1 || header.width == 2 || header.width == 4 || header.width == 8);
    const bool enough = c != static_cast<std::size_t>(Column::kStart) || header.width >= 4;
    if (!(constant || values) || !enough) {
      return fmt::format("column {} has encoding {} with values of {} bytes", c,
                         static_cast<std::uint32_t>(header.encoding), header.width);
    }
    const std::uint64_t bytes = format::padded(std::uint64_t{count} * header.width);
    if (payload.size() - offset < bytes) return fmt::format("column {} ends outside the block", c);
    columns[c].values = payload.data() + offset;
    offset += bytes;
  }
  if (offset != payload.size()) {
    return fmt::format("{} bytes after the last column", payload.size() - offset);
  }
  return std::nullopt;
}

// False: it ends before it starts.
bool times_of(std::uint64_t start, std::uint64_t duration, ActivityTimes& times) {
  times.start_ns = static_cast<std::int64_t>(start);
  const auto length = static_cast<std::int64_t>(duration);
  return length >= 0 && !__builtin_add_overflow(times.start_ns, length, &times.end_ns);
}

// The records [begin, begin + count) of a block, one value of each column.
class Batch {
 public:
  Batch(const Columns& columns, std::size_t begin, std::size_t count) : begin_(begin) {
    for (std::size_t c = 0; c < columns.size(); ++c) columns[c].expand(begin, count, values_[c]);
  }

  [[nodiscard]] std::optional<std::string> problem_of(std::size_t i,
                                                      const BlockContext& context) const {
    const std::uint64_t name = at(Column::kName, i);
    if (name >= context.names) {
      return fmt::format("record {} has name {}, and there are {}", begin_ + i, name,
                         context.names);
    }
    const std::uint64_t range = at(Column::kRange, i);
    if (range > context.names) {
      return fmt::format("record {} has range {}, and there are {} names", begin_ + i, range,
                         context.names);
    }
    const std::uint64_t kind = at(Column::kKind, i);
    if (kind > static_cast<std::uint64_t>(ActivityKind::kStep)) {
      return fmt::format("record {} is of kind {}, and the last kind is {}", begin_ + i, kind,
                         static_cast<int>(ActivityKind::kStep));
    }
    const std::uint64_t stage = at(Column::kStage, i);
    if (stage != format::kNoStage && stage >= context.stages.size()) {
      return fmt::format("record {} has stage {}, and there are {}", begin_ + i, stage,
                         context.stages.size());
    }
    return std::nullopt;
  }

  // False: see times_of().
  [[nodiscard]] bool decode(std::size_t i, const BlockContext& context, Activity& activity) const {
    ActivityTimes times;
    if (!times_of(at(Column::kStart, i), at(Column::kDuration, i), times)) return false;
    const std::uint64_t stage = at(Column::kStage, i);
    activity.kind = static_cast<ActivityKind>(at(Column::kKind, i));
    activity.stage = stage == format::kNoStage ? std::nullopt : context.stages[stage];
    activity.name = static_cast<std::uint32_t>(at(Column::kName, i));
    activity.range = static_cast<std::uint32_t>(at(Column::kRange, i)) - 1;  // 0: kNoName
    activity.device = static_cast<std::int32_t>(at(Column::kDevice, i));
    activity.lane = static_cast<std::int32_t>(at(Column::kLane, i));
    activity.start_ns = times.start_ns;
    activity.end_ns = times.end_ns;
    activity.correlation = at(Column::kCorrelation, i);
    activity.graph_node = at(Column::kGraphNode, i);
    activity.bytes = at(Column::kBytes, i);
    activity.external = at(Column::kExternal, i);
    return true;
  }

 private:
  [[nodiscard]] std::uint64_t at(Column column, std::size_t i) const {
    return values_[static_cast<std::size_t>(column)][i];
  }

  std::size_t begin_;
  std::array<Values, format::kColumns> values_;
};

}  // namespace

DecodedBlock decode_activities(std::span<const std::byte> payload, std::uint32_t count,
                               const BlockContext& context, std::span<Activity> out) {
  DecodedBlock result;
  Columns columns;
  result.problem = find_columns(payload, count, context.columns, columns);
  for (std::size_t begin = 0; begin < out.size() && !result.problem; begin += kBatch) {
    const std::size_t size = std::min(kBatch, out.size() - begin);
    const Batch batch(columns, begin, size);
    for (std::size_t i = 0; i < size; ++i) {
      result.problem = batch.problem_of(i, context);
      if (result.problem) return result;
      if (batch.decode(i, context, out[result.written])) {
        ++result.written;
      } else {
        ++result.negative_durations;
      }
    }
  }
  return result;
}

std::optional<std::string> decode_times(std::span<const std::byte> payload, std::uint32_t count,
                                        const BlockContext& context, std::span<ActivityTimes> out) {
  Columns columns;
  if (auto problem = find_columns(payload, count, context.columns, columns)) return problem;
  Values starts;
  Values durations;
  for (std::size_t begin = 0; begin < count; begin += kBatch) {
    const std::size_t size = std::min<std::size_t>(kBatch, count - begin);
    columns[static_cast<std::size_t>(Column::kStart)].expand(begin, size, starts);
    columns[static_cast<std::size_t>(Column::kDuration)].expand(begin, size, durations);
    for (std::size_t i = 0; i < size; ++i) {
      ActivityTimes times;
      if (!times_of(starts[i], durations[i], times)) times = {0, -1};
      out[begin + i] = times;
    }
  }
  return std::nullopt;
}

}  // namespace dscope::importer
