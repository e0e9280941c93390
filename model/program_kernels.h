// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/op_time.h"

// Kernels made of programs that loop: what Triton compiles. A program owns `block_n` outputs and
// goes through its inputs `block_k` at a time; nothing is split along the inputs, so the length of
// the loop bounds the time however few programs there are.
namespace dscope::model {

struct ProgramGrid {
  double programs = 0;
  double iterations = 0;       // of each
  double dead_iterations = 0;  // of these, those whose loads are all masked off
};

// ceil(programs / (SMs x programs per SM)) waves of iterations. An iteration takes iteration_cycles
// alone; with p programs on an SM, each taking `issue_share` of its issue slots, p x issue_share as
// long where that exceeds 1.
[[nodiscard]] LimitedTime program_time(const ProgramGrid& grid, const ProgramShape& shape,
                                       const Machine& machine);

// The longer of the loop and the data stream: programs load ahead.
[[nodiscard]] LimitedTime longer_of(const LimitedTime& a, const LimitedTime& b);

}  // namespace dscope::model
