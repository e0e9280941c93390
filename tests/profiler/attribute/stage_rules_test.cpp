// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/stage_rules.h"

#include "workloads/base/error.h"
#include "workloads/op.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace dscope::attribute {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const StageRules& rules() {
  return StageRules::built_in();
}

std::string complaint(const std::string& text) {
  try {
    (void)StageRules::from_text(text, "mine.json");
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    return e.what();
  }
  return "no complaint";
}

TEST(StageRules, NameTheKernelsOfKnownLibraries) {
  const std::pair<const char*, Stage> kAnchors[] = {
      {"ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)", Stage::kNccl},
      {"ncclKernel_AllGather_RING_LL", Stage::kNccl},
      {"void sglang::cross_device_reduce_1stage<__nv_bfloat16, 8>(sglang::RankData*)",
       Stage::kNccl},
      {"all_reduce_one_shot_push_kernel", Stage::kNccl},
      {"dscope::one_shot_all_reduce_kernel(float*)", Stage::kNccl},
      {"_mxfp4_slot_gemv_kernel", Stage::kMoe},
      {"void marlin_moe_wna16::Marlin<__nv_bfloat16, 1125899906909960l, 256>(int4 const*)",
       Stage::kMoe},
      {"fused_moe_kernel", Stage::kMoe},
      {"sm120_fp8_fp4_gemm_1d1d_impl", Stage::kMoe},
      {"void flashinfer::activation::act_and_mul_kernel<__nv_bfloat16, &silu>(...)", Stage::kMoe},
      {"void dscope::moe_gate_up_kernel<dscope::Config, false>(dscope::MoeArgs)", Stage::kMoe},
      {"_ZN6dscope15moe_down_kernelILi4EEEvNS_7MoeArgsE", Stage::kMoe},
      {"_tiled_sparse_decode_kernel", Stage::kFlashMla},
      {"sparse_mla_decode_dsv4_kernel<64, 512>", Stage::kFlashMla},
      {"void sm90::flash_fwd_splitkv_mla_fp8_sparse_kernel<...>", Stage::kFlashMla},
      {"fused_q_indexer_rope_hadamard_quant_kernel", Stage::kIndexer},
      {"deep_gemm::smxx_paged_mqa_logits_impl<1, 64>", Stage::kIndexer},
      {"topk_transform_kernel", Stage::kIndexer},
      {"flash_c4_decode_kernel", Stage::kCompressor},
      {"fused_norm_rope_flashmla_kernel", Stage::kCompressor},
      {"hc_split_sinkhorn_kernel", Stage::kMhc},
      {"_hc_head_kernel", Stage::kMhc},
      {"moe_fused_gate_kernel<float, 256>", Stage::kRouter},
      {"moe_hash_topk_fused_kernel", Stage::kRouter},
      {"void flashinfer::norm::RMSNormKernel<8u, __nv_bfloat16>(...)", Stage::kNormRopeCache},
      {"fused_q_norm_rope_kernel", Stage::kNormRopeCache},
      {"void at::native::reduce_kernel<512, 1, at::native::ReduceOp<c10::BFloat16, "
       "at::native::ArgMaxOps<float>, unsigned int, long, 4, 4> >(...)",
       Stage::kLmHead},
      {"_init_compressed_attn_metadata_kernel", Stage::kOther},
      {"Memcpy DtoH (Device -> Pinned)", Stage::kOther},
  };
  for (const auto& [name, stage] : kAnchors) {
    const auto rule = rules().kernel(name);
    ASSERT_TRUE(rule) << name;
    EXPECT_EQ(rule->role, RuleRole::kAnchor) << name;
    EXPECT_EQ(rule->stage, stage) << name;
  }
}

TEST(StageRules, LeaveGenericKernelsToTheirSurroundings) {
  const std::pair<const char*, RuleRole> kOthers[] = {
      {"nvjet_sm90_tst_64x8_64x16_2x1_v_bz_TNT", RuleRole::kGemm},
      {"void cublasLt::splitKreduce_kernel<32, 16, int, float, __nv_bfloat16>(...)",
       RuleRole::kGemm},
      {"_w8a8_block_fp8_matmul_unrolledx4", RuleRole::kGemm},
      {"_per_token_group_quant_8bit", RuleRole::kGemm},
      {"void gemv2T_kernel_val<int, int, float, float, float, float, 128>(...)", RuleRole::kGemm},
      {"void cutlass::Kernel2<cutlass_80_wmma_tensorop_bf16_s161616gemm>(...)", RuleRole::kGemm},
      {"void at::native::vectorized_elementwise_kernel<4, at::native::exp_kernel_cuda>(...)",
       RuleRole::kHelper},
      {"triton_poi_fused_add_0", RuleRole::kHelper},
      {"Memset (Device)", RuleRole::kHelper},
      {"Memcpy DtoD (Device -> Device)", RuleRole::kHelper},
  };
  for (const auto& [name, role] : kOthers) {
    const auto rule = rules().kernel(name);
    ASSERT_TRUE(rule) << name;
    EXPECT_EQ(rule->role, role) << name;
    EXPECT_FALSE(rule->stage) << name;
  }
  EXPECT_FALSE(rules().kernel("my_secret_kernel"));
  EXPECT_FALSE(rules().kernel(""));
}

