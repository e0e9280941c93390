// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/moe/moe_stream.cuh"

// h[pair, i] = silu(min(w1[i] . x, limit)) * clip(w3[i] . x, -limit, limit), rounded to BF16; w1,
// w3 [I, d] of the pair's expert, x [T, d].
//
// Memory: routed weights in the bank (expert_bank.h), shared ones as in the checkpoint, x and h
// BF16 rows.
//
// Work: a tile is 16 rows of w1 and the same 16 of w3 for one group, that is up to 8 tokens of one
// expert. The tiles of the shared expert come first: their addresses depend on no ids, so their
// weights are on their way before the previous kernel has ended. Blocks stay and take every
// gridDim-th tile, so a block's rings run on from tile to tile. Its warps divide the columns: warp
// w takes steps w, w + warps, ... Lanes: as in mma.m16n8k16, see weight_fragment.cuh.
//
// Synchronisation: two barriers a tile around the partial sums in shared memory, which are added in
// the order of the warps. The rings need none (moe_stream.cuh).
//
// Limit: DRAM bandwidth; with one token per expert the decoding of MXFP4 keeps the schedulers about
// 60 % as busy as that. Every expert's weights are read once per 8 of its tokens, from L2 after the
// first time.
namespace dscope::moe {

// Rows 16 row_tile .. + 15 of an expert, for one group.
struct GateUpTile {
  bool empty;
  bool shared;
  int group;  // of the shared expert: tokens 8 group .. + 7; else of the plan
  int row_tile;
};

// The tiles in the order in which blocks take them: block b has indices b, b + blocks, ... Shared
// tiles come first. FP8 being twice as long as MXFP4, the block of a shared tile sits out the round
// behind it: there the index is empty.
class GateUpTiles {
 public:
  __device__ explicit GateUpTiles(const MoeArgs& a)
      : a_(a), blocks_(static_cast<int>(a.blocks.divisor)) {
    const int shared = a.shared_groups * static_cast<int>(a.shared_tiles.divisor);
    const int full = shared > 0 ? a.blocks.quotient(shared - 1) : 0;  // rounds with nothing else
    rest_begin_ = 2 * blocks_ * full;
    rest_ = shared - blocks_ * full;
  }
  // Ends of the indices of shared tiles, and of all.
  __device__ int shared_end() const { return rest_begin_ + rest_; }
  __device__ int end(int groups) const {
    const int routed = groups * static_cast<int>(a_.routed_tiles.divisor);
    return shared_end() + routed + (routed > blocks_ - rest_ ? rest_ : 0);
  }
  __device__ GateUpTile operator[](int index) const {
    if (index < rest_begin_) {
      const int round = a_.blocks.quotient(index);
      return shared_tile(round / 2 * blocks_ + a_.blocks.remainder(index, round), round % 2 != 0);
    }
    index -= rest_begin_;
    if (index < rest_) return shared_tile(rest_begin_ / 2 + index, false);
    if (index >= blocks_ && index < blocks_ + rest_) return {.empty = true};
    const int tile = index - (index < blocks_ ? rest_ : 2 * rest_);
    const int group = a_.routed_tiles.quotient(tile);
    return {false, false, group, a_.routed_tiles.remainder(tile, group)};
  }

