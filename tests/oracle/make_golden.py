#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes random DeepSeek-V4 checkpoints with the logits of transformers' implementation. See README.md."""

import argparse
import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

from checkpoint import Storage, save_checkpoint
from reference import decode, full_forward, load_model
from variants import BASE_CONFIG, VARIANTS, Variant

EXPECTED_FILE = "expected.safetensors"


def report_margins(expected: dict[str, torch.Tensor]) -> None:
    for name in ("routing_margin", "index_margin"):
        if name in expected:
            margins = expected[name][expected[name].isfinite()]
            nonzero = margins[margins > 0]
            smallest = f"{nonzero.min():.1e}" if nonzero.numel() else "none"
            ties = margins.numel() - nonzero.numel()
            print(f"  {name}: {margins.numel()} choices, {ties} exact ties, else at least {smallest}")


def write_expected(folder: Path, batch: int, steps: int, seed: int) -> None:
    model = load_model(folder)
    random = torch.Generator().manual_seed(seed)
    input_ids = torch.randint(model.config.vocab_size, (batch, steps), generator=random)
    expected = decode(model, input_ids)
    save_file(expected, folder / EXPECTED_FILE)
    logits = expected["logits_incremental"]
    difference = (full_forward(model, input_ids) - logits).abs().max()
    megabytes = sum(f.stat().st_size for f in folder.iterdir()) / 1e6
    print(f"{folder.name}: {megabytes:.1f} MB, logits std {logits.std():.2f}, full pass differs by {difference:.1e}")
    report_margins(expected)


def make_variants(arguments: argparse.Namespace) -> None:
    for name in arguments.names or VARIANTS:
        variant = VARIANTS[name]
        folder = arguments.out / name
        save_checkpoint(folder, variant.config(), variant.storage, variant.seed)
        write_expected(folder, variant.batch, variant.steps, variant.seed)


def make_custom(arguments: argparse.Namespace) -> None:
    config = BASE_CONFIG | json.loads(arguments.config.read_text())
    storage = Storage(shards=arguments.shards)
    save_checkpoint(arguments.out, config, storage, arguments.seed)
    write_expected(arguments.out, arguments.batch, arguments.steps, arguments.seed)


def check(arguments: argparse.Namespace) -> None:
    stored = load_file(arguments.folder / EXPECTED_FILE)
    ours = decode(load_model(arguments.folder), stored["input_ids"].long())
    golden = stored["logits_incremental"].float()
    difference = (ours["logits_incremental"] - golden).abs().max().item()
    relative = ((ours["logits_incremental"] - golden).norm(dim=-1) / golden.norm(dim=-1)).max().item()
    sets = [e["routed_experts"].sort(dim=-1).values for e in (ours, stored)]
    other_experts = (sets[0] != sets[1]).any(dim=-1).sum().item()
    print(f"{arguments.folder.name}: logits differ by at most {difference:.2e} (relative L2 per step {relative:.2e}), "
          f"{other_experts} of {sets[0][..., 0].numel()} expert sets differ")
    report_margins(ours)
    if relative > arguments.tolerance or other_experts:
        raise SystemExit(f"{arguments.folder}: expected.safetensors is not reproduced")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("check", help="recompute expected.safetensors of a folder and compare")
    command.add_argument("folder", type=Path)
    command.add_argument("--tolerance", type=float, default=2e-3, help="relative L2 error per step")
    command.set_defaults(run=check)

    command = commands.add_parser("variants", help="make the checkpoints of variants.py")
    command.add_argument("out", type=Path)
    command.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(VARIANTS)}")
    command.set_defaults(run=make_variants)

    command = commands.add_parser("custom", help="make one checkpoint for your own dimensions")
    command.add_argument("config", type=Path, help="config.json fields that differ from the base of variants.py")
    command.add_argument("out", type=Path)
    command.add_argument("--shards", type=int, default=1)
    command.add_argument("--batch", type=int, default=Variant.batch)
    command.add_argument("--steps", type=int, default=Variant.steps)
    command.add_argument("--seed", type=int, default=Variant.seed)
    command.set_defaults(run=make_custom)
    return parser.parse_args()


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.disable_progress_bar()
    chosen = parse_arguments()
    chosen.run(chosen)
