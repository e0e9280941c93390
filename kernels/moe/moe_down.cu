// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/moe/moe_down.cuh"

#include <utility>

namespace dscope {
namespace {

template <WeightFormat kShared, int kShape>
void launch_shape(const MoeArgs& a, Stream stream) {
  constexpr MoeStream kStream = kMoeDownStreams[kShape];
  using Storage = MoeSharedStorage<kStream>;
  static_assert(sizeof(Storage) <= kSm120SharedPerBlock);
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(a.hidden / 32)),
                          .block = dim3(32 * kStream.warps),
                          .shared_bytes = sizeof(Storage)};
  using moe::MoeDownMode;
  launch(a.tokens <= kMoeGroupedTokens ? moe::moe_down_kernel<kShared, kShape, MoeDownMode::kGroups>
         : columns_are_tokens(a.tokens)
             ? moe::moe_down_kernel<kShared, kShape, MoeDownMode::kTokens>
             : moe::moe_down_kernel<kShared, kShape, MoeDownMode::kPairs>,
         shape, stream, a);
}

template <WeightFormat kShared, int... kShape>
bool launch_format(const MoeArgs& a, const MoeStream& shape, Stream stream,
                   std::integer_sequence<int, kShape...>) {
  return ((shape == kMoeDownStreams[kShape] ? (launch_shape<kShared, kShape>(a, stream), true)
                                            : false) ||
          ...);
}

}  // namespace

void launch_moe_down(const MoeArgs& a, const MoeStream& shape, Stream stream) {
  constexpr auto kAll = std::make_integer_sequence<int, kMoeDownStreams.size()>{};
  const bool known = a.w2.format == WeightFormat::kBf16 && a.shared_intermediate > 0
                         ? launch_format<WeightFormat::kBf16>(a, shape, stream, kAll)
                         : launch_format<WeightFormat::kFp8>(a, shape, stream, kAll);
  DSCOPE_REQUIRE(known, "config.down: {} warps and {} stages are not in kMoeDownStreams",
                 shape.warps, shape.stages);
}

}  // namespace dscope
