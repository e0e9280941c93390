#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy of every numerics mode against a golden checkpoint, as a Markdown table.

Runs `dscope run` once per mode, free and with routing and index selections forced to those of the
exact run, and compares the dumped logits with the golden ones. Needs numpy and safetensors.

    python3 tests/oracle/accuracy.py --checkpoint tests/data/dsv4_tiny
"""
import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
from safetensors.numpy import load_file

MODES = ["exact", "bf16", "serving", "serving-a8"]


def decode(dscope, checkpoint, mode, folder, *options):
    out = folder / "logits.safetensors"
    command = [dscope, "run", "--checkpoint", checkpoint, "--numerics", mode,
               "--input-ids", f"{checkpoint}/expected.safetensors:input_ids",
               "--dump-logits", out, *options]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return load_file(out)["logits"].astype(np.float64)


def row(name, choices, logits, golden):
    error = np.linalg.norm(logits - golden, axis=-1) / np.linalg.norm(golden, axis=-1)
    best = np.sort(golden, axis=-1)
    margin = best[..., -1] - best[..., -2]
    same = logits.argmax(-1) == golden.argmax(-1)
    agreement = [f"{100 * same[margin > bound].mean():.1f} %" for bound in (0.1, 0.3)]
    figures = [f"{value:.4f}" for value in (error.mean(), np.percentile(error, 99), error.max())]
    return f"| {name} | {choices} | " + " | ".join(figures + agreement) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dscope", type=pathlib.Path, default="build/default/bin/dscope")
    parser.add_argument("--checkpoint", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    golden = load_file(arguments.checkpoint / "expected.safetensors")
    golden = golden["logits_incremental"].astype(np.float64)
    print("| numerics | choices | mean | p99 | worst | top-1, margin > 0.1 | margin > 0.3 |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        routing, selection = folder / "routing.safetensors", folder / "selection.safetensors"
        for mode in MODES:
            record = ["--record-routing", routing, "--record-selection", selection]
            free = decode(arguments.dscope, arguments.checkpoint, mode, folder,
                          *(record if mode == "exact" else []))
            print(row(mode, "free", free, golden))
            if mode == "exact":
                continue
            forced = decode(arguments.dscope, arguments.checkpoint, mode, folder,
                            "--routing", f"recorded:{routing}",
                            "--selection", f"recorded:{selection}")
            print(row(mode, "forced", forced, golden))


if __name__ == "__main__":
    main()
