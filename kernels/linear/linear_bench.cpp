// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/bench_support.h"
#include "kernels/linear/linear.h"

namespace dscope {
namespace {

// The query up-projection, FP8 [32768, 1024], for T tokens.
void linear_q_up(benchmark::State& state) {
  const WeightMatrix& weight = bench::flash_weights().layer(bench::kLayer).attn.wq_b;
  const std::int64_t tokens = state.range(0);
  const std::vector<bf16_t> x = bench::random_activations(tokens * weight.cols);
  std::vector<bf16_t> y(static_cast<std::size_t>(tokens * weight.rows));
  for (auto _ : state) {
    reference_linear<bf16_t, bf16_t>({.tokens = tokens,
                                      .x = x.data(),
                                      .x_stride = weight.cols,
                                      .weight = weight,
                                      .y = y.data(),
                                      .y_stride = weight.rows});
  }
  bench::set_counters(state, static_cast<double>(weight.bytes()),
                      2.0 * static_cast<double>(tokens * weight.rows * weight.cols));
}
BENCHMARK(linear_q_up)
    ->Name("cpu/linear/q_up")
    ->ArgName("tokens")
    ->Arg(1)
    ->Arg(8)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace dscope
