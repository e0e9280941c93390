// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/trace_generator.h"
#include "workloads/random.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// The events of a generated trace, for whoever writes them down. Of trace_generator only.
namespace dscope::importer {

// Names as long, and as awkward for a parser, as real ones.
inline constexpr std::array<std::string_view, 9> kGeneratedKernels{
    "_mxfp4_slot_gemv_kernel",
    "_tiled_sparse_decode_kernel",
    "void at::native::vectorized_elementwise_kernel<4, "
    "at::native::silu_kernel(at::TensorIteratorBase&)"
    "::{lambda()#1}::operator()() const::{lambda()#4}, std::array<char*, 2ul> >(int, "
    "at::native::silu_"
    "kernel(at::TensorIteratorBase&)::{lambda()#1}, std::array<char*, 2ul>)",
    "nvjet_tst_64x8_64x16_4x1_v_bz_splitK_TNT",
    "void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float, "
    "at::native::func_wrapper_t<fl"
    "oat, at::native::sum_functor<float, float, "
    "float>::operator()(at::TensorIterator&)::{lambda(float,"
    " float)#1}>, unsigned int, float, 4, 4> >(at::native::ReduceOp<float>)",
    "void cublasLt::splitKreduce_kernel<32, 16, int, float, __nv_bfloat16, float, __nv_bfloat16, "
    "true>"
    "(cublasLt::cublasSplitKParams<float>, float const*, __nv_bfloat16 const*)",
    "void (anonymous namespace)::\"quoted\" \\ kernel<char['[']>(int*)",
    "hc_split_sinkhorn_kernel",
    "ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)"};
inline constexpr std::size_t kGeneratedNccl = kGeneratedKernels.size() - 1;

struct GeneratedWork {
  std::int64_t device = 0;
  std::int64_t step = 0;
  std::size_t kernel = 0;  // of kGeneratedKernels; its size: a copy, its size + 1: a fill
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::int64_t launch_ns = 0;  // of the host, which takes kGeneratedLaunchNs
  std::int64_t correlation = 0;
  std::int64_t node = 0;   // of a graph; 0: launched by itself
  std::int64_t bytes = 0;  // of a copy or fill
  bool launched = true;    // false: by the graph launch of the step's first work

  [[nodiscard]] bool is_kernel() const { return kernel < kGeneratedKernels.size(); }
  [[nodiscard]] bool is_copy() const { return kernel == kGeneratedKernels.size(); }
};
inline constexpr std::int64_t kGeneratedLaunchNs = 2'345;
inline constexpr std::int64_t kGeneratedStartNs = 4'609'133'070'834'081;

// Calls step(device, step, first launch, last end) after work(GeneratedWork) of the same step.
template <class Work, class Step>
TraceTotals generate(const TraceShape& shape, const Work& work, const Step& on_step) {
  TraceTotals totals;
  std::int64_t correlation = 1000;
  std::uint64_t random = 0;
  for (std::int64_t device = 0; device < shape.devices; ++device) {
    std::int64_t now = kGeneratedStartNs + device * 17;
    for (std::int64_t step = 0; step < shape.steps; ++step) {
      const std::int64_t first_launch = now;
      now += 10'000;
      for (std::int64_t i = 0; i < shape.kernels_per_step + 2; ++i) {
        GeneratedWork w;
        w.device = device;
        w.step = step;
        // A copy and a fill end the step.
        const bool is_kernel = i < shape.kernels_per_step;
        w.kernel = kGeneratedKernels.size() + static_cast<std::size_t>(i - shape.kernels_per_step);
        if (is_kernel) w.kernel = static_cast<std::size_t>(i) % kGeneratedKernels.size();
        w.start_ns = now + static_cast<std::int64_t>(hash64(random++) % 900);
        w.end_ns = w.start_ns + 1'000 + static_cast<std::int64_t>(hash64(random++) % 30'000);
        w.launched = !shape.graph || i == 0;
        if (w.launched) ++correlation;
        w.correlation = correlation;
        w.launch_ns = shape.graph ? first_launch + 100 : w.start_ns - 9'000;
        w.node = shape.graph && is_kernel ? 0x7f0000001ll + i : 0;
        w.bytes = is_kernel ? 0 : 4096 + step;
        now = w.end_ns;
        totals.kernels += w.is_kernel();
        if (w.is_kernel()) totals.kernel_ns += w.end_ns - w.start_ns;
        if (w.kernel == kGeneratedNccl) totals.nccl_ns += w.end_ns - w.start_ns;
        totals.copies += w.is_copy();
        if (w.is_copy()) totals.copy_bytes += w.bytes;
        totals.fills += !w.is_kernel() && !w.is_copy();
        totals.calls += w.launched;
        totals.ranges += w.launched;
        work(w);
      }
      ++totals.ranges;
      on_step(device, step, first_launch, now);
      now += 5'000;
    }
  }
  return totals;
}

}  // namespace dscope::importer
