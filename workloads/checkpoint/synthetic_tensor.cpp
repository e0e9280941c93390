// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/synthetic_tensor.h"

#include "workloads/base/error.h"
#include "workloads/checkpoint/random_lanes.h"

#include <algorithm>
#include <cmath>

namespace dscope {
namespace {

constexpr std::int64_t kAlignment = 64;
constexpr std::int64_t kIdBytes = 4;

std::int64_t table_bytes(const TensorSlot& slot) {
  return slot.shape[0] * slot.shape[1] * kIdBytes;
}

std::int64_t scale_bytes(const TensorSlot& slot) {
  const std::vector<std::int64_t> shape = scale_shape(slot, slot.format);
  return shape.empty() ? 0 : shape[0] * shape[1];
}

// Rounds the wanted root mean square to a power of two: the exponent to give.
int exponent_for(double wanted_rms, double rms_at_exponent_zero) {
  return static_cast<int>(std::lround(std::log2(wanted_rms / rms_at_exponent_zero)));
}

Lanes float_lanes(const TensorSlot& slot, int top) {
  return slot.format == WeightFormat::kF32 ? four_octaves(32, 23, top) : four_octaves(16, 7, top);
}

// Values of unquantised slots and codes of quantised ones.
Lanes value_lanes(const TensorSlot& slot) {
  if (slot.format == WeightFormat::kMxfp4) return repeat_lane(8, 0xff, 0);
  if (slot.format == WeightFormat::kFp8) return four_octaves(8, 3, 0);  // below 2: never NaN
  switch (slot.role) {
    case TensorRole::kEmbedding:
      return float_lanes(slot, 0);
    case TensorRole::kNorm:
      return repeat_lane(16, 0x1f, 0x3f80);  // BF16 1 + n/128, n < 32
    case TensorRole::kOffset:
      return float_lanes(slot, -4);
    default:
      return float_lanes(slot, exponent_for(1 / std::sqrt(slot.shape.back()), 0.88));
  }
}

// Two neighbouring powers of two, so that a scale taken from the wrong place shows.
Lanes scale_lanes(const TensorSlot& slot) {
  constexpr double kE4m3CodeRms = 0.84;  // of four_octaves(8, 3, 0)
  constexpr double kE2m1CodeRms = 2.93;  // of all sixteen codes
  constexpr double kScaleRms = 1.58;     // of 1 and 2
  const double code_rms = slot.format == WeightFormat::kFp8 ? kE4m3CodeRms : kE2m1CodeRms;
  const int byte = 127 + exponent_for(1 / std::sqrt(slot.shape[1]), code_rms * kScaleRms);
  return repeat_lane(8, 1, static_cast<std::uint64_t>(byte));
}

// Floyd's sampling: k distinct ids, every set of k equally likely.
void fill_token_row(std::uint64_t key, std::int64_t row, std::int64_t experts,
                    std::span<std::int32_t> ids) {
  const auto count = static_cast<std::int64_t>(ids.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t last = experts - count + i;
    const std::uint64_t random = counter_hash(key, static_cast<std::uint64_t>(row * count + i));
    const auto drawn =
        static_cast<std::int32_t>((random >> 32) * static_cast<std::uint64_t>(last + 1) >> 32);
    const auto before = ids.first(static_cast<std::size_t>(i));
    const bool taken = std::ranges::find(before, drawn) != before.end();
    ids[static_cast<std::size_t>(i)] = taken ? static_cast<std::int32_t>(last) : drawn;
  }
}

void make_table(const TensorSlot& slot, std::uint64_t key, std::int64_t experts,
                std::byte* memory) {
  auto* const ids = reinterpret_cast<std::int32_t*>(memory);
  const std::int64_t cols = slot.shape[1];
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < slot.shape[0]; ++row) {
    fill_token_row(key, row, experts, {ids + row * cols, static_cast<std::size_t>(cols)});
  }
  bind_table(slot, kIdBytes, memory);
}

}  // namespace

std::int64_t synthetic_bytes(const TensorSlot& slot) {
  const std::int64_t values =
      slot.role == TensorRole::kTokenTable ? table_bytes(slot) : value_bytes(slot, slot.format);
  const std::int64_t scales = slot.role == TensorRole::kTokenTable ? 0 : scale_bytes(slot);
  return round_up(values, kAlignment) + round_up(scales, kAlignment);
}

void make_synthetic(const TensorSlot& slot, std::uint64_t seed, std::int64_t experts,
                    std::byte* memory) {
  const std::uint64_t key = stream_key(seed, slot.name);
  if (slot.role == TensorRole::kTokenTable) {
    make_table(slot, key, experts, memory);
    return;
  }
  const std::int64_t values = value_bytes(slot, slot.format);
  fill_lanes({memory, static_cast<std::size_t>(values)}, key, value_lanes(slot));
  const std::int64_t scales = scale_bytes(slot);
  std::byte* const scale_memory = scales == 0 ? nullptr : memory + round_up(values, kAlignment);
  if (scales != 0) {
    fill_lanes({scale_memory, static_cast<std::size_t>(scales)},
               stream_key(seed, slot.scale_name()), scale_lanes(slot));
  }
  bind_weight(slot, slot.format, memory, scale_memory);
}

}  // namespace dscope
