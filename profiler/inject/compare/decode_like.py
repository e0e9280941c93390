#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
"""A PyTorch program with the kernels of a DeepSeek-V4 decode step, for comparing profilers.

Every step runs four layers (norm, projections, attention, routed and shared experts, their sum) and
an LM head. Steps are launched kernel by kernel and replayed as one CUDA graph in turn. The Triton
kernels have the names of those of serving engines and do work of their kind.
"""
import argparse
import contextlib

import torch
import torch.nn.functional as F
import triton
import triton.language as tl

LAYERS = 4
TOKENS = 16
HIDDEN = 4096
INNER = 2048
EXPERTS = 6
VOCAB = 16384


@triton.jit
def _mxfp4_slot_gemv_kernel(x, w, y, n: tl.constexpr, k: tl.constexpr, block_n: tl.constexpr,
                            block_k: tl.constexpr):
    """y [slots, n] = x [slots, k] times w [slots, n, k]."""
    slot = tl.program_id(0)
    rows = tl.program_id(1) * block_n + tl.arange(0, block_n)
    total = tl.zeros([block_n], dtype=tl.float32)
    for first in range(0, k, block_k):
        columns = first + tl.arange(0, block_k)
        part = tl.load(w + slot * n * k + rows[:, None] * k + columns[None, :])
        total += tl.sum(part.to(tl.float32) * tl.load(x + slot * k + columns).to(tl.float32), 1)
    tl.store(y + slot * n + rows, total.to(tl.bfloat16))


@triton.jit
def _tiled_sparse_decode_kernel(q, kv, out, entries: tl.constexpr, dim: tl.constexpr,
                                block: tl.constexpr):
    """out [rows, dim]: attention of each row of q over all entries of kv [entries, dim]."""
    row = tl.program_id(0)
    columns = tl.arange(0, dim)
    query = tl.load(q + row * dim + columns).to(tl.float32)
    highest = -1e30
    weight = 0.0
    total = tl.zeros([dim], dtype=tl.float32)
    for first in range(0, entries, block):
        entry = first + tl.arange(0, block)
        values = tl.load(kv + entry[:, None] * dim + columns[None, :]).to(tl.float32)
        scores = tl.sum(values * query[None, :], 1) * 0.04
        top = tl.maximum(highest, tl.max(scores, 0))
        share = tl.exp(scores - top)
        scale = tl.exp(highest - top)
        weight = weight * scale + tl.sum(share, 0)
        total = total * scale + tl.sum(values * share[:, None], 0)
        highest = top
    tl.store(out + row * dim + columns, (total / weight).to(tl.bfloat16))


def experts(x, weights):
    """[slots, k] times [slots, n, k]: one expert a slot."""
    slots, n, k = weights.shape
    y = torch.empty(slots, n, device="cuda", dtype=torch.bfloat16)
    _mxfp4_slot_gemv_kernel[(slots, n // 16)](x, weights, y, n, k, 16, 128)
    return y


def attention(q, kv):
    rows = q.view(-1, 128)
    out = torch.empty_like(rows)
    _tiled_sparse_decode_kernel[(rows.shape[0],)](rows, kv, out, kv.shape[0], 128, 32)
    return out.view_as(q)


class Model:
    def __init__(self, ranges):
        def weight(*shape):
            return torch.randn(*shape, device="cuda", dtype=torch.bfloat16) * 0.02

        self.range = torch.cuda.nvtx.range if ranges else lambda _: contextlib.nullcontext()
        self.layers = [
            {
                "norm": weight(HIDDEN), "kv": weight(512, 128),
                "q": weight(HIDDEN, HIDDEN), "o_a": weight(HIDDEN, HIDDEN),
                "o_b": weight(HIDDEN, HIDDEN),
                "up": weight(EXPERTS, INNER, HIDDEN), "down": weight(EXPERTS, HIDDEN, INNER),
                "shared_up": weight(HIDDEN, INNER), "shared_down": weight(INNER, HIDDEN),
            } for _ in range(LAYERS)
        ]
        self.norm = weight(HIDDEN)
        self.head = weight(HIDDEN, VOCAB)
        self.x = weight(TOKENS, HIDDEN)

    def layer(self, x, w):
        h = F.rms_norm(x, (HIDDEN,), w["norm"])
        with self.range("q_proj"):
            q = h @ w["q"]
        with self.range("flash_mla"):
            a = attention(q, w["kv"])
        with self.range("o_proj"):
            h = (a @ w["o_a"]) @ w["o_b"]
        with self.range("moe"):
            routed = experts(F.silu(experts(h[:EXPERTS], w["up"])), w["down"])
            shared = F.silu(h @ w["shared_up"]) @ w["shared_down"]
            return shared + routed.sum(0, dtype=torch.bfloat16)

    def step(self):
        x = self.x
        for w in self.layers:
            x = self.layer(x, w)
        with self.range("lm_head"):
            return (F.rms_norm(x, (HIDDEN,), self.norm) @ self.head).argmax(-1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--no-ranges", action="store_true", help="without NVTX ranges")
    parser.add_argument("--kineto", metavar="FILE", help="trace with torch.profiler")
    args = parser.parse_args()
    torch.manual_seed(0)
    model = Model(not args.no_ranges)
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            model.step()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        model.step()

    def run(steps, after=lambda: None):
        for number in range(steps):
            with model.range("step"):
                graph.replay() if number % 2 else model.step()
                torch.cuda.synchronize()
            after()

    run(40)
    if not args.kineto:
        run(args.steps)
        return
    with torch.profiler.profile(schedule=torch.profiler.schedule(wait=0, warmup=4,
                                                                 active=args.steps),
                                on_trace_ready=lambda p: p.export_chrome_trace(args.kineto)) as p:
        run(4 + args.steps, p.step)


if __name__ == "__main__":
    main()
