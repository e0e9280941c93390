// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Programmatic dependent launch, as every kernel of this project uses it: constant data (weights)
// may be read before wait_for_previous(), everything else only behind it. allow_next() lets the
// next kernel of the stream start its prologue; that one still waits for this kernel's end, so
// where it is called decides speed, never correctness. Both do nothing without the attribute.
namespace dscope::device {

__device__ __forceinline__ void wait_for_previous() {
  asm volatile("griddepcontrol.wait;" ::: "memory");
}

__device__ __forceinline__ void allow_next() {
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}

}  // namespace dscope::device