 private:
  __device__ GateUpTile shared_tile(int tile, bool empty) const {
    const int group = a_.shared_tiles.quotient(tile);
    return {empty, true, group, a_.shared_tiles.remainder(tile, group)};
  }
  const MoeArgs& a_;
  int blocks_;
  int rest_begin_;  // index of the last round that begins with shared tiles
  int rest_;        // shared tiles in it
};

__device__ __forceinline__ Source gate_up_source(const MoeArgs& a, const GateUpTile& tile,
                                                 const MoeGroup* groups) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  Source source;
  source.step = static_cast<int>(threadIdx.x / 32);
  source.end = a.gate_up_steps[tile.shared ? 1 : 0];
  source.shared = tile.shared;
  if (tile.empty) {
    source.end = 0;
  } else if (tile.shared) {
    const int row = 16 * tile.row_tile + lane / 4;
    const std::int64_t offset = row * a.w1.row_bytes + lane % 4 * 16;
    source.rows[0] = a.w1.data + offset;
    source.rows[1] = a.w3.data + offset;
    const unsigned valid =
        (row < a.shared_intermediate ? 1u : 0u) | (row + 8 < a.shared_intermediate ? 2u : 0u);
    source.valid = valid | valid << 2;
  } else {
    const std::int64_t stripes = static_cast<std::int64_t>(tile.row_tile) * source.end;
    source.rows[0] =
        a.bank + groups[tile.group].expert * a.expert_bytes + stripes * kStripeBytes + lane * 16;
  }
  return source;
}

// The row of h that the tile's c-th token belongs to, or -1.
__device__ __forceinline__ int column_pair(const MoeArgs& a, const GateUpTile& tile,
                                           const MoeGroup* groups, int c) {
  if (!tile.shared) return groups[tile.group].pairs[c];
  const int token = tile.group * kMoeColumns + c;
  return token < a.tokens ? pair_count(a) + token : -1;
}

// The input row that this lane reads for a tile, or null.
template <MoeColumnsAre kColumns>
__device__ __forceinline__ const bf16_t* column_input(const MoeArgs& a, const GateUpTile& tile,
                                                      const MoeGroup* groups) {
  const int c = operand_token<kColumns>(tile.shared);
  const int pair = c < 0 ? -1 : column_pair(a, tile, groups, c);
  if (pair < 0) return nullptr;
  const int routed = pair_count(a);
  const int token = pair < routed ? a.experts_per_token.quotient(pair) : pair - routed;
  return a.x + static_cast<std::int64_t>(token) * a.hidden;
}

// This warp's part of a tile's sums: sum[0] are gates, sum[1] ups; columns are tokens.
template <WeightFormat kShared, MoeColumnsAre kColumns, int kStages, class F>
__device__ __forceinline__ void gate_up_sums(const MoeArgs& a, const GateUpTile& tile,
                                             const bf16_t* token, int warps, MoeStage* ring,
                                             int& slot, F&& refill, float (&sum)[2][4]) {
  const int steps = a.gate_up_steps[tile.shared ? 1 : 0];
  const WeightMatrix* const matrices[2] = {&a.w1, &a.w3};
  const int scales[2] = {fragment_scales(a.w1, 16 * tile.row_tile),
                         fragment_scales(a.w3, 16 * tile.row_tile)};
  for (int step = static_cast<int>(threadIdx.x / 32); step < steps; step += warps) {
    if (tile.shared) {
      add_shared_step<kShared, kStages - 1>(ring[slot], matrices, scales, token, step, a.hidden,
                                            sum);
    } else {
      add_routed_step<kColumns, kStages - 1>(ring[slot], token, step, a.hidden, sum);
    }
    __syncwarp();
    refill(ring[slot]);
    slot = slot + 1 == kStages ? 0 : slot + 1;
  }
  if constexpr (kColumns == MoeColumnsAre::kGroups) fold_columns(sum);
}

// Comparisons, not fminf(): NaN stays NaN.
__device__ __forceinline__ float swiglu(float gate, float up, float limit) {
  gate = gate > limit ? limit : gate;
  up = up > limit ? limit : up < -limit ? -limit : up;
  return gate / (1.0f + expf(-gate)) * up;
}

