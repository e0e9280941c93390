// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/nsys_tables.h"

#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"

#include <nlohmann/json.hpp>

#include <array>
#include <unordered_map>

namespace dscope::importer {
namespace {

using collect::Activity;
using collect::ActivityKind;

constexpr std::int64_t kRowsPerReport = 65536;

// Every process counts its correlations for itself.
std::uint64_t correlation_of(std::optional<std::int64_t> id, std::optional<std::int64_t> process,
                             const NsysContext& context) {
  if (!id || *id == 0) return 0;
  const bool salted = process && context.processes_known;
  const auto salt = static_cast<std::uint64_t>(salted ? process_id(*process) : 0);
  return static_cast<std::uint64_t>(*id) ^ (salt << 40);
}

// Takes the times of a row; false when it is lost, and counted.
bool set_times(Activity& activity, std::int64_t start, std::int64_t end, NsysPart& part) {
  if (start == 0 && end == 0) {
    ++part.losses.zero_timestamps;
    return false;
  }
  if (end < start) {
    ++part.losses.negative_durations;
    return false;
  }
  activity.start_ns = start;
  activity.end_ns = end;
  return true;
}

// CUPTI's kinds of copies, in the words of Kineto.
const char* copy_name(std::int64_t kind) {
  constexpr std::array kNames{"Memcpy",      "Memcpy HtoD", "Memcpy DtoH", "Memcpy HtoA",
                              "Memcpy AtoH", "Memcpy AtoA", "Memcpy AtoD", "Memcpy DtoA",
                              "Memcpy DtoD", "Memcpy HtoH", "Memcpy PtoP"};
  return kind >= 0 && kind < static_cast<std::int64_t>(kNames.size())
             ? kNames[static_cast<std::size_t>(kind)]
             : "Memcpy (unified memory)";
}

// Devices and their streams, with numbers of their own where processes share some.
class WorkReader {
 public:
  WorkReader(const SqliteDatabase& db, const NsysContext& context, const RowsDone& done)
      : db_(db), context_(context), done_(done) {}

  NsysPart read() {
    read_kernels();
    read_graphs();
    read_copies();
    read_fills();
    return std::move(part_);
  }

 private:
  // Columns 0 .. 6 of every table of work.
  enum : int { kStart, kEnd, kDevice, kStream, kCorrelation, kProcess, kNode, kOwn };

  bool begin(const SqliteRows& rows, ActivityKind kind, Activity& activity) {
    if (rows.row() % kRowsPerReport == 0) done_(kRowsPerReport);
    activity = {};
    activity.kind = kind;
    if (!set_times(activity, rows.required(kStart), rows.required(kEnd), part_)) return false;
    const auto process = rows.integer(kProcess);
    const Place& place =
        place_of(process.value_or(0), rows.required(kDevice), rows.required(kStream));
    activity.device = place.device;
    activity.lane = place.lane;
    activity.correlation = correlation_of(rows.integer(kCorrelation), process, context_);
    activity.graph_node = static_cast<std::uint64_t>(rows.integer(kNode).value_or(0));
    return true;
  }

  void read_kernels() {
    const std::string table = "CUPTI_ACTIVITY_KIND_KERNEL";
    if (!db_.has_table(table)) return;
    SqliteRows rows(db_, table,
                    {"start", "end", "deviceId", "streamId", "?correlationId", "?globalPid",
                     "?graphNodeId", "?demangledName", "?shortName"});
    const int name = rows.has(kOwn) ? kOwn : kOwn + 1;
    if (!rows.has(name)) {
      throw input_error("{}: table {}: expected a column demangledName or shortName, found neither",
                        db_.path(), table);
    }
    for (Activity activity; rows.next();) {
      if (!begin(rows, ActivityKind::kKernel, activity)) continue;
      activity.name = part_.names.of_id(rows.required(name));
      part_.activities.add(activity);
    }
  }

