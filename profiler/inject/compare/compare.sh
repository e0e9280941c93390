#!/bin/sh
# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
# Usage: compare.sh DSCOPE [FOLDER]
# Records the same PyTorch program with `dscope inject` and with PyTorch's own profiler, with NVTX
# ranges and without, and prints the kernel time of every stage side by side. Needs a GPU, PyTorch
# and Triton; about two minutes.
set -eu
dscope=$(command -v "${1:?the dscope program}")
here=$(dirname "$0")
out=${2:-$(mktemp -d)}
steps=${STEPS:-200}
for ranges in "" --no-ranges; do
  name=${ranges:---ranges}
  "$dscope" inject --quiet --out "$out/inject$name" -- python3 "$here/decode_like.py" --steps "$steps" $ranges
  "$dscope" import "$out/inject$name"/trace.*.dscope --format json > "$out/inject$name.json"
  python3 "$here/decode_like.py" --steps "$steps" $ranges --kineto "$out/kineto$name.trace.json"
  "$dscope" import "$out/kineto$name.trace.json" --format json > "$out/kineto$name.json"
  python3 "$here/compare.py" "${name#--}" "$out/inject$name.json" "$out/kineto$name.json"
done
