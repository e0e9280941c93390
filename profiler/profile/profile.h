// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/model_config.h"
#include "workloads/numerics.h"
#include "workloads/parallel_layout.h"
#include "workloads/stage.h"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The profile document: the one record that workloads, profiler, model and viewer exchange. These
// are its plain structs; the JSON form is in profile_json.h and described, field by field, in
// schema.md. Sections are optional. Raw samples are kept; statistics are derived when reading.
namespace dscope::profile {

inline constexpr std::string_view kSchema = "dscope.profile";
inline constexpr std::int64_t kSchemaVersion = 1;   // what this build writes
inline constexpr std::int64_t kOldestReadable = 1;  // what it still reads

// JSON of no fixed shape, shared and immutable; null pointer: absent. Every struct below keeps the
// fields this build does not know in `unknown`, so that an older tool never strips a newer
// document.
using JsonValue = std::shared_ptr<const nlohmann::json>;

// Values by Stage.
using StageValues = std::array<std::int64_t, kStageCount>;

// What the numbers of a document are. Every table says it.
enum class Kind : std::uint8_t { kMeasured, kEmulated, kPredicted, kImported };
inline constexpr std::array<std::string_view, 4> kKindIds{"measured", "emulated", "predicted",
                                                          "imported"};
[[nodiscard]] constexpr std::string_view id(Kind kind) {
  return kKindIds[static_cast<std::size_t>(kind)];
}

struct Provenance {
  Kind kind = Kind::kMeasured;
  std::string tool_version;
  std::string git_sha;
  bool git_dirty = false;
  std::string compiler;
  std::optional<std::string> cuda_version;
  std::optional<std::string> driver_version;
  std::vector<std::string> command_line;
  std::optional<std::int64_t> seed;  // >= 0
  std::string created_utc;           // ISO 8601, "2026-01-31T12:00:00Z"
  std::vector<std::string>
      sources;  // files the numbers came from: imported traces, measured documents
  JsonValue unknown;
};

// --- workload ------------------------------------------------------------------------------------

// What one op of the step moves and computes, summed over its layers: mean per measured step.
struct OpTotals {
  std::string op;
  Stage stage = Stage::kOther;
  std::int64_t calls = 0;  // per step
  double weight_bytes = 0;
  double read_bytes = 0;
  double write_bytes = 0;
  double wire_bytes = 0;  // collectives
  double flops = 0;
  JsonValue unknown;

