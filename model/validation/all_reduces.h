// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace dscope::model {

// One all-reduce that we measured ourselves: kernels/results/all_reduce_*.json.
struct MeasuredAllReduce {
  std::string interconnect;  // of the catalogue
  std::int64_t ranks = 0;
  AllReduce algorithm = AllReduce::kNccl;  // or kGathered
  double payload_bytes = 0;                // of a rank, BF16
  double time_ns = 0;                      // of the slowest rank
};

struct AllReduceTable {
  std::string card;
  std::string driver;
  std::string cuda;
  std::string nccl;
  std::string commit;
  std::vector<MeasuredAllReduce> times;
};

// The table that is compiled in.
[[nodiscard]] const AllReduceTable& measured_all_reduces();
// Throws Error{kInput} naming `source` and the JSON pointer.
[[nodiscard]] AllReduceTable all_reduce_table_from_json(const nlohmann::json& json,
                                                        const std::string& source);

// The times that constants were fitted to, by a rule that looks at nothing measured: NCCL's own
// choice for the shortest, a middle and the longest vector.
[[nodiscard]] bool is_calibration_time(const MeasuredAllReduce& measured);

// With the collective constants of the kernel set "dscope".
[[nodiscard]] double predicted_ns(const MeasuredAllReduce& measured);

}  // namespace dscope::model