  // Recorded with --cuda-graph-trace=graph, which is the default of nsys: one row for a launch.
  void read_graphs() {
    const std::string table = "CUPTI_ACTIVITY_KIND_GRAPH_TRACE";
    if (!db_.has_table(table)) return;
    SqliteRows rows(db_, table,
                    {"start", "end", "deviceId", "streamId", "?correlationId", "?globalPid",
                     "?graphNodeId", "?graphId"});
    for (Activity activity; rows.next();) {
      if (!begin(rows, ActivityKind::kKernel, activity)) continue;
      activity.name = part_.names.of_text(fmt::format(
          "CUDA graph {} (its kernels were not recorded)", rows.integer(kOwn).value_or(0)));
      part_.activities.add(activity);
    }
  }

  void read_copies() {
    const std::string table = "CUPTI_ACTIVITY_KIND_MEMCPY";
    if (!db_.has_table(table)) return;
    SqliteRows rows(db_, table,
                    {"start", "end", "deviceId", "streamId", "?correlationId", "?globalPid",
                     "?graphNodeId", "?bytes", "?copyKind"});
    for (Activity activity; rows.next();) {
      if (!begin(rows, ActivityKind::kMemcpy, activity)) continue;
      activity.bytes = static_cast<std::uint64_t>(rows.integer(kOwn).value_or(0));
      activity.name = part_.names.of_text(copy_name(rows.integer(kOwn + 1).value_or(0)));
      part_.activities.add(activity);
    }
  }

  void read_fills() {
    const std::string table = "CUPTI_ACTIVITY_KIND_MEMSET";
    if (!db_.has_table(table)) return;
    SqliteRows rows(db_, table,
                    {"start", "end", "deviceId", "streamId", "?correlationId", "?globalPid",
                     "?graphNodeId", "?bytes"});
    for (Activity activity; rows.next();) {
      if (!begin(rows, ActivityKind::kMemset, activity)) continue;
      activity.bytes = static_cast<std::uint64_t>(rows.integer(kOwn).value_or(0));
      activity.name = part_.names.of_text("Memset");
      part_.activities.add(activity);
    }
  }

  struct Place {
    std::int32_t device = 0;
    std::int32_t lane = 0;
  };
  struct Key {
    std::int64_t process, device, stream;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& k) const {
      return std::hash<std::int64_t>()(k.process * 31 + k.device * 7919 + k.stream * 1'000'003);
    }
  };

  const Place& place_of(std::int64_t process, std::int64_t device, std::int64_t stream) {
    const Key key{process, device, stream};
    if (const auto found = places_.find(key); found != places_.end()) return found->second;
    const auto mapped = context_.devices.find({process_id(process), device});
    const std::int64_t gpu = mapped != context_.devices.end() ? mapped->second : device;
    const std::int32_t number = devices_.number_of(std::to_string(gpu), gpu);
    NumberPool& lanes = lanes_[number];
    return places_
        .emplace(key, Place{number, lanes.number_of(fmt::format("{} {}", process, stream), stream)})
        .first->second;
  }

  const SqliteDatabase& db_;
  const NsysContext& context_;
  const RowsDone& done_;
  NsysPart part_;
  NumberPool devices_;
  std::map<std::int32_t, NumberPool> lanes_;
  std::unordered_map<Key, Place, Hash> places_;
};

// nsys' numbers of NVTX events (ENUM_NSYS_EVENT_TYPE).
enum NvtxType : std::int64_t {
  kNvtxMark = 34,
  kPushPopRange = 59,
  kStartEndRange = 60,
  kNvtxtMark = 65,
  kNvtxtPushPopRange = 70,
  kNvtxtStartEndRange = 71,
};

class HostReader {
 public:
  HostReader(const SqliteDatabase& db, const NsysContext& context, const RowsDone& done)
      : db_(db), context_(context), done_(done) {}

  NsysPart read() {
    read_calls("CUPTI_ACTIVITY_KIND_RUNTIME");
    read_calls("CUPTI_ACTIVITY_KIND_DRIVER");
    read_ranges();
    return std::move(part_);
  }

