// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/copy_bandwidth.h"

#include "kernels/cuda/device.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/median_gbps.h"

#include <algorithm>
#include <cstdint>

namespace dscope {
CopyBandwidth measure_copy_bandwidth() {
  const CudaDevice device = current_device();
  const std::int64_t bytes =
      std::clamp<std::int64_t>(8 * device.limits.l2_bytes, 256ll << 20, device.free_bytes / 4);
  const DeviceBuffer from(bytes, "a bandwidth measurement");
  const DeviceBuffer to(bytes, "a bandwidth measurement");
  constexpr std::int64_t kHostBytes = 128 << 20;
  const std::int64_t host_bytes = std::min(kHostBytes, bytes);
  const PinnedBuffer host(host_bytes);
  return {.device_gbps = median_gbps(
              2 * bytes, [&](Stream s) { copy_on_device_async(to.data(), from.data(), bytes, s); }),
          .to_device_gbps = median_gbps(
              host_bytes,
              [&](Stream s) { copy_to_device_async(to.data(), host.data(), host_bytes, s); }),
          .to_host_gbps = median_gbps(host_bytes, [&](Stream s) {
            copy_to_host_async(host.data(), from.data(), host_bytes, s);
          })};
}

}  // namespace dscope
