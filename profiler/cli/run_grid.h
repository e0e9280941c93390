// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/comm/communicator.h"
#include "profiler/cli/command.h"
#include "profiler/cli/run_options.h"

#include <memory>
#include <vector>

namespace dscope::cli {

// The options of every combination of --batch, --context, --config and --extra-shared, batches
// outermost; one where none was given a list. Throws Error{kUsage} for options that a grid cannot
// have, and for a configuration that does not exist.
[[nodiscard]] std::vector<RunOptions> configurations(const RunOptions& options);

// Runs them in turn in this process, weights loaded once, and prints a table of their steps; the
// documents go to the folder --out. A configuration that cannot be run (caches that do not fit)
// has the reason in its row; throws Error{kUnavailable} when none can. Any other error ends the
// grid: it is thrown on after the table of what was measured until then has been printed.
void run_grid(const std::vector<RunOptions>& grid, std::unique_ptr<Communicator> ranks,
              const Launch& launch);

}  // namespace dscope::cli
