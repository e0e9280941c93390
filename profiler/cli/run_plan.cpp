// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/run_plan.h"

#include "kernels/cuda/device.h"
#include "profiler/collect/counter_table.h"
#include "workloads/base/error.h"
#include "workloads/checkpoint/checkpoint.h"
#include "workloads/checkpoint/synthetic_weights.h"
#include "workloads/traces/open_requests.h"
#include "workloads/traces/serving_steps.h"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

namespace dscope::cli {
namespace {

// Experts of synthetic models are made when first used and dropped beyond this much memory.
constexpr std::int64_t kExpertBudgetBytes = 6ll << 30;
// Slots of a request trace's server unless --max-batch says otherwise.
constexpr std::int64_t kDefaultMaxBatch = 8;
// And the longest request it takes: caches are allocated for all slots at this length.
constexpr std::int64_t kDefaultMaxContext = 32768;

// Options of which at most one may be given.
struct Given {
  const char* name;
  bool given;
};

void refuse_together(std::initializer_list<Given> options, const char* reason) {
  std::string names;
  int count = 0;
  for (const Given& option : options) {
    if (!option.given) continue;
    names += (count++ == 0 ? "" : " and ") + std::string(option.name);
  }
  if (count > 1) throw usage_error("{} cannot be used together: {}", names, reason);
}

bool is_workload_document(const RunOptions& options) {
  return options.workload && options.workload->extension() == ".json";
}

bool is_request_trace(const RunOptions& options) {
  return options.workload && !is_workload_document(options);
}

void check_options(const RunOptions& o) {
  const bool document = is_workload_document(o);
  const bool trace = is_request_trace(o);
  refuse_together({{"--model", o.model.has_value()}, {"--checkpoint", o.checkpoint.has_value()}},
                  "a checkpoint brings its own config.json");
  refuse_together(
      {{"--input-ids", o.input_ids.has_value()}, {"--workload", o.workload.has_value()}},
      "both say which tokens are decoded");
  refuse_together({{"--input-ids", o.input_ids.has_value()}, {"--batch", o.batch.has_value()}},
                  "the tensor has one row per sequence");
  refuse_together({{"--input-ids", o.input_ids.has_value()}, {"--context", o.context.has_value()}},
                  "sequences start from an empty cache");
  refuse_together({{"a request trace", trace}, {"--batch", o.batch.has_value()}},
                  "the batch follows from the requests; --max-batch bounds it");
  refuse_together({{"a request trace", trace}, {"--context", o.context.has_value()}},
                  "the context follows from the requests");
  refuse_together({{"a request trace", trace}, {"--counters", !o.counters.empty()}},
                  "counters are joined from several steps, which must be alike");
  refuse_together({{"a request trace", trace}, {"--dump-logits", o.dump_logits.has_value()}},
                  "logits are dumped as [batch, steps, vocabulary], and the batch changes");
  if (!trace && (o.max_batch || o.max_context || o.step_time_ms)) {
    throw usage_error(
        "--max-batch, --max-context and --step-time-ms belong to a request trace "
        "(--workload FILE.jsonl or FILE.csv)");
  }
  if (!document && !o.model && !o.checkpoint) {
    throw usage_error(
        "what is to be decoded? Give --checkpoint DIR, or --model NAME ({}) for "
        "synthetic weights, or --workload FILE.json",
        fmt::join(preset_names(), ", "));
  }
}

// auto: the GPU where it can run what was asked for.
bool choose_cuda(const RunOptions& o, Numerics numerics) {
  if (o.backend == "cpu") return false;
  const Support support = cuda_available();
  if (o.backend == "auto") return support.ok() && numerics != Numerics::kExact;
  if (!support.ok()) throw unavailable_error("--backend cuda: {}", support.reason);
  return true;
}

// Options that need the CUDA back end, or that it must run in one process.
void check_back_end(const RunOptions& o, bool cuda, const Launch& launch) {
  if (!cuda && o.comm != "auto") {
    throw usage_error("--comm {} belongs to the CUDA back end", o.comm);
  }
  if (!cuda && o.config != "auto") {
    throw usage_error("--config {} belongs to the CUDA back end", o.config);
  }
  const bool cupti = o.collector == "cupti" || o.cupti || o.hardware_trace;
  if (cupti && (!cuda || o.collector == "events")) {
    throw usage_error("--collector cupti, --cupti and --hes belong to a CUDA run that CUPTI times");
  }
  if (o.counters.empty()) return;
  (void)collect::parse_counter_groups(o.counters);
  if (!cuda || launch.ranks > 1) {
    throw usage_error(
        "--counters reads the counters of one GPU: it belongs to a CUDA run of one "
        "process (--tp N --rank R runs one shard alone)");
  }
}

DecodeWorkload base_workload(const RunOptions& o) {
  if (is_workload_document(o)) return read_decode_workload(*o.workload);
  DecodeWorkload workload;
  workload.steps = 16;
  return workload;
}

// A preset, or a path to an official config.json.
ModelConfig named_model(const std::string& name) {
  return name.ends_with(".json") ? read_model_config(name) : preset(name);
}

template <class T, class U>
void override_with(T& value, const std::optional<U>& given) {
  if (given) value = static_cast<T>(*given);
}

void apply_flags(DecodeWorkload& w, const RunOptions& o, const Launch& launch) {
  override_with(w.numerics, o.numerics);
  override_with(w.batch, o.batch);
  override_with(w.context, o.context);
  override_with(w.steps, o.steps);
  override_with(w.layers, o.layers);
  override_with(w.routing, o.routing);
  override_with(w.selection, o.selection);
  override_with(w.seed, o.seed);
  override_with(w.ep, o.ep);
  if (launch.ranks > 1 && !o.tp) w.tp = launch.ranks;
  override_with(w.tp, o.tp);
}

// Flags can make a workload inconsistent: then it is the command line that is wrong.
void check_workload(const DecodeWorkload& workload) {
  try {
    validate(workload, "command line");
  } catch (const Error& e) {
    throw Error(ErrorKind::kUsage, e.what());
  }
}

ParallelLayout make_layout(const DecodeWorkload& w, const RunOptions& o, const Launch& launch) {
  if (launch.ranks > 1 && w.tp != launch.ranks) {
    throw usage_error("--tp {}: mpirun started {} ranks", w.tp, launch.ranks);
  }
  if (launch.ranks > 1 && o.rank) {
    throw usage_error(
        "--rank chooses one shard of --tp in a single process; mpirun numbers its "
        "ranks itself");
  }
  const ParallelLayout layout = w.layout(o.rank.value_or(0));
  validate(layout, w.model);
  return layout;
}

void plan_input_ids(RunPlan& plan, const RunOptions& o) {
  IntTensor ids = read_int_tensor(*o.input_ids, "input_ids");
  if (ids.shape.size() != 2 || ids.shape[0] < 1 || ids.shape[1] < 1) {
    throw input_error("{}: expected [sequences, tokens], found {} dimensions", ids.source,
                      ids.shape.size());
  }
  plan.workload.batch = ids.shape[0];
  plan.workload.context = 1;
  plan.workload.steps = std::min(o.steps.value_or(ids.shape[1]), ids.shape[1]);
  plan.source = ids.source;
  plan.total_steps = plan.workload.steps;
  plan.input_ids = std::move(ids);
}

void plan_request_trace(RunPlan& plan, const RunOptions& o) {
  traces::ServingOptions options;
  options.max_batch = o.max_batch.value_or(kDefaultMaxBatch);
  options.max_context =
      o.max_context.value_or(std::min(kDefaultMaxContext, plan.workload.model.max_position));
  options.arrivals = o.step_time_ms ? traces::Arrivals::kOpenLoop : traces::Arrivals::kClosedLoop;
  options.step_time_s = o.step_time_ms.value_or(0) * 1e-3;
  auto steps = std::make_unique<traces::ServingSteps>(traces::open_requests(*o.workload), options);
  plan.trace = steps.get();
  plan.steps = std::move(steps);
  plan.source = o.workload->string();
  plan.workload.batch = options.max_batch;
  plan.total_steps = o.steps ? *o.steps + o.warmup : 0;
}

void plan_steps(RunPlan& plan, const RunOptions& o) {
  if (is_request_trace(o)) {
    plan_request_trace(plan, o);
  } else {
    plan.source = "fixed";
    if (o.input_ids) {
      plan_input_ids(plan, o);
    } else {
      // Asked-for steps are measured steps: warm-up comes on top.
      plan.workload.steps += o.warmup;
    }
    plan.total_steps = plan.workload.steps;
    plan.steps = std::make_unique<FixedSteps>(plan.workload.batch, plan.workload.context,
                                              plan.workload.steps);
  }
  plan.max_context = plan.steps->max_context();
}

}  // namespace

RunPlan make_run_plan(const RunOptions& options, const Launch& launch) {
  check_options(options);
  RunPlan plan;
  plan.workload = base_workload(options);
  if (options.checkpoint) {
    plan.weights = std::make_unique<Checkpoint>(*options.checkpoint);
    plan.workload.model = plan.weights->config();
  } else if (options.model) {
    plan.workload.model = named_model(*options.model);
  }
  apply_flags(plan.workload, options, launch);
  check_workload(plan.workload);
  plan.cuda = choose_cuda(options, plan.workload.numerics);
  check_back_end(options, plan.cuda, launch);
  plan.layout = make_layout(plan.workload, options, launch);
  if (!plan.weights) {
    plan.weights = std::make_unique<SyntheticWeights>(plan.workload.model, plan.workload.seed,
                                                      kExpertBudgetBytes);
  }
  plan_steps(plan, options);
  const int share = static_cast<int>(std::thread::hardware_concurrency()) / launch.ranks;
  plan.threads = options.threads.value_or(std::max(1, share));
  return plan;
}

}  // namespace dscope::cli
