// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "workloads/stage.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

struct StageRange {
  double low_ns = 0;
  double high_ns = 0;
};

// What a report says about speculative decoding, where it says enough.
struct PublishedSpeculation {
  std::int64_t depth = 0;
  double tokens_per_step = 1;  // accepted ones and the verified one
};

// One published decode rate, as field_reports.json holds it: a row of a public thread or table with
// what its source says, and whether it can be compared with a prediction.
struct PublishedRow {
  std::string id;
  std::string source;        // URL
  std::string date;          // may be empty
  std::string kernel_set;    // ours where there is one, else a name that only groups rows
  std::string model;         // preset; empty: not one of ours
  std::string device;        // of the catalogue; empty: not in it
  std::string interconnect;  // of the catalogue; empty: usual_pcie()
  std::string engine;
  std::string kernels;
  std::string host;
  std::string note;
  std::optional<std::int64_t> gpus;
  std::optional<std::int64_t> tp;
  std::optional<std::int64_t> ep;
  std::optional<std::int64_t> batch;
  std::optional<std::int64_t> context;
  std::optional<bool> graph;
  std::optional<double> power_limit_w;
  std::optional<PublishedSpeculation> speculation;
  std::string metric;  // "tpot_ms", "tok_s_per_user", "tok_s"; empty: no rate
  double value = 0;
  std::map<Stage, StageRange> stages;  // per step, where a breakdown was published
  // What the source does not say and we took, by field, with the reason. Such rows are shown apart.
  std::map<std::string, std::string> assumed;
  std::string excluded;  // why the row cannot be compared; empty: it can

  [[nodiscard]] bool usable() const { return excluded.empty(); }
  // Everything that matters is in the source.
  [[nodiscard]] bool stated() const { return usable() && assumed.empty(); }
  // Time between two tokens of one sequence. Only for usable rows.
  [[nodiscard]] double tpot_ns() const;
};

// All rows of the data set that is compiled in, read and checked once.
[[nodiscard]] const std::vector<PublishedRow>& published_rows();

// The form of field_reports.json. Strict: unknown fields, a usable row without TP, batch, context,
// device, model or value, an unknown metric or stage, and ids that come twice are errors:
// Error{kInput} naming `source` and the JSON pointer.
[[nodiscard]] std::vector<PublishedRow> published_rows_from_json(const nlohmann::json& json,
                                                                 const std::string& source);

// The interconnect of the catalogue taken for so many GPUs in PCIe slots where a source says no
// more: up to four below one switch, more on two sockets.
[[nodiscard]] std::string_view usual_pcie(std::int64_t gpus);

// What predict() needs for a usable row. Throws Error{kUsage} for a device that is not there.
[[nodiscard]] Configuration configuration_of(const PublishedRow& row, const KernelSet& kernel_set);

// --- micro-benchmarks ----------------------------------------------------------------------------

// One row of microbench.json: an all-reduce where `payload_bytes` is set, else evidence in `data`.
struct Microbench {
  std::string id;
  std::string source;
  std::string device;  // of the catalogue; may be empty
  std::string host;
  std::string interconnect;  // of the catalogue, the nearest to the host; may be empty
  std::string note;
  std::optional<std::int64_t> ranks;
  std::optional<double> payload_bytes;
  std::optional<double> nccl_ns;        // as found
  std::optional<double> nccl_tuned_ns;  // after the author's tuning of NCCL
  std::optional<double> oneshot_ns;
  std::string doubtful;  // why one should not trust the number; empty: no reason
  std::string use;       // what the row is good for
  std::string excluded;  // or why it is good for nothing here
};

[[nodiscard]] const std::vector<Microbench>& microbenchmarks();
[[nodiscard]] std::vector<Microbench> microbenchmarks_from_json(const nlohmann::json& json,
                                                                const std::string& source);

}  // namespace dscope::model
