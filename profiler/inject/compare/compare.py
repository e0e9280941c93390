#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
"""compare.py TITLE INJECT.json KINETO.json: stage tables of `dscope import` as one Markdown table."""
import json
import sys


def stages(path):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    steps = report["steps"]
    found = {s["id"]: s for s in report["stages"] if s["total_ns"] > 0 and s["id"] != "gap"}
    return {id: (s["label"], s["total_ns"] / steps / 1e3, s["launches"]) for id, s in found.items()}


def main():
    title, inject, kineto = sys.argv[1], stages(sys.argv[2]), stages(sys.argv[3])
    print(f"\n{title}\n\n| stage | inject | Kineto | difference | calls per step |")
    print("|---|---|---|---|---|")
    for stage in [*inject, *(s for s in kineto if s not in inject)]:
        label, ours_us, calls = inject.get(stage, (stage, 0.0, 0))
        theirs_us = kineto.get(stage, ("", 0.0, 0))[1]
        difference = f"{ours_us / theirs_us - 1:+.1%}" if theirs_us else "only one"
        print(f"| {label} | {ours_us:.2f} us | {theirs_us:.2f} us | {difference} | {calls:g} |")


if __name__ == "__main__":
    main()
