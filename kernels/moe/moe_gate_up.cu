// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/moe/moe_gate_up.cuh"

#include <utility>

namespace dscope {
namespace {

template <WeightFormat kShared, int kShape>
void launch_shape(const MoeArgs& a, Stream stream) {
  constexpr MoeStream kStream = kMoeGateUpStreams[kShape];
  using Storage = MoeSharedStorage<kStream>;
  static_assert(sizeof(Storage) <= kSm120SharedPerBlock);
  using moe::MoeColumnsAre;
  launch(a.tokens <= kMoeGroupedTokens
             ? moe::moe_gate_up_kernel<kShared, kShape, MoeColumnsAre::kGroups>
             : moe::moe_gate_up_kernel<kShared, kShape, MoeColumnsAre::kTokens>,
         {.grid = dim3(a.blocks.divisor),
          .block = dim3(32 * kStream.warps),
          .shared_bytes = sizeof(Storage)},
         stream, a);
}

template <WeightFormat kShared, int... kShape>
bool launch_format(const MoeArgs& a, const MoeStream& shape, Stream stream,
                   std::integer_sequence<int, kShape...>) {
  return ((shape == kMoeGateUpStreams[kShape] ? (launch_shape<kShared, kShape>(a, stream), true)
                                              : false) ||
          ...);
}

}  // namespace

void launch_moe_gate_up(const MoeArgs& a, const MoeStream& shape, Stream stream) {
  constexpr auto kAll = std::make_integer_sequence<int, kMoeGateUpStreams.size()>{};
  const bool known = a.w1.format == WeightFormat::kBf16 && a.shared_intermediate > 0
                         ? launch_format<WeightFormat::kBf16>(a, shape, stream, kAll)
                         : launch_format<WeightFormat::kFp8>(a, shape, stream, kAll);
  DSCOPE_REQUIRE(known, "config.gate_up: {} warps and {} stages are not in kMoeGateUpStreams",
                 shape.warps, shape.stages);
}

}  // namespace dscope
