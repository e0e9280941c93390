// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/moe/moe_gate_up.cuh"

#include <utility>

namespace dscope {
namespace {

template <WeightFormat kShared, int kShape>
void launch_shape(const MoeArgs& a, int blocks, Stream stream) {
  constexpr MoeStream kStream = kMoeGateUpStreams[kShape];
  using Storage = MoeSharedStorage<kStream>;
  static_assert(sizeof(Storage) <= kSm120SharedPerBlock);
  launch(moe::moe_gate_up_kernel<kShared, kShape>,
         {.grid = dim3(static_cast<unsigned>(blocks)),
          .block = dim3(32 * kStream.warps),
          .shared_bytes = sizeof(Storage)},
         stream, a);
}

template <WeightFormat kShared, int... kShape>
bool launch_format(const MoeArgs& a, const MoeStream& shape, int blocks, Stream stream,
                   std::integer_sequence<int, kShape...>) {
  return ((shape == kMoeGateUpStreams[kShape]
               ? (launch_shape<kShared, kShape>(a, blocks, stream), true)
               : false) ||
          ...);
}

}  // namespace

void launch_moe_gate_up(const MoeArgs& a, const MoeStream& shape, int blocks, Stream stream) {
  constexpr auto kAll = std::make_integer_sequence<int, kMoeGateUpStreams.size()>{};
  const bool known = a.w1.format == WeightFormat::kBf16 && a.shared_intermediate > 0
                         ? launch_format<WeightFormat::kBf16>(a, shape, blocks, stream, kAll)
                         : launch_format<WeightFormat::kFp8>(a, shape, blocks, stream, kAll);
  DSCOPE_REQUIRE(known, "config.gate_up: {} warps and {} stages are not in kMoeGateUpStreams",
                 shape.warps, shape.stages);
}

}  // namespace dscope
