#!/bin/sh
# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
#
# Measures the grid that the kernel set "dscope" is calibrated and validated on: one shard of
# DeepSeek-V4-Flash at TP 1, 2, 4 and 8 without collectives, 1 to 64 sequences, contexts of 1K, 8K
# and 64K, and occupancy throttled by padding shared memory. The first eight layers hold every kind
# of layer there is.
#
#   measure_grid.sh DSCOPE FOLDER
#
# writes documents below FOLDER/documents and their condensed form to FOLDER/grid.json. Minutes of
# GPU time; one failed configuration does not stop the others.
set -u
dscope=${1:?usage: measure_grid.sh DSCOPE FOLDER}
folder=${2:?usage: measure_grid.sh DSCOPE FOLDER}
documents=$folder/documents
mkdir -p "$documents"
failed=0

# measure NAME OPTION...: documents of all configurations of one process.
measure() {
  name=$1
  shift
  "$dscope" run --model dsv4-flash --layers 8 --backend cuda --numerics serving --comm none \
    --routing uniform --steps 30 --warmup 3 --profile --out "$documents/$name" "$@" \
    > "$documents/$name.txt" 2>&1 && return
  failed=$((failed + 1))
  echo "failed: $name" >&2
  tail -n 3 "$documents/$name.txt" >&2
}

for tp in 1 2 4 8; do
  measure "tp$tp" --tp "$tp" --rank 0 --batch 1,2,4,8,16,32,64 --context 1024,8192,65536
done
for extra in 16KiB 32KiB 64KiB 96KiB 128KiB; do
  measure "extra$extra" --tp 1 --batch 1,8,64 --context 8192 --extra-shared "$extra"
  measure "extra$extra-tp4" --tp 4 --rank 0 --batch 1,8,64 --context 8192 --extra-shared "$extra"
done
"$dscope" validate --condense "$documents" --out "$folder/grid.json" || exit 1
[ "$failed" -eq 0 ] || echo "$failed of 14 runs failed" >&2
