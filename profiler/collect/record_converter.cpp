// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/record_converter.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string_view>

namespace dscope::collect {
namespace {

using Kind = RawRecord::Kind;

ActivityKind kind_of(Kind kind) {
  switch (kind) {
    case Kind::kMemcpy:
      return ActivityKind::kMemcpy;
    case Kind::kMemset:
      return ActivityKind::kMemset;
    case Kind::kRuntimeCall:
      return ActivityKind::kRuntimeCall;
    case Kind::kKernel:
    case Kind::kExternal:
    case Kind::kOverhead:
      break;
  }
  return ActivityKind::kKernel;
}

// "cudaGraphLaunch" of "cudaGraphLaunch_v10000" and "cuLaunchKernel_ptsz".
std::string without_version(std::string name) {
  const std::size_t version = name.rfind("_v");
  if (version != std::string::npos && version + 2 < name.size() &&
      std::all_of(name.begin() + static_cast<std::ptrdiff_t>(version) + 2, name.end(),
                  [](char c) { return c >= '0' && c <= '9'; })) {
    name.resize(version);
  }
  for (const char* suffix : {"_ptsz", "_ptds"}) {
    if (name.ends_with(suffix)) name.resize(name.size() - 5);
  }
  return name;
}

}  // namespace

std::string demangled(const char* name) {
  int status = -1;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 && text != nullptr ? std::string(text.get()) : std::string(name);
}

void RecordConverter::start_list() {
  names_.clear();
  ranges_.clear();
}

// What launches, copies, fills or waits; other calls explain neither work nor gaps.
bool RecordConverter::explains(const char* call) {
  const auto [known, added] = explaining_.try_emplace(call, false);
  if (added) {
    const std::string_view name(call);
    for (const char* part : {"Launch", "Memcpy", "Memset", "Synchronize"}) {
      known->second = known->second || name.find(part) != std::string_view::npos;
    }
  }
  return known->second;
}

bool RecordConverter::is_usable(const RawRecord& record) {
  if (record.start_ns == 0 || record.end_ns == 0) {
    ++losses_.zero_timestamps;
  } else if (record.end_ns < record.start_ns) {
    ++losses_.negative_durations;
  } else {
    return true;
  }
  return false;
}

std::uint32_t RecordConverter::name_of(const RawRecord& record, ActivityList& out) {
  if (record.name == nullptr) {
    if (record.kind == Kind::kMemset) return out.intern("Memset");
    return out.intern(record.kind == Kind::kMemcpy ? "Memcpy" : "(kernel without a name)");
  }
  const auto known = names_.find(record.name);
  // An address may come to hold another name when its module is unloaded.
  if (known != names_.end() && known->second.raw == record.name) return known->second.name;
  const std::string text =
      record.kind == Kind::kRuntimeCall ? without_version(record.name) : demangled(record.name);
  const std::uint32_t name = out.intern(text);
  names_[record.name] = {record.name, name};
  return name;
}

void RecordConverter::label(const RawRecord& record, Activity& activity, ActivityList& out) {
  if (record.graph_node == 0) return;
  const std::optional<GraphLabels::Label> label = labels_.find(record.graph_node);
  if (!label) {
    ++unlabelled_nodes_;
    return;
  }
  activity.stage = label->stage;
  if (label->range == nullptr) return;
  const auto known = ranges_.find(label->range);
  activity.range = known != ranges_.end()
                       ? known->second
                       : ranges_.emplace(label->range, out.intern(*label->range)).first->second;
}

// CUPTI delivers it before the record of the call, and that before its work. Of nested operations,
// the innermost comes last.
void RecordConverter::note_external(const RawRecord& record) {
  constexpr std::size_t kMost = 1u << 16;
  ++external_ids_;
  if (external_.size() >= kMost) {
    external_.erase(external_.begin(), std::next(external_.begin(), kMost / 2));
  }
  external_[record.correlation] = record.external;
}

void RecordConverter::add(const RawRecord& record, ActivityList& out) {
  if (record.kind == Kind::kOverhead) {
    if (record.end_ns > record.start_ns) {
      overhead_ns_ += static_cast<std::int64_t>(record.end_ns - record.start_ns);
    }
    return;
  }
  if (record.kind == Kind::kExternal) return note_external(record);
  if (record.kind == Kind::kRuntimeCall && (record.name == nullptr || !explains(record.name))) {
    return;
  }
  Activity activity;
  activity.kind = kind_of(record.kind);
  if (is_work(activity.kind)) ++records_;
  if (!is_usable(record)) return;
  activity.name = name_of(record, out);
  const bool call = record.kind == Kind::kRuntimeCall;
  activity.device = call ? -1 : static_cast<std::int32_t>(record.device);
  activity.lane = static_cast<std::int32_t>(record.lane);
  activity.start_ns = static_cast<std::int64_t>(record.start_ns);
  activity.end_ns = static_cast<std::int64_t>(record.end_ns);
  activity.correlation = record.correlation;
  activity.graph_node = record.graph_node;
  activity.bytes = record.bytes;
  if (const auto found = external_.find(record.correlation); found != external_.end()) {
    activity.external = found->second;
  }
  label(record, activity, out);
  out.activities.push_back(activity);
}

}  // namespace dscope::collect