TEST(StageRules, KnowTheRangesOfDecodeScopeAndOfOthers) {
  for (const OpInfo& op : kOps) {
    const auto rule = rules().range(op.name);
    ASSERT_TRUE(rule) << op.name;
    EXPECT_EQ(rule->stage, op.stage) << op.name;
    EXPECT_EQ(rule->role, RuleRole::kAnchor) << op.name;
  }
  EXPECT_EQ(rules().range("nn.Module: DeepseekV4Indexer_3")->stage, Stage::kIndexer);
  EXPECT_FALSE(rules().range("aten::mul"));
  EXPECT_TRUE(rules().is_step("ProfilerStep#12"));
  EXPECT_TRUE(rules().is_step("step[0]"));
  EXPECT_FALSE(rules().is_step("aten::empty_strided, op_id = 12"));
}

TEST(StageRules, ContextsPlaceMatrixProducts) {
  EXPECT_EQ(rules().in_context({}, Stage::kNormRopeCache, Stage::kFlashMla), Stage::kProjection);
  EXPECT_EQ(rules().in_context({}, Stage::kFlashMla, Stage::kMhc), Stage::kProjection);
  EXPECT_EQ(rules().in_context({}, Stage::kNormRopeCache, Stage::kRouter), Stage::kRouter);
  EXPECT_EQ(rules().in_context({}, Stage::kNormRopeCache, Stage::kLmHead), Stage::kLmHead);
  EXPECT_EQ(rules().in_context({}, Stage::kMhc, Stage::kMhc), Stage::kMhc);
  EXPECT_EQ(rules().in_context({}, Stage::kMoe, std::nullopt), Stage::kMoe);
  EXPECT_EQ(rules().in_context({}, std::nullopt, std::nullopt), std::nullopt);
  EXPECT_EQ(rules().in_context(Stage::kNormRopeCache, Stage::kMoe, Stage::kLmHead), Stage::kLmHead);
  EXPECT_EQ(rules().in_context(Stage::kNormRopeCache, Stage::kMoe, Stage::kRouter), std::nullopt);
}

TEST(StageRules, AUsersRulesComeFirst) {
  const StageRules mine = StageRules::from_text(R"({
    "kernels": [{"pattern": "^my_", "stage": "moe", "step": "first"},
                {"pattern": "_mxfp4_slot", "stage": "other"},
                {"pattern": "^mystery", "role": "helper", "lean": "previous"}],
    "ranges": [{"pattern": "^my range$", "stage": "indexer", "role": "helper"}],
    "contexts": [{"of": "gemm", "after": ["moe"], "stage": "lm_head"}],
    "steps": ["^token "]})",
                                                "mine.json");
  EXPECT_EQ(mine.kernel("my_kernel")->stage, Stage::kMoe);
  EXPECT_EQ(mine.kernel("my_kernel")->step, StepMark::kFirst);
  EXPECT_EQ(mine.kernel("_mxfp4_slot_gemv_kernel")->stage, Stage::kOther);
  EXPECT_EQ(mine.kernel("mystery")->lean, Lean::kPrevious);
  EXPECT_EQ(mine.range("my range")->role, RuleRole::kHelper);
  EXPECT_EQ(mine.in_context({}, Stage::kMoe, Stage::kMoe), Stage::kLmHead);
  EXPECT_TRUE(mine.is_step("token 7"));
  EXPECT_EQ(mine.kernel("_tiled_sparse_decode_kernel")->stage, Stage::kFlashMla) << "still there";
  EXPECT_GT(mine.size(), rules().size());
}

TEST(StageRules, BadFilesAreExplained) {
  EXPECT_THAT(complaint("{"), AllOf(HasSubstr("mine.json"), HasSubstr("byte")));
  EXPECT_THAT(complaint("[]"), HasSubstr("mine.json"));
  EXPECT_THAT(complaint(R"({"kernel": []})"),
              AllOf(HasSubstr("/kernel"), HasSubstr("kernels, ranges, steps, contexts")));
  EXPECT_THAT(complaint(R"({"kernels": [{"pattern": "a(", "stage": "moe"}]})"),
              AllOf(HasSubstr("mine.json: /kernels/0/pattern"), HasSubstr("missing )")));
  EXPECT_THAT(complaint(R"({"kernels": [{"pattern": "", "stage": "moe"}]})"), HasSubstr("pattern"));
  EXPECT_THAT(complaint(R"({"kernels": [{"pattern": "a"}]})"), HasSubstr("/kernels/0"));
  EXPECT_THAT(complaint(R"({"kernels": [{"pattern": "a", "stage": "gap"}]})"),
              HasSubstr("/kernels/0/stage"));
  EXPECT_THAT(complaint(R"({"kernels": [{"pattern": "a", "role": "gemm", "stage": "moe"}]})"),
              HasSubstr("/kernels/0/stage"));
  EXPECT_THAT(complaint(R"({"kernels": [{"pattern": "a", "stage": "moe", "lean": "left"}]})"),
              AllOf(HasSubstr("/kernels/0/lean"), HasSubstr("either, next, previous")));
  EXPECT_THAT(complaint(R"({"contexts": [{"of": "gemm", "after": ["x"], "stage": "moe"}]})"),
              HasSubstr("/contexts/0/after/0"));
  EXPECT_THAT(complaint(R"({"steps": [3]})"), HasSubstr("/steps/0"));
}

TEST(StageRules, AFileIsReadAndNamed) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "dscope_rules_test.json";
  std::ofstream(path) << R"({"ranges": [{"pattern": "[", "stage": "moe"}]})";
  try {
    (void)StageRules::from_file(path);
    FAIL() << "a bad pattern was accepted";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr(path.string()), HasSubstr("/ranges/0/pattern"),
                                HasSubstr("missing ]")));
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace dscope::attribute
