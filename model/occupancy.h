// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/machine.h"

#include <cmath>

namespace dscope::model {

// What a block of a kernel takes of an SM.
struct BlockShape {
  double warps = 1;
  double shared_bytes = 0;    // dynamic and static
  double registers = 0;       // of a thread; 0: not known
  double most_per_sm = 1024;  // that the kernel's launch bounds ask registers for
};

// How many blocks an SM holds. Source: CUDA C++ Programming Guide, occupancy: shared memory is
// taken with 1 KiB reserved a block, registers in units of 256 a warp.
struct Occupancy {
  double blocks_per_sm = 0;  // 0: the kernel does not launch
  bool launches = true;      // whether a block fits the shared memory that it may opt in to
  bool by_shared = false;    // whether shared memory alone allows the fewest
};
[[nodiscard]] Occupancy occupancy(const BlockShape& block, const Machine& machine);

// What an SM has left as L1 when kernels share `shared_bytes` of it: its memory is 28 KiB more than
// its shared memory can be, which is set up in steps. Source: CUDA C++ Programming Guide, shared
// memory of compute capabilities 8.9, 9.0, 10.0 and 12.0.
[[nodiscard]] double l1_bytes(double shared_bytes, const Machine& machine);

// `blocks` of equal work over an SM count, so many at a time.
struct Waves {
  double waves = 0;       // 2.3: two full ones and a third of another
  double busiest = 0;     // blocks that the busiest SM takes
  double efficiency = 1;  // mean blocks of an SM over those of the busiest
  double resident = 0;    // blocks that an SM has at a time, at most
  // Turns that the busiest SM's blocks take, as many at a time as are resident.
  [[nodiscard]] double rounds() const { return std::ceil(busiest / resident); }
};
[[nodiscard]] Waves waves(double blocks, double blocks_per_sm, const Machine& machine);

}  // namespace dscope::model
