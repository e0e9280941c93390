// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/trace_writer.h"

namespace dscope::inject {

using collect::Activity;
using collect::ActivityKind;
using collect::kNoName;

void TraceWriter::add(collect::ActivityList& list, const std::vector<ClosedRange>& ranges) {
  while (names_.size() < list.names.size()) {
    names_.push_back(file_.intern(list.names[names_.size()]));
  }
  for (Activity activity : list.activities) {
    activity.name = names_[activity.name];
    if (activity.range != kNoName) activity.range = names_[activity.range];
    file_.add(activity);
  }
  list.activities.clear();
  for (const ClosedRange& range : ranges) {
    Activity activity;
    activity.kind = ActivityKind::kRange;
    activity.name = file_.intern(range.name.empty() ? "(range without a name)" : range.name);
    activity.lane = range.thread;
    activity.start_ns = range.start_ns;
    activity.end_ns = range.end_ns;
    file_.add(activity);
  }
}

void TraceWriter::set(const std::string& key, std::int64_t value) {
  file_.set(key, std::to_string(value));
}

}  // namespace dscope::inject
