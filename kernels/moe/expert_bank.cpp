// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/expert_bank.h"

#include "kernels/common/scale_limits.h"
#include "workloads/base/error.h"

#include <array>
#include <cstring>

namespace dscope {
namespace {

constexpr int kFragmentRows = 16;
constexpr int kLanes = 32;
constexpr std::int64_t kGroupRowBytes = kMxfp4Group / 2;

// Four codes, one in the low nibble of each byte, as a half of a packed word has them.
constexpr std::uint32_t pack_half(std::uint32_t codes) {
  return ((codes << 6) & 0x01c0u) | ((codes << 12) & 0x8000u) |  // code 0
         ((codes >> 5) & 0x0038u) | ((codes << 1) & 0x1000u) |   // code 1
         ((codes >> 16) & 0x0007u) | ((codes >> 5) & 0x4000u) |  // code 2
         ((codes >> 15) & 0x0e00u) | ((codes >> 14) & 0x2000u);  // code 3
}

// Eight codes as the checkpoint has them (column i in nibble i) as a packed word.
constexpr std::uint32_t pack_word(std::uint32_t codes) {
  return pack_half(codes & 0x0f0f0f0fu) | pack_half((codes >> 4) & 0x0f0f0f0fu) << 16;
}
static_assert(pack_word(0x0000000fu) == 0x000081c0u && pack_word(0xf0000000u) == 0x2e000000u);
static_assert(pack_word(0xffffffffu) == 0xffffffffu, "every bit has a place");

// Sixteen neighbouring rows of a matrix.
struct Fragment {
  const WeightMatrix* matrix = nullptr;
  std::int64_t row = 0;

  [[nodiscard]] const std::byte* codes(std::int64_t i) const {
    return matrix->data + (row + i) * matrix->row_bytes;
  }
  [[nodiscard]] const std::uint8_t* scales(std::int64_t i) const {
    return matrix->scales + (matrix->row_origin + row + i) * matrix->scale_row_bytes +
           matrix->col_origin / kMxfp4Group;
  }
};
using TileRows = std::array<Fragment, 2>;

// The codes of 32 rows in one group of 32 columns. Gathered first, so that packing is a loop over
// neighbouring words, which compilers vectorise.
void pack_codes(const TileRows& tile, std::int64_t group, std::byte* out) {
  std::array<std::uint32_t, 4 * kLanes> words;
  for (int row = 0; row < 2 * kFragmentRows; ++row) {
    const std::byte* from =
        tile[row / kFragmentRows].codes(row % kFragmentRows) + group * kGroupRowBytes;
    for (int q = 0; q < 4; ++q) {
      std::memcpy(&words[(row % 8 * 4 + q) * 4 + row / 8], from + 4 * q, 4);
    }
  }
  for (std::uint32_t& word : words) word = pack_word(word);
  std::memcpy(out, words.data(), sizeof(words));
}

void pack_scales(const TileRows& tile, std::int64_t group, int group_in_stripe, std::byte* out) {
  for (int row = 0; row < 2 * kFragmentRows; ++row) {
    const int scale = tile[row / kFragmentRows].scales(row % kFragmentRows)[group];
    out[row % 8 * 16 + group_in_stripe * 4 + row / 8] =
        static_cast<std::byte>(scale + ExpertStripe::kScaleBias);
  }
}

// All stripes of a tile of 32 rows. Returns the end of what it wrote.
std::byte* pack_tile(const TileRows& tile, std::byte* out) {
  const std::int64_t groups = tile[0].matrix->cols / kMxfp4Group;
  for (std::int64_t first = 0; first < groups; first += ExpertStripe::kGroups) {
    std::byte* scales = out + ExpertStripe::kCodeBytes;
    if (groups - first < ExpertStripe::kGroups) std::memset(out, 0, ExpertStripe::kBytes);
    for (int i = 0; i < ExpertStripe::kGroups && first + i < groups; ++i) {
      pack_codes(tile, first + i, out + i * ExpertStripe::kGroupBytes);
      pack_scales(tile, first + i, i, scales);
    }
    out += ExpertStripe::kBytes;
  }
  return out;
}

void check_matrix(const char* name, const WeightMatrix& m, std::int64_t rows, std::int64_t cols) {
  DSCOPE_REQUIRE(!m.empty() && m.rows == rows && m.cols == cols,
                 "{}: expected [{}, {}], got [{}, {}]", name, rows, cols, m.rows, m.cols);
  if (m.format != WeightFormat::kMxfp4) {
    throw unavailable_error(
        "the CUDA kernels take routed experts in MXFP4 only, {} is not; --backend cpu takes any",
        name);
  }
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::uint8_t* scales = Fragment{&m, row}.scales(0);
    check_scales(m.format, {scales, static_cast<std::size_t>(cols / kMxfp4Group)});
  }
}

}  // namespace

void pack_expert(const ExpertWeights& expert, std::byte* out) {
  const std::int64_t intermediate = expert.w1.rows;
  const std::int64_t hidden = expert.w1.cols;
  if (hidden % 32 != 0 || intermediate % 32 != 0) {
    throw unavailable_error(
        "the CUDA kernels take routed experts with sizes in multiples of 32, got hidden {} and "
        "intermediate {} on this rank; --backend cpu takes any",
        hidden, intermediate);
  }
  check_matrix("w1", expert.w1, intermediate, hidden);
  check_matrix("w3", expert.w3, intermediate, hidden);
  check_matrix("w2", expert.w2, hidden, intermediate);
  for (std::int64_t row = 0; row < intermediate; row += kFragmentRows) {
    out = pack_tile({Fragment{&expert.w1, row}, Fragment{&expert.w3, row}}, out);
  }
  for (std::int64_t row = 0; row < hidden; row += 2 * kFragmentRows) {
    out = pack_tile({Fragment{&expert.w2, row}, Fragment{&expert.w2, row + kFragmentRows}}, out);
  }
}

}  // namespace dscope
