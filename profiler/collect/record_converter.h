// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/collect/graph_labels.h"
#include "profiler/profile/profile.h"

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace dscope::collect {

// What we use of a collector's record, whatever the record. Times in nanoseconds.
struct RawRecord {
  enum class Kind : std::uint8_t {
    kKernel,
    kMemcpy,
    kMemset,
    kRuntimeCall,  // of the CUDA runtime or driver
    kExternal,     // that the call with this correlation was made for an operation of the program
    kOverhead,     // time the collector took for itself
  };
  Kind kind = Kind::kKernel;
  std::uint64_t start_ns = 0;  // both 0: the timestamps were lost
  std::uint64_t end_ns = 0;
  std::uint32_t device = 0;
  std::uint32_t lane = 0;  // stream of work, thread of a call
  std::uint32_t correlation = 0;
  std::uint64_t graph_node = 0;  // 0: not of a graph
  std::uint64_t bytes = 0;
  std::uint64_t external = 0;  // of kExternal: the program's number of the operation
  const char* name = nullptr;  // mangled name of a kernel, name of a call; may be null
};

// Turns records into activities, the one place where they are judged: labels of graph nodes are put
// on, names demangled and interned, and what cannot be used is counted and left out.
class RecordConverter {
 public:
  // `labels` must outlive the converter.
  explicit RecordConverter(const GraphLabels& labels) : labels_(labels) {}

  // Appends the activity to `out`, which must be the same list until start_list().
  void add(const RawRecord& record, ActivityList& out);

  // The next add() may be given another list: places of names in the last one are forgotten.
  void start_list();

  [[nodiscard]] const profile::Losses& losses() const { return losses_; }
  [[nodiscard]] std::int64_t records() const { return records_; }  // of work, used or not
  // Records of work from graph nodes that were made before anybody looked.
  [[nodiscard]] std::int64_t unlabelled_nodes() const { return unlabelled_nodes_; }
  [[nodiscard]] std::int64_t overhead_ns() const { return overhead_ns_; }
  // Records that joined calls to operations of the program; mostly it pushes none.
  [[nodiscard]] std::int64_t external_ids() const { return external_ids_; }

 private:
  bool explains(const char* call);
  bool is_usable(const RawRecord& record);
  std::uint32_t name_of(const RawRecord& record, ActivityList& out);
  void label(const RawRecord& record, Activity& activity, ActivityList& out);
  void note_external(const RawRecord& record);

  const GraphLabels& labels_;
  struct Known {
    std::string raw;
    std::uint32_t name;
  };
  std::unordered_map<const char*, Known> names_;      // by address, which collectors keep
  std::unordered_map<const char*, bool> explaining_;  // names of calls are constants
  std::unordered_map<const std::string*, std::uint32_t> ranges_;
  profile::Losses losses_;
  std::int64_t records_ = 0;
  std::int64_t unlabelled_nodes_ = 0;
  std::int64_t overhead_ns_ = 0;
  // By correlation, of calls whose work may still come; the oldest half goes when there are many.
  std::map<std::uint32_t, std::uint64_t> external_;
  std::int64_t external_ids_ = 0;
};

// "void f<int>(int*)" of "_Z1fIiEvPT_"; other names as they are.
[[nodiscard]] std::string demangled(const char* name);

}  // namespace dscope::collect
