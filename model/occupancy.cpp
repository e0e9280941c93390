// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/occupancy.h"

#include <algorithm>
#include <cmath>

namespace dscope::model {
namespace {

constexpr double kReservedShared = 1024;  // of each block
constexpr double kRegisterUnit = 256;     // registers are allocated to warps in such pieces
constexpr double kWarp = 32;

}  // namespace

Occupancy occupancy(const BlockShape& block, const Machine& m) {
  Occupancy result;
  result.launches = block.shared_bytes <= m.shared_per_block;
  if (!result.launches) {
    result.by_shared = true;
    return result;
  }
  const double by_shared = std::floor(m.shared_per_sm / (block.shared_bytes + kReservedShared));
  double others = std::min(block.most_per_sm, std::floor(m.warps_per_sm / block.warps));
  if (block.registers > 0) {
    const double warp = std::ceil(block.registers * kWarp / kRegisterUnit) * kRegisterUnit;
    others = std::min(others, std::floor(m.registers_per_sm / (warp * block.warps)));
  }
  result.by_shared = by_shared < others;
  result.blocks_per_sm = std::min(by_shared, others);
  result.launches = result.blocks_per_sm >= 1;
  return result;
}

double l1_bytes(double shared_bytes, const Machine& m) {
  constexpr double kKib = 1024;
  constexpr double kAlwaysL1 = 28 * kKib;
  double carveout = m.shared_per_sm;
  for (const double step : {0, 8, 16, 32, 64, 100, 132, 164, 196}) {
    if (shared_bytes > step * kKib) continue;
    carveout = std::min(carveout, step * kKib);
    break;
  }
  return m.shared_per_sm + kAlwaysL1 - carveout;
}

Waves waves(double blocks, double blocks_per_sm, const Machine& m) {
  Waves result;
  if (blocks <= 0 || blocks_per_sm <= 0) return result;
  result.waves = blocks / (m.sms * blocks_per_sm);
  // Blocks are handed to the SM with the fewest.
  result.busiest = std::ceil(blocks / m.sms);
  result.efficiency = blocks / m.sms / result.busiest;
  result.resident = std::min(blocks_per_sm, result.busiest);
  return result;
}

}  // namespace dscope::model
