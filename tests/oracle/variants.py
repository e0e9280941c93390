# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
"""The checkpoints worth having: each breaks an assumption that a decoder could silently make."""

from dataclasses import dataclass, field

import torch

from checkpoint import Storage

YARN = {"type": "yarn", "factor": 16, "original_max_position_embeddings": 65536, "beta_fast": 32, "beta_slow": 1}

BASE_CONFIG = {
    "model_type": "deepseek_v4",
    "architectures": ["DeepseekV4ForCausalLM"],
    "torch_dtype": "bfloat16",
    "vocab_size": 512,
    "hidden_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 512,
    "qk_rope_head_dim": 64,
    "q_lora_rank": 128,
    "o_groups": 2,
    "o_lora_rank": 64,
    "n_routed_experts": 8,
    "n_shared_experts": 1,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 128,
    "num_hash_layers": 1,
    "scoring_func": "sqrtsoftplus",
    "norm_topk_prob": True,
    "routed_scaling_factor": 1.5,
    "swiglu_limit": 10.0,
    "hc_mult": 4,
    "hc_sinkhorn_iters": 20,
    "hc_eps": 1e-6,
    "sliding_window": 128,
    "compress_ratios": [0, 4, 128, 4],
    "index_n_heads": 4,
    "index_head_dim": 128,
    "index_topk": 32,
    "rope_theta": 10000,
    "compress_rope_theta": 160000,
    "rope_scaling": YARN,
    "max_position_embeddings": 1048576,
    "rms_norm_eps": 1e-6,
    "num_nextn_predict_layers": 0,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "hidden_act": "silu",
    "quantization_config": {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128],
                            "scale_fmt": "ue8m0", "activation_scheme": "dynamic"},
}


@dataclass(frozen=True)
class Variant:
    """`changes` to BASE_CONFIG. `seed` is chosen so that no routing or index choice nearly ties; exact ties
    are well defined."""
    changes: dict = field(default_factory=dict)
    storage: Storage = Storage()
    batch: int = 1
    steps: int = 270
    seed: int = 1

    def config(self) -> dict:
        return BASE_CONFIG | self.changes


VARIANTS = {
    "ratio_order_sharded": Variant(
        {"num_hidden_layers": 5, "compress_ratios": [128, 128, 4, 4, 0], "num_hash_layers": 2,
         "vocab_size": 640, "hidden_size": 128, "num_attention_heads": 8, "o_groups": 4,
         "n_routed_experts": 12, "num_experts_per_tok": 3, "moe_intermediate_size": 64,
         "index_n_heads": 8, "index_topk": 16},
        Storage(shards=3)),
    "odd_sizes": Variant(
        {"num_hidden_layers": 2, "compress_ratios": [4, 128], "hidden_size": 384, "q_lora_rank": 192,
         "moe_intermediate_size": 96, "o_lora_rank": 96, "num_attention_heads": 6, "o_groups": 3,
         "n_routed_experts": 6}),
    "one_layer": Variant(
        {"num_hidden_layers": 1, "compress_ratios": [4], "num_hash_layers": 0, "n_routed_experts": 4,
         "num_experts_per_tok": 1, "sliding_window": 64, "index_topk": 8}, batch=2, steps=150),
    "scaling_factors": Variant(
        {"num_hidden_layers": 3, "compress_ratios": [4, 0, 128], "num_hash_layers": 0,
         "routed_scaling_factor": 2.5, "swiglu_limit": 3.0, "rms_norm_eps": 1e-5, "hc_eps": 1e-3,
         "hc_sinkhorn_iters": 5, "rope_theta": 5000, "compress_rope_theta": 40000,
         "rope_scaling": {"type": "yarn", "factor": 4, "original_max_position_embeddings": 2048,
                          "beta_fast": 16, "beta_slow": 2}}),
    "head_sizes": Variant(
        {"hc_mult": 2, "index_head_dim": 64, "head_dim": 256}, batch=2, steps=200),
    "storage_types": Variant(
        {"num_hidden_layers": 3, "compress_ratios": [0, 4, 128, 0], "num_nextn_predict_layers": 1,
         "hidden_size": 128},
        Storage(norm_dtype=torch.float32, expert_dtype=torch.uint8, tid2eid_dtype=torch.int64), seed=2),
    "wide_streams": Variant(
        {"num_hidden_layers": 2, "compress_ratios": [4, 128], "hc_mult": 3, "qk_rope_head_dim": 32,
         "head_dim": 128, "index_n_heads": 3, "num_attention_heads": 2, "hc_sinkhorn_iters": 1}, steps=200),
}
