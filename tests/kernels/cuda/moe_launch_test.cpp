// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/moe.h"
#include "kernels/moe/moe_config.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

// What launch_moe() decides and refuses before it touches a GPU: these need none.
namespace dscope {
namespace {

std::byte* address(std::uintptr_t value) {
  return reinterpret_cast<std::byte*>(value);
}

// Sizes and addresses that supports() accepts; nothing is behind the addresses.
struct Supported {
  ExpertWeights shared;
  MoeParams<bf16_t> params;

  Supported() {
    const auto matrix = [](std::int64_t rows, std::int64_t cols) {
      return WeightMatrix{.format = WeightFormat::kFp8,
                          .rows = rows,
                          .cols = cols,
                          .data = address(4096),
                          .row_bytes = cols,
                          .scales = reinterpret_cast<std::uint8_t*>(address(4096)),
                          .scale_row_bytes = ceil_div(cols, 128)};
    };
    shared = {matrix(64, 128), matrix(64, 128), matrix(128, 64)};
    params = {.tokens = 4,
              .hidden = 128,
              .experts_per_token = 2,
              .x = reinterpret_cast<bf16_t*>(address(4096)),
              .ids = reinterpret_cast<std::int32_t*>(address(4096)),
              .weights = reinterpret_cast<float*>(address(4096)),
              .expert_count = 4,
              .bank = {.hidden = 128, .intermediate = 32, .data = address(4096)},
              .shared = &shared,
              .workspace = address(4096),
              .out = reinterpret_cast<bf16_t*>(address(4096))};
  }
};

TEST(MoeSupport, TakesWhatItSays) {
  Supported s;
  EXPECT_EQ(supports(s.params).reason, "");
  s.params.shared = nullptr;
  EXPECT_EQ(supports(s.params).reason, "");
  s.params.expert_count = 0;
  s.params.bank = {};
  EXPECT_EQ(supports(s.params).reason, "");
}

TEST(MoeSupport, RefusesEveryInvalidField) {
  struct Change {
    std::string field;
    std::function<void(Supported&)> apply;
  };
  const std::vector<Change> changes = {
      {"tokens", [](Supported& s) { s.params.tokens = 0; }},
      {"tokens", [](Supported& s) { s.params.tokens = 129; }},
      {"hidden", [](Supported& s) { s.params.hidden = 0; }},
      {"hidden", [](Supported& s) { s.params.hidden = 100; }},
      {"experts_per_token", [](Supported& s) { s.params.experts_per_token = 0; }},
      {"experts_per_token", [](Supported& s) { s.params.experts_per_token = 9; }},
      {"first_expert", [](Supported& s) { s.params.first_expert = -1; }},
      {"expert_count", [](Supported& s) { s.params.expert_count = -1; }},
      {"swiglu_limit", [](Supported& s) { s.params.swiglu_limit = -1; }},
      {"swiglu_limit", [](Supported& s) { s.params.swiglu_limit = NAN; }},
      {"x ", [](Supported& s) { s.params.x = nullptr; }},
      {"x ", [](Supported& s) { s.params.x += 1; }},
      {"ids", [](Supported& s) { s.params.ids = nullptr; }},
      {"weights", [](Supported& s) { s.params.weights = nullptr; }},
      {"workspace", [](Supported& s) { s.params.workspace = nullptr; }},
      {"workspace", [](Supported& s) { s.params.workspace += 64; }},
      {"out", [](Supported& s) { s.params.out = nullptr; }},
      {"bank.hidden", [](Supported& s) { s.params.bank.hidden = 256; }},
      {"bank.intermediate", [](Supported& s) { s.params.bank.intermediate = 0; }},
      {"bank.intermediate", [](Supported& s) { s.params.bank.intermediate = 48; }},
      {"bank.data", [](Supported& s) { s.params.bank.data = nullptr; }},
      {"bank.data", [](Supported& s) { s.params.bank.data += 64; }},
      {"shared.w1.rows", [](Supported& s) { s.shared.w1.rows = 60; }},
      {"shared.w3", [](Supported& s) { s.shared.w3.rows = 56; }},
      {"shared.w2", [](Supported& s) { s.shared.w2.cols = 56; }},
      {"shared.w2", [](Supported& s) { s.shared.w2.data = nullptr; }},
      {"shared.w1.format", [](Supported& s) { s.shared.w1.format = WeightFormat::kMxfp4; }},
      {"shared.w3.format", [](Supported& s) { s.shared.w3.format = WeightFormat::kBf16; }},
      {"shared.w2.row_bytes", [](Supported& s) { s.shared.w2.row_bytes = 72; }},
      {"shared.w2.row_bytes", [](Supported& s) { s.shared.w2.row_bytes = 48; }},
      {"shared.w3.row_bytes", [](Supported& s) { s.shared.w3.row_bytes = 256; }},
      {"shared.w1.scales", [](Supported& s) { s.shared.w1.scales = nullptr; }},
      {"row_origin", [](Supported& s) { s.shared.w1.row_origin = 8; }},
      {"col_origin", [](Supported& s) { s.shared.w2.col_origin = 8; }},
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Supported s;
    changes[i].apply(s);
    EXPECT_THAT(supports(s.params).reason, ::testing::HasSubstr(changes[i].field))
        << "change " << i;
    EXPECT_THROW(launch_moe(s.params, nullptr), Error) << "change " << i;
  }
}

TEST(MoeWorkspace, IsEnoughForFewerTokens) {
  std::int64_t most = 0;
  for (std::int64_t tokens = 1; tokens <= kMoeMostTokens; ++tokens) {
    const std::int64_t bytes = moe_workspace_bytes(tokens, 6, 4096, 2048);
    EXPECT_GE(bytes, most) << tokens;
    most = std::max(most, bytes);
  }
}

const DeviceLimits kHopper{.sms = 132,
                           .shared_per_block = 232'448,
                           .shared_per_sm = 233'472,
                           .l2_bytes = 50 << 20,
                           .warps_per_sm = 64};

TEST(MoeConfigs, FitTheSmallestDevice) {
  for (const MoeConfig& config : moe_configs()) {
    for (const MoeStream& stream : {config.gate_up, config.down}) {
      EXPECT_LE(shared_bytes(stream), kSm120SharedPerBlock);
      EXPECT_GE(stream.warps, 4) << "128 threads write the values of h of a tile";
      EXPECT_GE(resident_blocks(stream, kRtxPro6000), 1);
      EXPECT_LE(resident_blocks(stream, kHopper), stream.blocks_per_sm);
    }
  }
}

TEST(MoeConfigs, PickedOnesAreKnownAndFillTheDevice) {
  const auto known = moe_configs();
  for (const DeviceLimits& limits : {kHopper, kRtxPro6000}) {
    for (const std::int64_t hidden : {32, 96, 4096, 7168}) {
      for (const std::int64_t intermediate : {0, 32, 256, 2048, 3072}) {
        for (std::int64_t tokens = 1; tokens <= kMoeMostTokens; tokens += 5) {
          for (const std::int64_t shared : {0, 24, 2048}) {
            const MoeProblem p{.tokens = tokens,
                               .hidden = hidden,
                               .experts_per_token = 6,
                               .expert_count = intermediate > 0 ? 256 : 0,
                               .intermediate = intermediate,
                               .shared_intermediate = shared};
            const MoeConfig config = pick_config(p, limits);
            EXPECT_NE(std::find(known.begin(), known.end(), config), known.end());
            const std::int64_t blocks = gate_up_blocks(p, config.gate_up, limits);
            EXPECT_GE(blocks, 1);
            EXPECT_LE(blocks, limits.sms * resident_blocks(config.gate_up, limits));
            EXPECT_LE(most_routed_groups(p), tokens * 6);
            const std::int64_t splits = down_splits(p, config.down);
            EXPECT_GE(splits, 1);
            // No more parts of K than stripes where the parts are found for the problem.
            const std::int64_t stripes = ceil_div(std::max({intermediate, shared, 1l}), 128);
            if (columns_are_tokens(tokens)) {
              EXPECT_LE(splits, stripes);
            }
          }
        }
      }
    }
  }
}

// One token of V4-Flash: every warp of a block gets the same number of items.
TEST(MoeConfigs, OneTokenOfFlashIsEven) {
  const MoeProblem p{.tokens = 1,
                     .hidden = 4096,
                     .experts_per_token = 6,
                     .expert_count = 256,
                     .intermediate = 2048,
                     .shared_intermediate = 2048};
  const MoeConfig config = pick_config(p, kHopper);
  EXPECT_LE(down_blocks(p), kHopper.sms);
  EXPECT_EQ(config.gate_up.warps, 4) << "two rounds of small blocks instead of four";
  const std::int64_t items = (6 + 1) * down_splits(p, config.down);
  EXPECT_EQ(items % config.down.warps, 0) << items;
}

}  // namespace
}  // namespace dscope
