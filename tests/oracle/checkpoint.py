# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
"""Random DeepSeek-V4 checkpoints in official tensor names and formats, and the way back to float32."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from quantise import (FP8_BLOCK, dequantise_fp8, dequantise_mxfp4, expand_blocks, quantise_fp8,
                      quantise_mxfp4)

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"


@dataclass(frozen=True)
class Storage:
    """How a checkpoint is stored, where published checkpoints leave a choice."""
    shards: int = 1
    norm_dtype: torch.dtype = torch.bfloat16
    expert_dtype: torch.dtype = torch.int8
    tid2eid_dtype: torch.dtype = torch.int32


class RandomTensors:
    """Draws every tensor of one checkpoint. The spreads keep activations near 1 and every term of the
    model visible in the logits: no norm weight is 1, no bias or sink is 0, FP8 scales differ by block."""

    def __init__(self, config: dict, storage: Storage, seed: int):
        self._config = config
        self._storage = storage
        self._random = torch.Generator().manual_seed(seed)
        self.tensors: dict[str, torch.Tensor] = {}

    def draw(self) -> dict[str, torch.Tensor]:
        c = self._config
        hidden = c["hidden_size"]
        self._bf16("embed.weight", c["vocab_size"], hidden, std=1.0)
        self._bf16("head.weight", c["vocab_size"], hidden, std=2.0 * hidden**-0.5)
        self._norm("norm.weight", hidden)
        self._hyper_head("")
        for layer in range(c["num_hidden_layers"]):
            self._block(f"layers.{layer}.", c["compress_ratios"][layer], layer < c["num_hash_layers"])
        for layer in range(c["num_nextn_predict_layers"]):
            self._mtp(f"mtp.{layer}.")
        return self.tensors

    def _normal(self, *shape: int, std: float = 1.0, mean: float = 0.0) -> torch.Tensor:
        return torch.randn(*shape, generator=self._random) * std + mean

    def _f32(self, name: str, *shape: int, std: float, mean: float = 0.0) -> None:
        self.tensors[name] = self._normal(*shape, std=std, mean=mean)

    def _bf16(self, name: str, rows: int, columns: int, std: float | None = None) -> None:
        self.tensors[name] = self._normal(rows, columns, std=std or columns**-0.5).bfloat16()

    def _norm(self, name: str, size: int) -> None:
        self.tensors[name] = self._normal(size, std=0.1, mean=1.0).to(self._storage.norm_dtype)

    def _fp8(self, prefix: str, rows: int, columns: int) -> None:
        blocks = (-(-rows // FP8_BLOCK), -(-columns // FP8_BLOCK))
        gains = torch.exp2(torch.randint(-1, 2, blocks, generator=self._random).float())
        weight = self._normal(rows, columns, std=columns**-0.5) * expand_blocks(gains, rows, columns)
        self.tensors[prefix + ".weight"], self.tensors[prefix + ".scale"] = quantise_fp8(weight)

    def _mxfp4(self, prefix: str, rows: int, columns: int) -> None:
        weight = self._normal(rows, columns, std=columns**-0.5)
        packed, scale = quantise_mxfp4(weight, self._storage.expert_dtype)
        self.tensors[prefix + ".weight"], self.tensors[prefix + ".scale"] = packed, scale

    def _block(self, prefix: str, ratio: int, hashed: bool) -> None:
        hidden = self._config["hidden_size"]
        self._norm(prefix + "attn_norm.weight", hidden)
        self._norm(prefix + "ffn_norm.weight", hidden)
        self._attention(prefix + "attn.", ratio)
        self._feed_forward(prefix + "ffn.", hashed)
        streams = self._config["hc_mult"]
        mixes = (2 + streams) * streams
        for sublayer in ("attn", "ffn"):
            self._f32(f"{prefix}hc_{sublayer}_fn", mixes, streams * hidden, std=(streams * hidden) ** -0.5)
            self._f32(f"{prefix}hc_{sublayer}_base", mixes, std=0.5)
            self._f32(f"{prefix}hc_{sublayer}_scale", 3, std=0.1, mean=1.0)

    def _attention(self, prefix: str, ratio: int) -> None:
        c = self._config
        hidden, head_dim, heads = c["hidden_size"], c["head_dim"], c["num_attention_heads"]
        q_lora, groups, o_lora = c["q_lora_rank"], c["o_groups"], c["o_lora_rank"]
        self._f32(prefix + "attn_sink", heads, std=1.0)
        self._norm(prefix + "q_norm.weight", q_lora)
        self._norm(prefix + "kv_norm.weight", head_dim)
        self._fp8(prefix + "wq_a", q_lora, hidden)
        self._fp8(prefix + "wq_b", heads * head_dim, q_lora)
        self._fp8(prefix + "wkv", head_dim, hidden)
        self._fp8(prefix + "wo_a", groups * o_lora, heads * head_dim // groups)
        self._fp8(prefix + "wo_b", hidden, groups * o_lora)
        if ratio:
            self._compressor(prefix + "compressor.", ratio, head_dim)
        if ratio == 4:
            index_heads, index_dim = c["index_n_heads"], c["index_head_dim"]
            self._fp8(prefix + "indexer.wq_b", index_heads * index_dim, q_lora)
            self._bf16(prefix + "indexer.weights_proj.weight", index_heads, hidden)
            self._compressor(prefix + "indexer.compressor.", ratio, index_dim)

    def _compressor(self, prefix: str, ratio: int, entry_dim: int) -> None:
        channels = 2 * entry_dim if ratio == 4 else entry_dim
        self._bf16(prefix + "wkv.weight", channels, self._config["hidden_size"])
        self._bf16(prefix + "wgate.weight", channels, self._config["hidden_size"])
        self._f32(prefix + "ape", ratio, channels, std=0.3)
        self._norm(prefix + "norm.weight", entry_dim)

    def _feed_forward(self, prefix: str, hashed: bool) -> None:
        c = self._config
        hidden, inner, experts = c["hidden_size"], c["moe_intermediate_size"], c["n_routed_experts"]
        self._bf16(prefix + "gate.weight", experts, hidden)
        if hashed:
            scores = torch.rand(c["vocab_size"], experts, generator=self._random)
            table = scores.topk(c["num_experts_per_tok"], dim=1).indices
            self.tensors[prefix + "gate.tid2eid"] = table.to(self._storage.tid2eid_dtype)
        else:
            self._f32(prefix + "gate.bias", experts, std=0.1)
        shapes = {"w1": (inner, hidden), "w2": (hidden, inner), "w3": (inner, hidden)}
        for name, shape in shapes.items():
            self._fp8(f"{prefix}shared_experts.{name}", *shape)
            for expert in range(experts):
                self._mxfp4(f"{prefix}experts.{expert}.{name}", *shape)

    def _hyper_head(self, prefix: str) -> None:
        streams = self._config["hc_mult"]
        width = streams * self._config["hidden_size"]
        self._f32(prefix + "hc_head_fn", streams, width, std=0.5 * width**-0.5)
        self._f32(prefix + "hc_head_base", streams, std=0.5)
        self._f32(prefix + "hc_head_scale", 1, std=0.1, mean=1.0)

    def _mtp(self, prefix: str) -> None:
        hidden = self._config["hidden_size"]
        self._block(prefix, ratio=0, hashed=False)
        self._hyper_head(prefix)
        for name in ("enorm", "hnorm", "norm"):
            self._norm(f"{prefix}{name}.weight", hidden)
        for name in ("e_proj", "h_proj"):
            self._fp8(prefix + name, hidden, hidden)


def save_checkpoint(folder: Path, config: dict, storage: Storage, seed: int) -> None:
    """Writes config.json and one model.safetensors, or shards with their index."""
    tensors = RandomTensors(config, storage, seed).draw()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    if storage.shards == 1:
        save_file(tensors, folder / SINGLE_FILE, metadata={"format": "pt"})
        return
    # Dealing the names out separates many weights from their scales, which a reader must cope with.
    names = sorted(tensors)
    files = {f"model-{i + 1:05}-of-{storage.shards:05}.safetensors": names[i::storage.shards]
             for i in range(storage.shards)}
    for file, members in files.items():
        save_file({name: tensors[name] for name in members}, folder / file, metadata={"format": "pt"})
    size = sum(t.numel() * t.element_size() for t in tensors.values())
    weight_map = {name: file for file, members in files.items() for name in members}
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(weight_map.items()))}
    (folder / INDEX_FILE).write_text(json.dumps(index, indent=1) + "\n")


def load_dequantised(folder: Path) -> dict[str, torch.Tensor]:
    """Every tensor of a checkpoint by official name, scales folded in, float32 (integers untouched)."""
    index = folder / INDEX_FILE
    files = (sorted(set(json.loads(index.read_text())["weight_map"].values())) if index.exists()
             else [SINGLE_FILE])
    stored = {name: tensor for file in files for name, tensor in load_file(folder / file).items()}
    weights = {}
    for name, tensor in stored.items():
        scale = stored.get(name.removesuffix(".weight") + ".scale")
        if name.endswith(".scale"):
            continue
        if tensor.dtype == torch.float8_e4m3fn:
            weights[name] = dequantise_fp8(tensor, scale)
        elif tensor.dtype in (torch.int8, torch.uint8):
            weights[name] = dequantise_mxfp4(tensor, scale)
        else:
            weights[name] = tensor.float() if tensor.is_floating_point() else tensor
    return weights
