// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/profile/profile.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

// A recorded trace of any tool as our own activities: what `dscope import` attributes and what the
// viewer draws. One reader for each format; read_trace() finds out which one it is.
namespace dscope::importer {

// One device (GPU, or -1: the host) of a trace. Several rank traces read together get device
// numbers of their own, in the order of the files.
struct DeviceTrack {
  std::int32_t device = -1;
  std::string name;                  // "NVIDIA H100 80GB HBM3", "TP-0 GPU 0", "host"
  std::optional<std::int64_t> rank;  // where the trace or its file name says it
};

// One lane of a device: a stream, or a thread of the host.
struct LaneTrack {
  std::int32_t device = -1;
  std::int32_t lane = 0;
  std::string name;  // "stream 7", "python (1234)"
};

// Events that were read and not used, by reason. Shown with every result.
struct Skipped {
  std::string reason;  // "flow events", "kernels without a duration"
  std::int64_t count = 0;
};

struct Trace {
  std::string format;  // "kineto", "nsys", "dscope"
  collect::ActivityList
      list;  // kernels, copies, ranges (NVTX, CPU operators), runtime calls, steps
  std::vector<DeviceTrack> devices;
  std::vector<LaneTrack> lanes;
  std::vector<Skipped> skipped;
  profile::Losses losses;            // what the trace itself says it lost
  profile::Device device;            // GPUs as far as the trace describes them
  std::vector<std::string> sources;  // the files, as given
  // What attribution said of this trace when it was saved, stages and steps being in the list;
  // empty: it was not asked, or this is more than one trace.
  std::optional<profile::Measurement> measurement;
};

struct ReadOptions {
  std::function<void(double)> on_progress;  // 0 .. 1 of the bytes; may be empty
  const std::atomic<bool>* stop = nullptr;  // set: Error{kInterrupted}
};

// Reads one trace of any known format: Kineto / Chrome JSON (.json, .json.gz), an Nsight Systems
// SQLite export (.sqlite), or our own saved form. The format is found from the content, not from
// the name. Throws Error{kInput} with path, byte offset or table and row, expected and found; never
// returns a part of a truncated trace.
[[nodiscard]] Trace read_trace(const std::filesystem::path& path, const ReadOptions& options = {});

// Several traces of the ranks of one run, side by side: devices are renumbered, names shared. A
// folder stands for the traces in it (.json, .gz, .sqlite, .dscope), in the order of their names,
// and must hold one. Throws Error{kInput} for names of the ranks of several runs.
[[nodiscard]] Trace read_traces(const std::vector<std::filesystem::path>& paths,
                                const ReadOptions& options = {});

}  // namespace dscope::importer
