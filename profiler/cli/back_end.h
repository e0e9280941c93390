// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/comm/communicator.h"
#include "kernels/comm/device_communicator.h"
#include "kernels/decode_step/decoder.h"
#include "profiler/cli/command.h"
#include "profiler/cli/run_options.h"
#include "profiler/cli/run_plan.h"

#include <memory>
#include <string>

namespace dscope::cli {

// What decodes in a run, and what its ranks talk through.
struct BackEnd {
  std::shared_ptr<Communicator> host_comm;
  std::unique_ptr<DeviceCommunicator> device_comm;  // of the CUDA back end
  std::unique_ptr<Decoder> decoder;

  [[nodiscard]] std::string comm_name() const;
  // Sums of ranks that do not exist.
  [[nodiscard]] bool emulated() const;
  // Every rank of a group computes the same results; one of them writes files.
  [[nodiscard]] bool writes_files() const;
};

// Makes the back ends of one configuration after another. What they can share (ranks, weights in
// GPU memory) is made once.
class BackEnds {
 public:
  // `ranks`: those that a launcher started, or null.
  BackEnds(std::unique_ptr<Communicator> ranks, const Launch& launch);

  // What one configuration will do in this process: of several, with the rank that it is, and with
  // the CPU threads it will use set. Throws what make_run_plan() does.
  [[nodiscard]] RunPlan plan(const RunOptions& options) const;

  // Loads weights the first time and allocates caches; the back end before must be gone. Plans must
  // agree in model, layers and layout. Throws Error{kUsage} and Error{kUnavailable} with what does
  // not fit.
  [[nodiscard]] BackEnd make(RunPlan& plan, const RunOptions& options);

 private:
  std::shared_ptr<Communicator> ranks_;
  std::shared_ptr<const CudaWeights> weights_;  // of the CUDA back end
  const Launch& launch_;
};

}  // namespace dscope::cli
