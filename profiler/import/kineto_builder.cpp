// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/kineto_builder.h"

#include "profiler/import/decimal_time.h"
#include "profiler/import/tracks.h"
#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace dscope::importer {
namespace {

using collect::Activity;
using collect::ActivityKind;

struct Category {
  std::string_view id;
  ActivityKind kind;
  bool on_device;
};
constexpr std::array<Category, 9> kCategories{{
    {"kernel", ActivityKind::kKernel, true},
    {"cpu_op", ActivityKind::kRange, false},
    {"cuda_runtime", ActivityKind::kRuntimeCall, false},
    {"cuda_driver", ActivityKind::kRuntimeCall, false},
    {"python_function", ActivityKind::kRange, false},
    {"user_annotation", ActivityKind::kRange, false},
    {"gpu_user_annotation", ActivityKind::kRange, true},
    {"gpu_memcpy", ActivityKind::kMemcpy, true},
    {"gpu_memset", ActivityKind::kMemset, true},
}};

const Category* category_of(std::string_view id) {
  for (const Category& category : kCategories) {
    if (category.id == id) return &category;
  }
  return nullptr;
}

// Events of our own traces (profiler/export/chrome_trace.h): their category is the stage or the
// kind, process 1 holds the steps, 2 the host, 3 and on the devices.
struct OwnCategory {
  Category category;
  std::optional<Stage> stage;
};
std::optional<OwnCategory> own_category_of(const ChromeEvent& event) {
  const auto process = parse_number<std::int64_t>(event.process).value_or(0);
  if (process < 1) return std::nullopt;
  if (event.category == "step" && process == 1) {
    return OwnCategory{{"step", ActivityKind::kStep, false}, std::nullopt};
  }
  const auto stage = stage_from_id(event.category);
  if (!stage || *stage == Stage::kGap || process < 2) return std::nullopt;
  return OwnCategory{{info(*stage).id, ActivityKind::kKernel, process > 2}, stage};
}

// What the phases of the Chrome format that we leave out are called.
std::string_view phase_name(std::string_view phase) {
  if (phase == "s" || phase == "t" || phase == "f") return "flow events";
  if (phase == "C") return "counter events";
  if (phase == "i" || phase == "I" || phase == "R") return "instant events";
  if (phase == "b" || phase == "n" || phase == "e") return "asynchronous events";
  return "events of another phase";
}

// Bytes of an element; PyTorch's names. 0: not known.
std::uint64_t element_bytes(std::string_view type) {
  constexpr std::pair<std::string_view, std::uint64_t> kBytes[] = {
      {"BFloat16", 2}, {"Half", 2},   {"Float", 4},  {"Double", 8},        {"Int", 4},
      {"Long", 8},     {"Short", 2},  {"Byte", 1},   {"Char", 1},          {"Bool", 1},
      {"UInt32", 4},   {"UInt64", 8}, {"UInt16", 2}, {"Float8_e4m3fn", 1}, {"Float8_e5m2", 1}};
  for (const auto& [name, bytes] : kBytes) {
    if (name == type) return bytes;
  }
  return 0;
}

// Of a collective: its message; the larger of input and output, as NCCL counts.
std::uint64_t bytes_of(const ChromeEvent& event) {
  if (!event.bytes.empty()) return parse_number<std::uint64_t>(event.bytes).value_or(0);
  if (event.element_type.empty()) return 0;
  const std::uint64_t elements =
      std::max(parse_number<std::uint64_t>(event.in_elements).value_or(0),
               parse_number<std::uint64_t>(event.out_elements).value_or(0));
  std::uint64_t bytes = 0;
  return __builtin_mul_overflow(elements, element_bytes(event.element_type), &bytes) ? 0 : bytes;
}

// "TP00" of the process "[TP00] 7" in a trace that SGLang merged from those of its ranks.
std::string_view rank_prefix(std::string_view process) {
  const std::size_t end = process.find(']');
  if (!process.starts_with('[') || end == std::string_view::npos) return {};
  return process.substr(1, end - 1);
}

// 7 of "7" and of "[TP00] 7"; -1 of anything else.
std::int64_t trailing_number(std::string_view process) {
  return parse_number<std::int64_t>(process.substr(process.find_last_of(' ') + 1)).value_or(-1);
}

std::string unescaped(std::string_view escaped) {
  if (escaped.find('\\') == std::string_view::npos) return std::string(escaped);
  const auto json = nlohmann::json::parse(fmt::format("\"{}\"", escaped), nullptr, false);
  return json.is_string() ? json.get<std::string>() : std::string(escaped);
}

std::string trimmed(std::string text) {
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

}  // namespace

KinetoBuilder::KinetoBuilder(std::string source, const EventBatches& batches)
    : source_(std::move(source)), batches_(batches) {}

void KinetoBuilder::skip(std::string_view reason, std::int64_t count) {
  if (count == 0) return;
  if (const auto found = skipped_.find(reason); found != skipped_.end()) {
    found->second += count;
  } else {
    skipped_.emplace(reason, count);
  }
}

void KinetoBuilder::add(const ChromeEvent& event) {
  if (event.phase == "X") return add_complete(event);
  if (event.phase == "M") return add_metadata(event);
  if (event.phase == "B") return add_begin(event);
  if (event.phase == "E") return add_end(event);
  skip(phase_name(event.phase));
}

std::int64_t KinetoBuilder::time(std::string_view text, const ChromeEvent& event,
                                 std::string_view what) const {
  if (const auto ns = parse_microseconds(text)) return *ns;
  throw input_error("{}: {}: expected {} in microseconds, found \"{}\"", source_,
                    batches_.position(event.byte), what, text.substr(0, 40));
}

std::uint32_t KinetoBuilder::name_of(std::string_view escaped) {
  return names_.add(escaped).first;
}

KinetoBuilder::Lane KinetoBuilder::device_lane(const ChromeEvent& event) {
  const auto [entry, added] = devices_.try_emplace(std::string(event.process));
  Device& device = entry->second;
  if (added) {
    device.prefix = unescaped(rank_prefix(event.process));
    const std::int64_t shown = trailing_number(event.process);
    device.number = device_numbers_.number_of(
        event.process, parse_number<std::int64_t>(event.device).value_or(shown));
  }
  if (device.ordinal < 0 && !event.device.empty()) {
    device.ordinal = parse_number<std::int64_t>(event.device).value_or(-1);
  }
  return {device.number, device.lanes.number_of(
                             event.thread, parse_number<std::int64_t>(event.thread).value_or(-1))};
}

KinetoBuilder::Lane KinetoBuilder::host_lane(const ChromeEvent& event) {
  return {-1, host_lanes_.number_of(key_, parse_number<std::int64_t>(event.thread).value_or(-1))};
}

// Ranks of a merged trace count their correlations each for itself.
std::uint64_t KinetoBuilder::correlation_of(const ChromeEvent& event) {
  const std::uint64_t id = parse_number<std::uint64_t>(event.correlation).value_or(0);
  const std::string_view prefix = rank_prefix(event.process);
  if (id == 0 || prefix.empty()) return id;
  return id ^ ((std::uint64_t{prefixes_.add(prefix).first} + 1) << 40);
}

void KinetoBuilder::add_complete(const ChromeEvent& event) {
  const Category* category = category_of(event.category);
  const auto own = category == nullptr ? own_category_of(event) : std::nullopt;
  if (own) category = &own->category;
  if (category == nullptr) {
    constexpr std::size_t kMaxReasons = 40;
    if (skipped_.size() > kMaxReasons) return skip("events of other categories");
    return skip(event.category.empty()
                    ? std::string("events without a category")
                    : fmt::format("events of category \"{}\"", event.category.substr(0, 40)));
  }
  if (event.time.empty()) return skip("events without a time");
  if (event.duration.empty()) {
    return skip(fmt::format("events of category \"{}\" without a duration", category->id));
  }
  Activity activity;
  activity.kind = category->kind;
  if (own) activity.stage = own->stage;
  activity.start_ns = time(event.time, event, "a time");
  const std::int64_t duration = time(event.duration, event, "a duration");
  if (duration < 0) {
    ++losses_.negative_durations;
    return;
  }
  // A start of 0 alone is normal in traces that count from their beginning.
  if (activity.start_ns < 0 || (activity.start_ns == 0 && duration == 0)) {
    ++losses_.zero_timestamps;
    return;
  }
  if (__builtin_add_overflow(activity.start_ns, duration, &activity.end_ns)) {
    throw input_error("{}: {}: expected a time within 292 years, found {} + {} us", source_,
                      batches_.position(event.byte), event.time.substr(0, 40),
                      event.duration.substr(0, 40));
  }
  activity.name = name_of(event.name);
  key_.assign(1, category->on_device ? 'd' : 'h').append(event.process);
  key_.append(1, '\0').append(event.thread);
  auto lane = lanes_.find(key_);
  if (lane == lanes_.end()) {
    lane = lanes_.emplace(key_, category->on_device ? device_lane(event) : host_lane(event)).first;
  }
  activity.device = lane->second.device;
  activity.lane = lane->second.lane;
  activity.correlation = correlation_of(event);
  activity.external = parse_number<std::uint64_t>(event.external).value_or(0);
  if (is_work(activity.kind)) {
    activity.graph_node = parse_number<std::uint64_t>(event.graph_node).value_or(0);
    activity.bytes = bytes_of(event);
  }
  activities_.add(activity);
}

void KinetoBuilder::add_begin(const ChromeEvent& event) {
  if (event.time.empty()) return skip("events without a time");
  key_.assign(1, 'h').append(event.process).append(1, '\0').append(event.thread);
  open_ranges_[key_].push_back({name_of(event.name), time(event.time, event, "a time")});
}

// Pairs of begin and end are ranges of the host: GPU work comes as complete events only.
void KinetoBuilder::add_end(const ChromeEvent& event) {
  if (event.time.empty()) return skip("events without a time");
  key_.assign(1, 'h').append(event.process).append(1, '\0').append(event.thread);
  auto& open = open_ranges_[key_];
  if (open.empty()) {
    ++losses_.unbalanced_ends;
    return;
  }
  Activity activity;
  activity.kind = ActivityKind::kRange;
  activity.name = open.back().name;
  activity.start_ns = open.back().start_ns;
  activity.end_ns = time(event.time, event, "a time");
  open.pop_back();
  if (activity.end_ns < activity.start_ns) {
    ++losses_.negative_durations;
    return;
  }
  const Lane lane = lanes_.try_emplace(key_, host_lane(event)).first->second;
  activity.device = lane.device;
  activity.lane = lane.lane;
  activities_.add(activity);
}

void KinetoBuilder::add_metadata(const ChromeEvent& event) {
  if (event.name != "thread_name" || event.args_name.empty()) return;
  key_.assign(event.process).append(1, '\0').append(event.thread);
  thread_names_[key_] = trimmed(unescaped(event.args_name));
}

void KinetoBuilder::name_tracks(Trace& trace, const KinetoHeader& header) {
  for (const auto& [process, device] : devices_) {
    DeviceTrack track;
    track.device = device.number;
    track.rank = header.rank;
    if (device.prefix.starts_with("TP"))
      track.rank = parse_number<std::int64_t>(device.prefix.substr(2));
    const std::int64_t ordinal = device.ordinal >= 0 ? device.ordinal : device.number;
    track.name = device.prefix.empty() ? "" : device.prefix + " ";
    track.name += fmt::format("GPU {}", ordinal);
    for (const profile::Gpu& gpu : header.device.gpus) {
      if (gpu.index == ordinal && !gpu.name.empty()) track.name += ": " + gpu.name;
    }
    trace.devices.push_back(std::move(track));
  }
  for (const auto& [key, lane] : lanes_) {
    const auto name = thread_names_.find(key.substr(1));
    if (name != thread_names_.end()) trace.lanes.push_back({lane.device, lane.lane, name->second});
  }
}

Trace KinetoBuilder::finish(const KinetoHeader& header) {
  Trace trace;
  trace.format = "kineto";
  trace.sources = {source_};
  trace.device = header.device;
  activities_.move_to(trace.list.activities);
  std::vector<std::uint32_t> numbers;  // two escaped forms can be one name
  for (const std::string& name : names_.texts())
    numbers.push_back(trace.list.intern(unescaped(name)));
  for (Activity& activity : trace.list.activities) {
    activity.name = numbers[activity.name];
    if (__builtin_add_overflow(activity.start_ns, header.base_ns, &activity.start_ns) ||
        __builtin_add_overflow(activity.end_ns, header.base_ns, &activity.end_ns)) {
      throw input_error("{}: baseTimeNanoseconds: expected a time within 292 years, found {}",
                        source_, header.base_ns);
    }
  }
  for (const auto& [key, open] : open_ranges_) {
    losses_.unclosed_ranges += static_cast<std::int64_t>(open.size());
  }
  trace.losses = losses_;
  for (const auto& [reason, count] : skipped_) add_skipped(trace, reason, count);
  name_tracks(trace, header);
  complete_tracks(trace);
  return trace;
}

}  // namespace dscope::importer