  [[nodiscard]] double dram_bytes() const { return weight_bytes + read_bytes + write_bytes; }
};

// Everything optional: an imported trace knows little of what was run.
struct Workload {
  std::optional<std::string> source;  // "fixed", or the name of the request trace
  std::optional<ModelConfig> model;
  std::optional<ParallelLayout> layout;
  std::optional<Numerics> numerics;
  std::optional<std::string> backend;       // "cpu" or "cuda"
  std::optional<std::string> comm;          // what ranks talk through, see Communicator::name()
  std::optional<std::int64_t> batch;        // largest number of sequences in a step
  std::optional<std::int64_t> context_min;  // tokens, over all sequences and steps
  std::optional<std::int64_t> context_max;
  std::optional<double> context_mean;
  JsonValue routing;   // description and statistics, an object
  JsonValue requests;  // what a request trace held and what of it was replayed, an object
  std::vector<OpTotals> ops;
  JsonValue unknown;  // also what was unknown inside "model" and "layout"
};

// --- device --------------------------------------------------------------------------------------

struct HostCpu {
  std::string name;
  std::optional<std::int64_t> cores;  // physical
  std::optional<std::int64_t> logical_cpus;
  std::optional<std::int64_t> threads_used;
  std::optional<std::int64_t> memory_bytes;
  JsonValue unknown;
};

struct Gpu {
  std::int64_t index = 0;
  std::string name;
  std::optional<std::string> pci_bus_id;
  std::optional<std::string> compute_capability;  // "12.0"
  std::optional<std::int64_t> sms;
  std::optional<std::int64_t> shared_memory_per_block_bytes;  // opt-in limit
  std::optional<std::int64_t> shared_memory_per_sm_bytes;
  std::optional<std::int64_t> l2_bytes;
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::int64_t> sm_clock_max_mhz;
  std::optional<std::int64_t> memory_clock_max_mhz;
  std::optional<double> power_limit_w;
  std::optional<std::int64_t> pcie_generation;  // as trained now; idle links train down
  std::optional<std::int64_t> pcie_width;
  std::optional<std::int64_t> pcie_max_generation;
  std::optional<std::int64_t> pcie_max_width;
  JsonValue unknown;
};

// Closest common point of the PCIe paths of two GPUs, by index.
struct GpuLink {
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::string
      path;  // "same board", "one switch", "several switches", "host bridge", "NUMA node", "system"
  JsonValue unknown;
};

struct Device {
  std::optional<HostCpu> host;
  std::vector<Gpu> gpus;
  std::vector<GpuLink> topology;
  std::optional<std::string> driver_version;
  std::optional<double> read_bandwidth_gbps;  // measured in the same run, of what ran the steps
  std::vector<std::string> missing;           // what could not be determined, and why
  JsonValue unknown;
};

// --- measurement ---------------------------------------------------------------------------------

struct StepSample {
  std::int64_t index = 0;  // in the order of the workload, warm-up included
  std::int64_t wall_ns = 0;
  std::int64_t busy_ns = 0;
  std::int64_t gap_ns = 0;
  double closure_error = 0;  // |sum of stages + gap - wall| / wall
  std::optional<std::int64_t> batch;
  std::optional<std::int64_t> tokens;  // decoded in this step
  std::optional<std::int64_t> max_context;
  StageValues stage_time_ns{};  // the entry of kGap stays 0: gap_ns has it
  StageValues stage_launches{};
  std::optional<std::int64_t> device;  // absent: the only one, or the host
  // What the `nccl` stage was made of, where the evidence allows (Measurement::nccl_split says how
  // it was found): wait + transfer is the time of the collectives themselves. Launch is not part of
  // the stage: idle time of the device directly before a collective.
  std::optional<std::int64_t> nccl_wait_ns;
  std::optional<std::int64_t> nccl_transfer_ns;
  std::optional<std::int64_t> nccl_launch_ns;
  // Communication with nothing beside it on the device, and with other work beside it. Intervals,
  // not shares of them: both together are the time in which at least one collective ran.
  std::optional<std::int64_t> comm_exposed_ns;
  std::optional<std::int64_t> comm_hidden_ns;
  JsonValue unknown;

  [[nodiscard]] std::int64_t time_ns(Stage stage) const {
    return stage == Stage::kGap ? gap_ns : stage_time_ns[static_cast<std::size_t>(stage)];
  }
};

// One kernel or op over all steps. Times are its own: without what was nested in it, and with the
// full duration of work that ran beside other lanes, or that started before its predecessor on the
// lane had ended (stage times share such intervals, or leave them to the predecessor).
struct KernelSummary {
  std::string name;
  std::optional<std::string> op;  // of the decode step, where the collector knew it
  Stage stage = Stage::kUnattributed;
  std::int64_t count = 0;
  std::int64_t total_ns = 0;
  // Of total_ns: launched early (programmatic dependent launch), it waited for what ran before it.
  std::optional<std::int64_t> waited_ns;
  std::int64_t min_ns = 0;
  std::int64_t median_ns = 0;  // from a histogram, to within 0.4 %
  std::int64_t p95_ns = 0;     // likewise
  std::int64_t p99_ns = 0;     // likewise
  std::int64_t max_ns = 0;
  // Where in a step it is called first: the number of calls before that. Matches kernels that have
  // other names in another document. Absent: not known.
  std::optional<std::int64_t> position;
  std::vector<std::int64_t> step_ns;  // total per step, one entry for each of Measurement::steps
  JsonValue unknown;
};

// What was lost. Counted here and shown with every result.
struct Losses {
  std::int64_t dropped_records = 0;
  std::int64_t zero_timestamps = 0;
  std::int64_t negative_durations = 0;
  std::int64_t zero_durations = 0;
  std::int64_t unclosed_ranges = 0;
  std::int64_t unbalanced_ends = 0;
  std::int64_t overlapping_steps = 0;
  std::int64_t discarded_samples = 0;
  std::int64_t clipped_activities = 0;
  std::int64_t outside_steps = 0;
  std::int64_t outside_steps_ns = 0;
  JsonValue unknown;