 private:
  void read_calls(const std::string& table) {
    if (!db_.has_table(table)) return;
    SqliteRows rows(db_, table, {"start", "end", "?globalTid", "?correlationId", "nameId"});
    while (rows.next()) {
      if (rows.row() % kRowsPerReport == 0) done_(kRowsPerReport);
      Activity activity;
      activity.kind = ActivityKind::kRuntimeCall;
      if (!set_times(activity, rows.required(0), rows.required(1), part_)) continue;
      const auto thread = rows.integer(2);
      activity.lane = lane_of(thread.value_or(0));
      activity.correlation = correlation_of(rows.integer(3), thread, context_);
      activity.name = part_.names.of_id(rows.required(4));
      part_.activities.add(activity);
    }
  }

  void read_ranges() {
    const std::string table = "NVTX_EVENTS";
    if (!db_.has_table(table)) return;
    SqliteRows rows(db_, table,
                    {"start", "?end", "eventType", "?globalTid", "?text", "?textId", "?jsonText",
                     "?binaryData"});
    while (rows.next()) {
      if (rows.row() % kRowsPerReport == 0) done_(kRowsPerReport);
      if (is_range(rows.integer(2).value_or(-1))) add_range(rows);
    }
  }

  bool is_range(std::int64_t type) {
    switch (type) {
      case kPushPopRange:
      case kStartEndRange:
      case kNvtxtPushPopRange:
      case kNvtxtStartEndRange:
        return true;
      case kNvtxMark:
      case kNvtxtMark:
        ++part_.skipped["NVTX marks"];
        return false;
      default:
        ++part_.skipped["NVTX events that are no ranges"];
        return false;
    }
  }

  void add_range(const SqliteRows& rows) {
    const auto end = rows.integer(1);
    if (!end) {
      ++part_.losses.unclosed_ranges;
      return;
    }
    Activity activity;
    activity.kind = ActivityKind::kRange;
    if (!set_times(activity, rows.required(0), *end, part_)) return;
    activity.lane = lane_of(rows.integer(3).value_or(0));
    if (const auto text = rows.text(4)) {
      activity.name = part_.names.of_text(*text);
    } else if (const auto id = rows.integer(5)) {
      activity.name = part_.names.of_id(*id);
    } else {
      activity.name = part_.names.of_text("(range without a name)");
    }
    activity.bytes = payload_bytes(rows);
    part_.activities.add(activity);
  }

  // NCCL's ranges say how long their message is, in a payload that an export holds as JSON when it
  // was made with --include-json.
  std::uint64_t payload_bytes(const SqliteRows& rows) {
    const auto text = rows.text(6);
    if (!text) {
      if (!rows.is_null(7)) ++part_.skipped["NVTX payloads in binary form"];
      return 0;
    }
    constexpr std::string_view kSize = "Message size [bytes]";
    if (text->find(kSize) == std::string_view::npos) return 0;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object() || !json.contains(kSize)) return 0;
    const auto& size = json[std::string(kSize)];
    if (size.is_number_unsigned()) return size.get<std::uint64_t>();
    if (!size.is_string()) return 0;
    return parse_number<std::uint64_t>(size.get_ref<const std::string&>()).value_or(0);
  }

  std::int32_t lane_of(std::int64_t thread) {
    if (last_ != part_.lane_of_thread.end() && last_->first == thread) return last_->second;
    last_ = part_.lane_of_thread.find(thread);
    if (last_ == part_.lane_of_thread.end()) {
      const std::int32_t lane = lanes_.number_of(std::to_string(thread), thread & 0xffffff);
      last_ = part_.lane_of_thread.emplace(thread, lane).first;
    }
    return last_->second;
  }

  const SqliteDatabase& db_;
  const NsysContext& context_;
  const RowsDone& done_;
  NsysPart part_;
  NumberPool lanes_;
  decltype(NsysPart::lane_of_thread)::iterator last_ = part_.lane_of_thread.end();
};

}  // namespace

NsysPart read_nsys_work(const SqliteDatabase& db, const NsysContext& context,
                        const RowsDone& done) {
  return WorkReader(db, context, done).read();
}

NsysPart read_nsys_host(const SqliteDatabase& db, const NsysContext& context,
                        const RowsDone& done) {
  return HostReader(db, context, done).read();
}

}  // namespace dscope::importer
