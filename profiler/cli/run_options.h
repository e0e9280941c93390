// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/text_table.h"
#include "workloads/numerics.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope::cli {

// The options of `dscope run` as given; empty optionals were not given.
struct RunOptions {
  // What is decoded
  std::optional<std::string> model;                 // preset, or path of a config.json
  std::optional<std::filesystem::path> checkpoint;  // directory
  std::optional<std::filesystem::path> workload;    // workload document or request trace
  std::optional<std::string> input_ids;             // FILE[:TENSOR]
  std::vector<std::int64_t> batches;                // as given; a grid where there are several
  std::vector<std::int64_t> contexts;
  std::vector<std::string> configs;
  std::vector<std::int64_t> extra_shareds;
  std::optional<std::int64_t> batch;  // of one configuration
  std::optional<std::int64_t> context;
  std::optional<std::int64_t> steps;
  std::optional<std::int64_t> layers;
  std::optional<std::int64_t> max_batch;  // of a request trace
  std::optional<std::int64_t> max_context;
  std::optional<double> step_time_ms;  // of a request trace; empty: closed loop
  std::optional<double> temperature;
  std::optional<std::uint64_t> seed;  // below 2^63: documents hold signed integers
  std::optional<std::string> routing;
  std::optional<std::string> selection;
  // How
  std::optional<Numerics> numerics;
  std::optional<int> tp;
  std::optional<int> ep;
  std::optional<int> rank;
  std::string backend = "auto";
  std::string comm = "auto";      // of the CUDA back end
  bool eager = false;             // no CUDA graph
  std::string config = "auto";    // of one configuration of the grid: forced_configs.h
  std::int64_t extra_shared = 0;  // likewise: bytes of padding for every block, forced occupancy
  std::optional<int> gpus;
  std::filesystem::path tuning;  // empty: none
  std::optional<int> threads;
  std::int64_t warmup = 1;
  bool profile = false;
  std::string collector = "auto";    // of the CUDA back end
  std::optional<std::string> cupti;  // file of libcupti
  bool hardware_trace = false;
  std::string counters;  // groups of hardware counters, or "all"; empty: none
  // Results
  std::optional<std::filesystem::path> out;
  std::optional<std::filesystem::path> trace;
  std::optional<std::filesystem::path> dump_logits;
  std::optional<std::filesystem::path> record_routing;
  std::optional<std::filesystem::path> record_selection;
  exporter::Format format = exporter::Format::kTable;
};

// Registers them on `app`; `options` must outlive it.
void add_run_options(CLI::App& app, RunOptions& options);

}  // namespace dscope::cli