  Losses& operator+=(const Losses& other);
  [[nodiscard]] std::int64_t lost_records() const;  // sum of the counters marked so below
};

struct LossInfo {
  const char* key;
  std::int64_t Losses::*counter;
  const char* label;  // for people, after the number
  bool record;        // counts into lost_records: evidence that is missing, not only set aside
};
inline constexpr std::array<LossInfo, 11> kLosses{{
    {"dropped_records", &Losses::dropped_records, "records dropped (buffer full)", true},
    {"zero_timestamps", &Losses::zero_timestamps, "records with a zero or impossible timestamp",
     true},
    {"negative_durations", &Losses::negative_durations, "records that end before they start", true},
    {"zero_durations", &Losses::zero_durations, "records of zero length", true},
    {"unclosed_ranges", &Losses::unclosed_ranges, "ranges never closed", true},
    {"unbalanced_ends", &Losses::unbalanced_ends, "range ends without a begin", true},
    {"overlapping_steps", &Losses::overlapping_steps, "step marks inside another step", true},
    {"discarded_samples", &Losses::discarded_samples, "samples discarded", false},
    {"clipped_activities", &Losses::clipped_activities, "activities cut at a step's border", false},
    {"outside_steps", &Losses::outside_steps, "activities outside all steps", false},
    {"outside_steps_ns", &Losses::outside_steps_ns, "ns of work outside all steps", false},
}};

// What measuring cost: steps run without tracing, to be compared with `steps`, which are traced.
struct Perturbation {
  std::string method;
  std::vector<std::int64_t> untraced_wall_ns;  // raw samples
  std::vector<std::int64_t> untraced_tokens;   // decoded in each of them; empty: not known
  std::optional<double> range_cost_ns;         // of one begin/end pair, measured on this machine
  std::optional<double> ranges_per_step;       // mean
  JsonValue unknown;
};

// How the collector fared.
struct Collector {
  std::string name;  // "cupti"
  std::optional<std::string> version;
  std::optional<bool> hardware_trace;              // timestamps from the hardware event system
  std::optional<std::int64_t> records;             // of work, taken over all traced steps
  std::optional<std::int64_t> buffer_bytes;        // of one record buffer
  std::optional<std::int64_t> buffers_high_water;  // most of them in use at once
  std::optional<std::int64_t> clock_residual_ns;   // furthest that work lay outside its step
  std::optional<std::int64_t> unlabelled_nodes;    // records of graph nodes made before it looked
  std::optional<std::int64_t> overhead_ns;         // that it reports of itself
  JsonValue unknown;
};

struct ClockSample {
  std::int64_t step = 0;  // StepSample::index
  std::int64_t device = 0;
  std::optional<std::int64_t> sm_clock_mhz;
  std::optional<std::int64_t> memory_clock_mhz;
  std::optional<double> power_w;
  std::optional<double> temperature_c;
  std::vector<std::string> throttle_reasons;
  JsonValue unknown;
};

// What the counters of the GPU say of one kernel in one op: means per step. Times are of kernels
// that ran alone. Absent: not asked for, or not to be had.
struct KernelCounters {
  std::string name;
  std::optional<std::string> op;  // of the decode step
  Stage stage = Stage::kUnattributed;
  double calls = 0;
  std::optional<double> time_ns;
  std::optional<double> dram_read_bytes;
  std::optional<double> dram_write_bytes;
  std::optional<double> l2_hits;    // sectors of 32 bytes that were looked up and found
  std::optional<double> l2_misses;  // and that were not
  // Shares of what the chip could do in that time, means weighted by it.
  std::optional<double> shared_utilisation;  // data cycles of shared memory
  std::optional<double> tensor_utilisation;  // cycles in which the tensor pipe was busy
  JsonValue unknown;
};

// Hardware counters, from steps of their own after the measured ones.
struct Counters {
  std::string method;
  std::string chip;                     // CUPTI's name of it: "GH100"
  std::string library;                  // version of CUPTI
  std::int64_t steps = 0;               // over which the means are
  std::int64_t passes = 0;              // steps that each of them took: not all counters fit in one
  std::vector<std::string> missing;     // metrics that this chip has not
  std::vector<KernelCounters> kernels;  // by descending time_ns
  std::vector<OpTotals> ops;            // costs of the ops in the counted steps
  JsonValue unknown;
};

// How much work came to its stage in which way, inside steps.
struct LabelTotals {
  std::string source;                // "source", "range", "name", "neighbour" or "none"
  std::int64_t count = 0;            // pieces of work
  std::int64_t time_ns = 0;          // sum of own times
  std::optional<double> confidence;  // 0 .. 1, mean by time; of "neighbour" only
  JsonValue unknown;
};

// Work of one name that no rule recognised.
struct UnattributedName {
  std::string name;
  std::int64_t count = 0;
  std::int64_t time_ns = 0;  // sum of own times
  JsonValue unknown;
};

// Records of the source that were read and not used.
struct SkippedRecords {
  std::string reason;
  std::int64_t count = 0;
  JsonValue unknown;
};

struct Measurement {
  // False: the source had no step marks, and `steps` holds one entry for the whole trace.
  bool has_steps = true;
  std::string clock;  // what the timestamps come from: "steady_clock", "cupti", ...
  // What said where steps begin and end: "annotations", "graph launches", "kernel NAME", ...;
  // empty: the source itself.
  std::string steps_from;
  std::int64_t excluded_steps = 0;     // partial ones at the ends of the recording
  std::vector<StepSample> steps;       // by device, then in time
  std::vector<KernelSummary> kernels;  // by descending total_ns
  std::vector<LabelTotals> label_sources;
  std::vector<UnattributedName> unattributed;  // longest first
  std::optional<std::string> nccl_split;       // how wait and transfer were told apart
  Losses losses;
  std::vector<SkippedRecords> skipped;
  std::optional<Perturbation> perturbation;
  std::optional<Collector> collector;
  std::vector<ClockSample> clock_samples;
  std::optional<Counters> counters;
  std::optional<std::string> trace_file;  // beside the document: the full event list
  JsonValue unknown;
};

// --- prediction, calibration ---------------------------------------------------------------------

struct PredictedStage {
  Stage stage = Stage::kOther;
  double time_ns = 0;
  std::optional<double> low_ns;
  std::optional<double> high_ns;
  std::string limit;  // "dram", "l2", "tensor", "launch", "pcie_bandwidth", ...
  JsonValue terms;    // an object: the parts the time was made of
  JsonValue unknown;
};

struct Prediction {
  double tok_s = 0;  // all sequences of the batch
  std::optional<double> tok_s_low;
  std::optional<double> tok_s_high;
  std::optional<double> tok_s_per_user;
  double step_ns = 0;
  std::vector<PredictedStage> stages;
  JsonValue parameters;  // an object
  std::optional<std::string> calibration_id;
  JsonValue unknown;
};

struct FittedConstant {
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<double> low;
  std::optional<double> high;
  JsonValue unknown;
};

struct Residual {
  std::string source;
  double measured_ns = 0;
  double predicted_ns = 0;
  bool held_out = false;  // not used for fitting
  JsonValue unknown;
};

struct Calibration {
  std::string id;
  std::vector<FittedConstant> constants;
  std::vector<std::string> sources;
  std::vector<Residual> residuals;
  std::optional<double> held_out_error;  // median relative error of the held-out residuals
  JsonValue unknown;
};

struct Profile {
  std::optional<Provenance> provenance;
  std::optional<Workload> workload;
  std::optional<Device> device;
  std::optional<Measurement> measurement;
  std::optional<Prediction> prediction;
  std::optional<Calibration> calibration;
  JsonValue unknown;
};

}  // namespace dscope::profile
