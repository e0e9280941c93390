// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dscope {

// Forced occupancy, for measuring what bandwidth and time owe to it: every kernel launched from now
// on (or captured from now on; a graph keeps what it was captured with) asks for `bytes` more
// dynamic shared memory than it uses, so that fewer of its blocks share an SM. A kernel that would
// then need more than a block may have is launched as it is and remembered as refusing.
//
// 0: as they are. Not while other threads launch. Throws Error{kUsage} for a negative size or more
// than the device lets a block have, Error{kUnavailable} where there is no GPU (never for 0).
void set_extra_shared_bytes(std::int64_t bytes);
[[nodiscard]] std::int64_t extra_shared_bytes();

// A kernel that was launched without the extra bytes.
struct ExtraSharedRefusal {
  std::string kernel;             // as the compiler names it
  std::int64_t shared_bytes = 0;  // of a block, static and dynamic, without the extra
  std::int64_t most_bytes = 0;    // that a block may have
};
// Those since set_extra_shared_bytes(), each once, in the order in which they were met.
[[nodiscard]] std::vector<ExtraSharedRefusal> extra_shared_refusals();

}  // namespace dscope
