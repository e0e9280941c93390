// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/device.h"
#include "kernels/cuda/extra_shared.cuh"
#include "kernels/cuda/stream.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace dscope {

struct LaunchShape {
  dim3 grid;
  dim3 block;
  std::size_t shared_bytes = 0;  // dynamic; above 48 KiB the kernel is opted in
  // Asked for even where less is used (and then not padded): spreading_shared_bytes().
  std::int64_t least_shared_bytes = 0;
  // That share an SM, whose shared memory is set up for them: shared_carveout_percent(). 0: as the
  // kernel before left it, if that is enough.
  std::int64_t blocks_per_sm = 0;
};

// The one way a kernel is launched. Every launch carries the attribute of programmatic dependent
// launch: the kernel may start while its predecessor drains, and must call wait_for_previous()
// (device/dependent_launch.cuh) before it reads what the predecessor wrote or writes what the
// predecessor reads. Errors of the launch itself are checked; nothing is synchronised.
template <class... Params, class... Args>
void launch(void (*kernel)(Params...), const LaunchShape& shape, Stream stream, Args&&... args) {
  const auto* const entry = reinterpret_cast<const void*>(kernel);
  const std::size_t shared_bytes = std::max(detail::padded_shared_bytes(entry, shape.shared_bytes),
                                            static_cast<std::size_t>(shape.least_shared_bytes));
  // Padded kernels are opted in whatever they ask for: their static part counts too.
  if (shared_bytes > 48 * 1024 || shared_bytes != shape.shared_bytes) {
    DSCOPE_CUDA_CHECK(cudaFuncSetAttribute(entry, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                           static_cast<int>(shared_bytes)));
  }
  cudaLaunchAttribute attributes[2]{};
  attributes[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[0].val.programmaticStreamSerializationAllowed = 1;
  attributes[1].id = cudaLaunchAttributePreferredSharedMemoryCarveout;
  if (shape.blocks_per_sm > 0) {
    attributes[1].val.sharedMemCarveout = static_cast<unsigned>(shared_carveout_percent(
        static_cast<std::int64_t>(shared_bytes), shape.blocks_per_sm, device_limits()));
  }
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  config.attrs = attributes;
  config.numAttrs = shape.blocks_per_sm > 0 ? 2 : 1;
  DSCOPE_CUDA_CHECK(cudaLaunchKernelEx(&config, kernel, std::forward<Args>(args)...));
}

}  // namespace dscope
