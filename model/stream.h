// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/limit.h"
#include "model/machine.h"

namespace dscope::model {

// The data stream of one kernel: what it moves and computes, by how many loads are in flight.
struct StreamWork {
  double bytes = 0;            // from DRAM, each once
  double l2_bytes = 0;         // that L2 serves, those from DRAM included; 0: as many as bytes
  double in_flight_bytes = 0;  // of one SM; 0: as many as it takes
  bool by_shared = false;      // whether shared memory is what keeps in_flight_bytes low
  double active_sms = 0;       // that have work; 0: all
  double balance = 1;          // mean work of the active SMs over that of the busiest
  double instructions = 0;     // of a lane, all lanes together
  double chain_ns = 0;         // what one warp waits for its own results, one after the other
  double serial_ns = 0;        // barriers and ends of tiles, beside which no block computes
  double tensor_flops = 0;
  bool fp8_tensor = false;     // products of FP8 rather than BF16
  double cuda_core_flops = 0;  // outside tensor cores
};

// How well a set of kernels uses the hardware: the constants of the same names.
struct StreamEfficiency {
  double dram = 1;
  double latency_factor = 0;
  double l2 = 1;
  double tensor = 1;
  double cuda_cores = 1;
};

// Bandwidth by concurrency. Little's law: bytes in flight over latency, where that is less than the
// ceiling; near it both count, as the 4th-power mean of the two times, because latency rises before
// the ceiling is reached. GB/s; in_flight_bytes or latency_ns 0: the ceiling.
[[nodiscard]] double achieved_gbps(double in_flight_bytes, double latency_ns, double ceiling_gbps);

// Share of `bytes` that L2 still holds when they are gone through again. Least recently used keeps
// all of it while it fits with room to spare, and nothing once it does not.
[[nodiscard]] double kept_share(double bytes, const Machine& machine);

// The bandwidth that the work's concurrency allows, GB/s.
[[nodiscard]] double stream_gbps(const StreamWork& work, const StreamEfficiency& efficiency,
                                 const Machine& machine);

// Time of the stream: the longest of memory with instructions, L2, and products, all of which
// overlap; the answer says which. Of instruction issue and the chain of a warp the squares add up:
// few warps leave the issue slots empty that waiting leaves, many fill them. So do those of what
// comes of that and of memory: neither ever wholly hides behind the other.
[[nodiscard]] LimitedTime stream_time(const StreamWork& work, const StreamEfficiency& efficiency,
                                      const Machine& machine);

}  // namespace dscope::model
