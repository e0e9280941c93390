# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
"""The two weight formats of DeepSeek-V4 checkpoints: FP8 e4m3 with an E8M0 scale per 128x128 block,
and MXFP4 (two E2M1 codes per byte, low nibble = even column) with an E8M0 scale per 32 columns."""

import torch

FP8_BLOCK = 128
FP8_MAX = 448.0
FP4_GROUP = 32
FP4_MAX = 6.0
FP4_VALUES = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])
E8M0_BIAS = 127


def _scale_exponent(absmax: torch.Tensor, largest: float) -> torch.Tensor:
    """Smallest e with absmax / 2^e <= largest."""
    return torch.ceil(torch.log2(absmax.clamp(min=1e-30) / largest)).clamp(-E8M0_BIAS, E8M0_BIAS)


def _to_e8m0(exponent: torch.Tensor) -> torch.Tensor:
    return (exponent + E8M0_BIAS).to(torch.uint8).view(torch.float8_e8m0fnu)


def _from_e8m0(scale: torch.Tensor) -> torch.Tensor:
    return torch.exp2(scale.view(torch.uint8).float() - E8M0_BIAS)


def expand_blocks(values: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """[ceil(rows/128), ceil(columns/128)] -> [rows, columns]; edge blocks may be partial."""
    wide = values.repeat_interleave(FP8_BLOCK, 0).repeat_interleave(FP8_BLOCK, 1)
    return wide[:rows, :columns]


def quantise_fp8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """[n, k] float32 -> e4m3 [n, k], E8M0 [ceil(n/128), ceil(k/128)]."""
    rows, columns = weight.shape
    pad = torch.nn.functional.pad(weight, (0, -columns % FP8_BLOCK, 0, -rows % FP8_BLOCK))
    blocks = pad.unflatten(1, (-1, FP8_BLOCK)).unflatten(0, (-1, FP8_BLOCK))
    exponent = _scale_exponent(blocks.abs().amax(dim=(1, 3)), FP8_MAX)
    scaled = weight / expand_blocks(torch.exp2(exponent), rows, columns)
    return scaled.to(torch.float8_e4m3fn), _to_e8m0(exponent)


def dequantise_fp8(weight: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    return weight.float() * expand_blocks(_from_e8m0(scale), *weight.shape)


def quantise_mxfp4(weight: torch.Tensor, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """[n, k] float32 -> packed codes [n, k/2] of `dtype` (int8 or uint8), E8M0 [n, k/32]."""
    groups = weight.unflatten(1, (-1, FP4_GROUP))
    exponent = _scale_exponent(groups.abs().amax(dim=2), FP4_MAX)
    scaled = (groups / torch.exp2(exponent).unsqueeze(2)).flatten(1)
    midpoints = (FP4_VALUES[1:] + FP4_VALUES[:-1]) / 2
    codes = torch.bucketize(scaled.abs(), midpoints) + 8 * (scaled < 0)
    packed = codes[:, 0::2] + 16 * codes[:, 1::2]
    return packed.to(torch.uint8).view(dtype), _to_e8m0(exponent)


def dequantise_mxfp4(packed: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    signed = torch.cat([FP4_VALUES, -FP4_VALUES])
    bytes_ = packed.view(torch.uint8).int()
    values = torch.stack([signed[bytes_ & 15], signed[bytes_ >> 4]], dim=2).flatten(1)
    return values * _from_e8m0(scale).repeat_interleave(FP4_GROUP, 1)