// Adds the warps' sums and writes h: 128 threads, one value each.
template <int kWarps>
__device__ __forceinline__ void write_h(const MoeArgs& a, const GateUpTile& tile,
                                        const MoeGroup* groups,
                                        const float (&partial)[kWarps][kMoeSums][32]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int i = static_cast<int>(threadIdx.x / 32);  // element of an mma's result
  if (i >= 4) return;
  float gate = 0;
  float up = 0;
#pragma unroll
  for (int w = 0; w < kWarps; ++w) {
    gate += partial[w][i][lane];
    up += partial[w][4 + i][lane];
  }
  const int row = 16 * tile.row_tile + lane / 4 + i / 2 * 8;
  const int pair = column_pair(a, tile, groups, lane % 4 * 2 + i % 2);
  if (pair < 0 || row >= (tile.shared ? a.shared_intermediate : a.intermediate)) return;
  a.h[static_cast<std::int64_t>(pair) * a.h_pitch + row] =
      device::from_float<bf16_t>(swiglu(gate, up, a.limit));
}

// Blocks that the compiler must leave registers for: without spilling, 24 warps of an SM find room
// with FP8, 16 with BF16. On sm_120 shared memory allows no third block.
template <WeightFormat kShared>
constexpr int blocks_by_registers(const MoeStream& stream) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 1200
  constexpr int most = 2;
#else
  const int most = (kShared == WeightFormat::kFp8 ? 24 : 16) / stream.warps;
#endif
  return stream.blocks_per_sm < most ? stream.blocks_per_sm : most;
}

// kShape: the index of a MoeStream, since nvcc 13.0 does not compile kernels that take a class.
template <WeightFormat kShared, int kShape, MoeColumnsAre kColumns>
__global__ void __launch_bounds__(32 * kMoeGateUpStreams[kShape].warps,
                                  blocks_by_registers<kShared>(kMoeGateUpStreams[kShape]))
    moe_gate_up_kernel(const __grid_constant__ MoeArgs a) {
  constexpr MoeStream kStream = kMoeGateUpStreams[kShape];
  extern __shared__ __align__(128) std::byte shared_memory[];
  auto& storage = *reinterpret_cast<MoeSharedStorage<kStream>*>(shared_memory);
  const int warp = static_cast<int>(threadIdx.x / 32);
  const int lane = static_cast<int>(threadIdx.x % 32);
  MoeStage* ring = storage.ring[warp];
  const MoeGroup* groups = nullptr;

  const int first = static_cast<int>(blockIdx.x);
  const int stride = static_cast<int>(gridDim.x);
  const GateUpTiles tiles(a);
  const auto locate = [&](int index) { return gate_up_source(a, tiles[index], groups); };
  Feeder<kShared, kStream.warps, decltype(locate)> feeder(a.w1, first, stride, locate);
  int filled = 0;
  for (; filled < kStream.stages && feeder.advance(tiles.shared_end()); ++filled) {
    feeder.fill(ring[filled]);
    commit_copies();
  }
  device::wait_for_previous();
  // Not before: moe_down counts on ids and groups being final by the time it starts.
  device::allow_next();
  int group_count;
  if (a.groups == nullptr) {
    plan_in_block<false>(a, storage.plan);
    groups = storage.plan.groups;
    group_count = storage.plan.group_count;
  } else {
    groups = a.groups;
    group_count = *a.group_count;
  }
  const int end = tiles.end(group_count);
  for (; filled < kStream.stages; ++filled) feeder.feed(ring[filled], end);

  int slot = 0;
  for (int index = first; index < end; index += stride) {
    const GateUpTile tile = tiles[index];
    if (tile.empty) continue;
    const bf16_t* token = column_input<kColumns>(a, tile, groups);
    float sum[2][4] = {};
    gate_up_sums<kShared, kColumns, kStream.stages>(
        a, tile, token, kStream.warps, ring, slot,
        [&](MoeStage& stage) { feeder.feed(stage, end); }, sum);
    __syncthreads();  // the sums of the tile before have been read
#pragma unroll
    for (int i = 0; i < kMoeSums; ++i) storage.partial[warp][i][lane] = sum[i / 4][i % 4];
    __syncthreads();
    write_h(a, tile, groups, storage.partial);
  }
}

}  // namespace dscope::moe
