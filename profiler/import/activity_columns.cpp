// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_columns.h"

#include "profiler/import/activity_file_format.h"

#include <fmt/format.h>

#include <array>

namespace dscope::importer {
namespace {

using collect::Activity;
using collect::ActivityKind;
using format::Column;

struct ColumnView {
  format::ColumnHeader header;
  const std::byte* values = nullptr;

  [[nodiscard]] std::uint64_t operator[](std::size_t i) const {
    switch (header.width) {
      case 1:
        return header.base + load<std::uint8_t>(i);
      case 2:
        return header.base + load<std::uint16_t>(i);
      case 4:
        return header.base + load<std::uint32_t>(i);
      case 8:
        return header.base + load<std::uint64_t>(i);
      default:
        return header.base;
    }
  }

 private:
  template <class T>
  [[nodiscard]] std::uint64_t load(std::size_t i) const {
    T value;
    std::memcpy(&value, values + i * sizeof(T), sizeof(T));
    return value;
  }
};

using Columns = std::array<ColumnView, format::kColumns>;

const ColumnView& at(const Columns& columns, Column column) {
  return columns[static_cast<std::size_t>(column)];
}

// The first `present` columns; the others stay 0 for every record.
std::optional<std::string> find_columns(std::span<const std::byte> payload, std::uint32_t count,
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

}  // namespace

std::optional<std::string> decode_activities(std::span<const std::byte> payload,
                                             std::uint32_t count, const BlockContext& context,
                                             std::vector<Activity>& out,
                                             std::int64_t& negative_durations) {
  Columns columns;
  if (auto problem = find_columns(payload, count, context.columns, columns)) return problem;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t name = at(columns, Column::kName)[i];
    const std::uint64_t kind = at(columns, Column::kKind)[i];
    const std::uint64_t stage = at(columns, Column::kStage)[i];
    if (name >= context.names) {
      return fmt::format("record {} has name {}, and there are {}", i, name, context.names);
    }
    const std::uint64_t range = at(columns, Column::kRange)[i];
    if (range > context.names) {
      return fmt::format("record {} has range {}, and there are {} names", i, range, context.names);
    }
    if (kind > static_cast<std::uint64_t>(ActivityKind::kStep)) {
      return fmt::format("record {} is of kind {}, and the last kind is {}", i, kind,
                         static_cast<int>(ActivityKind::kStep));
    }
    if (stage != format::kNoStage && stage >= context.stages.size()) {
      return fmt::format("record {} has stage {}, and there are {}", i, stage,
                         context.stages.size());
    }
    const auto duration = static_cast<std::int64_t>(at(columns, Column::kDuration)[i]);
    const auto start = static_cast<std::int64_t>(at(columns, Column::kStart)[i]);
    std::int64_t end = 0;
    if (duration < 0 || __builtin_add_overflow(start, duration, &end)) {
      ++negative_durations;
      continue;
    }
    Activity& activity = out.emplace_back();
    activity.kind = static_cast<ActivityKind>(kind);
    if (stage != format::kNoStage) activity.stage = context.stages[stage];
    activity.name = static_cast<std::uint32_t>(name);
    activity.range = static_cast<std::uint32_t>(range) - 1;  // 0: kNoName
    activity.device = static_cast<std::int32_t>(at(columns, Column::kDevice)[i]);
    activity.lane = static_cast<std::int32_t>(at(columns, Column::kLane)[i]);
    activity.start_ns = start;
    activity.end_ns = end;
    activity.correlation = at(columns, Column::kCorrelation)[i];
    activity.graph_node = at(columns, Column::kGraphNode)[i];
    activity.bytes = at(columns, Column::kBytes)[i];
    activity.external = at(columns, Column::kExternal)[i];
  }
  return std::nullopt;
}

}  // namespace dscope::importer
