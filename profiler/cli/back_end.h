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
  std::unique_ptr<Communicator> host_comm;
  std::unique_ptr<DeviceCommunicator> device_comm;  // of the CUDA back end
  std::unique_ptr<Decoder> decoder;

  [[nodiscard]] std::string comm_name() const;
  // Sums of ranks that do not exist.
  [[nodiscard]] bool emulated() const;
  // Every rank of a group computes the same results; one of them writes files.
  [[nodiscard]] bool writes_files() const;
};

// `host_comm`: of the ranks that a launcher started, or null. Loads weights into GPU memory and
// allocates caches. Throws Error{kUsage} and Error{kUnavailable} with what does not fit.
[[nodiscard]] BackEnd make_back_end(RunPlan& plan, std::unique_ptr<Communicator> host_comm,
                                    const RunOptions& options, const Launch& launch);

}  // namespace dscope::cli
