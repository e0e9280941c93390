#!/bin/sh
# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
#
# Measures the grids that the kernel set "dscope" is calibrated and validated on: one shard of
# DeepSeek-V4-Flash at TP 1, 2, 4 and 8 without collectives, 1 to 64 sequences, contexts of 1K, 8K
# and 64K; kernels forced to configurations that pick_config() would not take; occupancy throttled
# by padding shared memory. The first eight layers hold every kind of layer there is; a second grid
# has all of them.
#
#   measure_grid.sh DSCOPE FOLDER [DEVICE]
#
# writes documents below FOLDER/layers8 and FOLDER/all_layers, and their condensed forms
# FOLDER/DEVICE.json and FOLDER/DEVICE_full.json (h200 unless given; a name, for the files alone).
# Three minutes on an H200, the most important first; one failed process does not stop the others.
set -u
dscope=${1:?usage: measure_grid.sh DSCOPE FOLDER [DEVICE]}
folder=${2:?usage: measure_grid.sh DSCOPE FOLDER [DEVICE]}
device=${3:-h200}
failed=0

# measure GRID/NAME OPTION...: documents of all configurations of one process.
measure() {
  name=$1
  shift
  mkdir -p "$folder/${name%/*}"
  "$dscope" run --model dsv4-flash --backend cuda --numerics serving --comm none --rank 0 \
    --routing uniform --steps 48 --warmup 3 --profile --out "$folder/$name" "$@" \
    > "$folder/$name.txt" 2>&1 && return
  failed=$((failed + 1))
  echo "failed: $name" >&2
  tail -n 3 "$folder/$name.txt" >&2
}

# Of the lists in kernels/*/*_config.h: other streams and rings of the experts, fewer and more
# splits of attention, other tiles and arrangements of warps of the products.
configs=moe=0,moe=3,moe=4,moe=5,moe=6,moe=9
configs=$configs,sparse_mla=1,sparse_mla=66,sparse_mla=128,sparse_mla=131,sparse_mla=193
configs=$configs,linear=4,linear=23,linear=38,linear=47,linear=49

plane="--layers 8 --batch 1,2,4,8,16,32,64 --context 1024,8192,65536"
line="--layers 8 --batch 1,8,64 --context 8192"
for tp in 1 8; do measure "layers8/tp$tp" --tp "$tp" $plane; done
measure layers8/tp1_configs --tp 1 $line --config "$configs"
measure layers8/tp1_padded --tp 1 $line --extra-shared 16KiB,32KiB,64KiB,96KiB,128KiB
for tp in 4 2; do measure "layers8/tp$tp" --tp "$tp" $plane; done
measure all_layers/tp8 --tp 8 --batch 1,8,64 --context 8192
measure layers8/tp8_configs --tp 8 $line --config "$configs"
measure layers8/tp4_padded --tp 4 $line --extra-shared 32KiB,64KiB,96KiB
"$dscope" validate --condense "$folder/layers8" --out "$folder/$device.json" || exit 1
"$dscope" validate --condense "$folder/all_layers" --out "$folder/${device}_full.json" || exit 1
[ "$failed" -eq 0 ] || echo "$failed of 8 runs failed" >&2
