// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/back_end.h"

#include "kernels/common/threads.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/extra_shared.h"
#include "profiler/cli/forced_configs.h"
#include "profiler/cli/progress.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <unistd.h>

#include <algorithm>

namespace dscope::cli {
namespace {

DecoderOptions decoder_options(const RunPlan& plan, const RunOptions& options) {
  return {.numerics = plan.workload.numerics,
          .layout = plan.layout,
          .layers = plan.workload.layers,
          .max_batch = plan.workload.batch,
          .max_context = plan.max_context,
          .seed = plan.workload.seed,
          .temperature = options.temperature.value_or(0)};
}

// Refuses caches that would not fit before allocating them.
void check_host_memory(const ModelConfig& model, const DecoderOptions& options) {
  const std::int64_t needed = cache_bytes(model, options);
  const std::int64_t memory = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
  if (needed <= memory / 10 * 8) return;
  const std::int64_t per_token =
      std::max<std::int64_t>(1, needed / (options.max_batch * options.max_context));
  throw usage_error(
      "caches of {} sequences of {} tokens need {}, this machine has {}: about {} tokens in all "
      "would fit (fewer sequences, a shorter context, --layers, or another --numerics)",
      options.max_batch, options.max_context, format_bytes(static_cast<double>(needed)),
      format_bytes(static_cast<double>(memory)), memory / 10 * 8 / per_token);
}

std::unique_ptr<DeviceCommunicator> make_device_communicator(const RunPlan& plan,
                                                             Communicator& host_comm,
                                                             const std::string& name,
                                                             const Launch& launch) {
  const ParallelLayout& layout = plan.layout;
  if (launch.ranks > 1) {
    if (name != "auto" && name != "nccl") {
      throw usage_error("--comm {} stands for ranks that are not there; {} were started", name,
                        launch.ranks);
    }
    return make_nccl_communicator(host_comm);
  }
  if (name == "nccl" && layout.tp > 1) {
    throw usage_error("--comm nccl needs the other ranks: mpirun -np {0} or --gpus {0}", layout.tp);
  }
  if (name == "pcie_loopback") {
    return make_pcie_loopback_communicator(layout.tp, layout.rank,
                                           plan.workload.batch * plan.workload.model.hidden);
  }
  return make_device_shard_communicator(layout.tp, layout.rank);
}

}  // namespace

std::string BackEnd::comm_name() const {
  return std::string(device_comm ? device_comm->name() : host_comm->name());
}

bool BackEnd::emulated() const {
  return device_comm && device_comm->emulated();
}

bool BackEnd::writes_files() const {
  return host_comm->rank() == 0 || host_comm->name() == "none";
}

BackEnds::BackEnds(std::unique_ptr<Communicator> ranks, const Launch& launch)
    : ranks_(std::move(ranks)), launch_(launch) {}

RunPlan BackEnds::plan(const RunOptions& options) const {
  RunPlan plan = make_run_plan(options, launch_);
  if (ranks_) plan.layout.rank = ranks_->rank();
  set_cpu_threads(plan.threads);
  return plan;
}

BackEnd BackEnds::make(RunPlan& plan, const RunOptions& options) {
  const DecoderOptions decoder = decoder_options(plan, options);
  BackEnd back_end;
  back_end.host_comm = ranks_;
  if (!ranks_) {
    back_end.host_comm = make_shard_communicator(plan.layout.tp, plan.layout.rank);
  }
  set_extra_shared_bytes(options.extra_shared);
  if (!plan.cuda) {
    check_host_memory(plan.workload.model, decoder);
    back_end.decoder = make_cpu_decoder(*plan.weights, *back_end.host_comm, decoder);
    return back_end;
  }
  load_tuning(options.tuning);
  force_configs(parse_forced_configs(options.config));
  if (launch_.ranks > 1) select_device(plan.layout.rank);
  back_end.device_comm = make_device_communicator(plan, *back_end.host_comm, options.comm, launch_);
  Progress progress(launch_.stderr_is_terminal && back_end.writes_files(), "loading layer",
                    plan.workload.decoded_model().layers);
  CudaOptions cuda;
  cuda.graph = !options.eager;
  cuda.wo_a_bf16 = plan.workload.wo_a_bf16;
  cuda.on_load = [&](std::int64_t done, std::int64_t) { progress.update(done); };
  if (!weights_) weights_ = load_cuda_weights(*plan.weights, decoder, cuda);
  back_end.decoder = make_cuda_decoder(weights_, *back_end.device_comm, decoder, cuda);
  return back_end;
}

}  // namespace dscope::cli
