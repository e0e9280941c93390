// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/linear/linear.cuh"
#include "kernels/linear/linear.h"
#include "kernels/linear/linear_plain.cuh"

#include <concepts>
#include <limits>

namespace dscope {
namespace {

bool aligned_16(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p) % 16 == 0;
}

Support check_weight(const WeightMatrix& w) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max() / 8;
  if (w.empty()) return unsupported("weight.data is null");
  if (w.rows < 1 || w.rows > kMost) return unsupported("weight.rows is {}", w.rows);
  if (w.cols < 1 || w.cols > kMost) return unsupported("weight.cols is {}", w.cols);
  const std::int64_t bits = value_bits(w.format);
  if (w.cols * bits % 8 != 0) return unsupported("weight.cols is {}, an odd number", w.cols);
  if (w.row_bytes < w.cols * bits / 8) {
    return unsupported("weight.row_bytes is {} for {} columns", w.row_bytes, w.cols);
  }
  const std::int64_t alignment = std::max<std::int64_t>(1, bits / 8);
  if (w.row_bytes % alignment != 0 ||
      reinterpret_cast<std::uintptr_t>(w.data) % static_cast<std::uintptr_t>(alignment) != 0) {
    return unsupported("weight.data or weight.row_bytes is not a multiple of {} bytes", alignment);
  }
  if (w.format != WeightFormat::kFp8 && w.format != WeightFormat::kMxfp4) return {};
  if (w.scales == nullptr) return unsupported("weight.scales is null");
  if (w.row_origin < 0 || w.row_origin > kMost) {
    return unsupported("weight.row_origin is {}", w.row_origin);
  }
  if (w.col_origin < 0 || w.col_origin > kMost) {
    return unsupported("weight.col_origin is {}", w.col_origin);
  }
  const std::int64_t block = w.format == WeightFormat::kFp8 ? kFp8Block : kMxfp4Group;
  if (w.scale_row_bytes < ceil_div(w.col_origin + w.cols, block)) {
    return unsupported("weight.scale_row_bytes is {} for columns {} to {}", w.scale_row_bytes,
                       w.col_origin, w.col_origin + w.cols);
  }
  if (w.format == WeightFormat::kMxfp4 && w.col_origin % kMxfp4Group != 0) {
    return unsupported("weight.col_origin is {}, not a multiple of {}", w.col_origin, kMxfp4Group);
  }
  return {};
}

template <class Out>
linear::MatrixArgs matrix_args(const LinearParams<bf16_t, Out>& p, std::int64_t tile_rows) {
  const WeightMatrix& w = p.weight;
  const std::int64_t group_rows = w.rows / p.groups;
  const bool pairs =
      reinterpret_cast<std::uintptr_t>(p.y) % 4 == 0 && p.y_stride % 2 == 0 && group_rows % 2 == 0;
  return {.data = w.data,
          .row_bytes = w.row_bytes,
          .scales = w.scales,
          .scale_row_bytes = static_cast<int>(w.scale_row_bytes),
          .row_origin = static_cast<int>(w.row_origin),
          .col_origin = static_cast<int>(w.col_origin),
          .group_rows = static_cast<int>(group_rows),
          .group_tiles = static_cast<int>(ceil_div(group_rows, tile_rows)),
          .y = p.y,
          .y_stride = p.y_stride,
          .pairs = pairs};
}

template <class Out>
linear::Args kernel_args(const LinearProblem& problem, const LinearPlan& plan,
                         const LinearParams<bf16_t, Out>& a, const LinearParams<bf16_t, Out>* b) {
  const std::int64_t slice = problem.cols / plan.split;
  const std::int64_t batches =
      ceil_div(slice, linear_batch_values(problem, plan.config, plan.row_warps));
  const std::int64_t padded = round_up(slice, linear_chunk_values(problem.format));
  const std::int64_t stride = linear_stage_stride(std::min(
      padded, plan.window_batches * linear_batch_values(problem, plan.config, plan.row_warps)));
  const std::int64_t tile_rows = linear_tile_rows(plan);
  linear::Args args{
      .x = a.x,
      .x_stride = a.x_stride,
      .tokens = static_cast<int>(problem.tokens),
      .cols = static_cast<int>(problem.cols),
      .split = plan.split,
      .slice_values = static_cast<int>(slice),
      .row_warps = plan.row_warps,
      .batches = static_cast<int>(batches),
      .window_batches = plan.window_batches,
      .windows = static_cast<int>(ceil_div(batches, plan.window_batches)),
      .stage_stride = static_cast<int>(stride),
      .buffer_bytes =
          plan.buffers == 1 ? 0 : static_cast<int>(linear_staged_rows(problem, plan) * stride),
      .quantise = problem.quantise,
      .float_out = std::same_as<Out, float>,
      .passes = static_cast<int>(plan.passes),
      .units = static_cast<int>(plan.tiles * plan.passes),
      .units_per_block = static_cast<int>(plan.units_per_block),
      .tile_rows = static_cast<int>(tile_rows),
      .first_tiles = static_cast<int>(problem.groups * ceil_div(problem.rows[0], tile_rows)),
      .matrices = {matrix_args(a, tile_rows)}};
  if (b != nullptr) args.matrices[1] = matrix_args(*b, tile_rows);
  return args;
}

template <WeightFormat kFormat, std::size_t kIndex>
void launch_config(const LinearPlan& plan, const linear::Args& args, Stream stream) {
  constexpr LinearConfig kConfig = kLinearConfigs[kIndex];
  constexpr std::size_t kShared = sizeof(LinearSharedStorage<kConfig>);
  static_assert(kShared <= kSm120SharedPerBlock);
  const DeviceLimits& limits = device_limits();
  launch(linear::linear_kernel<kFormat, static_cast<int>(kIndex)>,
         {.grid = dim3(static_cast<unsigned>(plan.blocks)),
          .block = dim3(32 * kConfig.warps),
          .shared_bytes = kShared,
          .least_shared_bytes = spreading_shared_bytes(plan.blocks, limits),
          .blocks_per_sm = std::min(resident_blocks(kConfig, limits),
                                    ceil_div(plan.blocks, std::int64_t{limits.sms}))},
         stream, args);
}

// Launches the kernel compiled for the plan's configuration; false: there is none.
template <WeightFormat kFormat, std::size_t... kIndex>
bool dispatch(const LinearPlan& plan, const linear::Args& args, Stream stream,
              std::index_sequence<kIndex...>) {
  return ((plan.config == kLinearConfigs[kIndex] &&
           (launch_config<kFormat, kIndex>(plan, args, stream), true)) ||
          ...);
}

void launch_plan(WeightFormat format, const LinearPlan& plan, const linear::Args& args,
                 Stream stream) {
  constexpr auto kAll = std::make_index_sequence<kLinearConfigs.size()>{};
  const bool launched = format == WeightFormat::kFp8
                            ? dispatch<WeightFormat::kFp8>(plan, args, stream, kAll)
                            : dispatch<WeightFormat::kBf16>(plan, args, stream, kAll);
  DSCOPE_REQUIRE(launched, "launch_linear: config is none of kLinearConfigs");
}

template <class Out>
void launch_plain(const LinearParams<bf16_t, Out>& p, Stream stream) {
  const linear::PlainArgs args{.x = p.x,
                               .x_stride = p.x_stride,
                               .tokens = static_cast<int>(p.tokens),
                               .group_rows = static_cast<int>(p.weight.rows / p.groups),
                               .weight = p.weight,
                               .y = p.y,
                               .y_stride = p.y_stride,
                               .quantise = p.quantise_activations,
                               .float_out = std::same_as<Out, float>};
  const dim3 grid(static_cast<unsigned>(ceil_div(p.weight.rows, linear::kPlainWarps)),
                  static_cast<unsigned>(ceil_div(p.tokens, linear::kPlainTokens)));
  launch(linear::linear_plain_kernel, {.grid = grid, .block = dim3(32 * linear::kPlainWarps)},
         stream, args);
}

// What measured best on this device, else what is expected to be; none: the plain kernel has to do.
std::optional<LinearPlan> choose_plan(const LinearProblem& problem) {
  const DeviceLimits& limits = device_limits();
  const std::optional<LinearConfig> picked = pick_config(problem, limits);
  if (!picked) return std::nullopt;
  constexpr auto kChoices = linear_choices();
  if (const auto tuned = tuned_config("linear", tuning_shape(problem), kChoices.size())) {
    if (const auto plan = plan_of(problem, kChoices[*tuned], limits)) return plan;
  }
  return plan_linear(problem, *picked, limits);
}

}  // namespace

template <class Out>
Support supports(const LinearParams<bf16_t, Out>& p) {
  constexpr std::int64_t kMostTokens = 65'535;
  if (p.tokens < 1 || p.tokens > kMostTokens) {
    return unsupported("tokens is {}, expected 1 to {}", p.tokens, kMostTokens);
  }
  if (const Support weight = check_weight(p.weight); !weight.ok()) return weight;
  if (p.groups < 1 || p.weight.rows % p.groups != 0) {
    return unsupported("groups is {}, which does not divide {} rows", p.groups, p.weight.rows);
  }
  if (p.x == nullptr) return unsupported("x is null");
  if (p.x_stride < p.groups * p.weight.cols) {
    return unsupported("x_stride is {}, expected at least {}", p.x_stride,
                       p.groups * p.weight.cols);
  }
  if (p.y == nullptr) return unsupported("y is null");
  if (p.y_stride < p.weight.rows) {
    return unsupported("y_stride is {}, expected at least {}", p.y_stride, p.weight.rows);
  }
  return {};
}

template <class Out>
LinearProblem linear_problem(const LinearParams<bf16_t, Out>& p) {
  const WeightMatrix& w = p.weight;
  const bool aligned = aligned_16(p.x) && p.x_stride % 8 == 0 && aligned_16(w.data) &&
                       w.row_bytes % 16 == 0 &&
                       (w.format != WeightFormat::kFp8 || w.col_origin % 16 == 0);
  return {.format = w.format,
          .tokens = p.tokens,
          .groups = p.groups,
          .rows = {w.rows / p.groups, 0},
          .cols = w.cols,
          .quantise = p.quantise_activations,
          .aligned = aligned};
}

template <class Out>
void launch_linear(const LinearParams<bf16_t, Out>& p, Stream stream, const LinearConfig* config) {
  require_supported("launch_linear", supports(p));
  const LinearProblem problem = linear_problem(p);
  const std::optional<LinearPlan> chosen = choose_plan(problem);
  if (!chosen) {
    DSCOPE_REQUIRE(config == nullptr,
                   "launch_linear: config is given for what only the plain "
                   "kernel can run");
    return launch_plain(p, stream);
  }
  const LinearPlan plan =
      config != nullptr ? plan_linear(problem, *config, device_limits()) : *chosen;
  launch_plan(problem.format, plan, kernel_args<Out>(problem, plan, p, nullptr), stream);
}

template <class Out>
void launch_linear_as(const LinearParams<bf16_t, Out>& p, const LinearChoice& choice,
                      Stream stream) {
  require_supported("launch_linear_as", supports(p));
  const LinearProblem problem = linear_problem(p);
  const DeviceLimits& limits = device_limits();
  const std::optional<LinearPlan> plan =
      pick_config(problem, limits) ? plan_of(problem, choice, limits) : std::nullopt;
  DSCOPE_REQUIRE(plan.has_value(), "launch_linear_as: this choice cannot run the problem");
  launch_plan(problem.format, *plan, kernel_args<Out>(problem, *plan, p, nullptr), stream);
}

template <class Out>
void launch_linear_pair(const LinearParams<bf16_t, Out>& a, const LinearParams<bf16_t, Out>& b,
                        Stream stream) {
  require_supported("launch_linear_pair", supports(a));
  require_supported("launch_linear_pair", supports(b));
  LinearProblem both = linear_problem(a);
  const LinearProblem other = linear_problem(b);
  const bool together = a.x == b.x && a.x_stride == b.x_stride && both.tokens == other.tokens &&
                        both.groups == other.groups && both.format == other.format &&
                        both.cols == other.cols && both.quantise == other.quantise && other.aligned;
  both.rows[1] = other.rows[0];
  const std::optional<LinearPlan> plan = choose_plan(both);
  if (!together || !plan) {
    launch_linear(a, stream);
    launch_linear(b, stream);
    return;
  }
  launch_plan(both.format, *plan, kernel_args(both, *plan, a, &b), stream);
}

template Support supports(const LinearParams<bf16_t, bf16_t>&);
template Support supports(const LinearParams<bf16_t, float>&);
template void launch_linear(const LinearParams<bf16_t, bf16_t>&, Stream, const LinearConfig*);
template void launch_linear(const LinearParams<bf16_t, float>&, Stream, const LinearConfig*);
template LinearProblem linear_problem(const LinearParams<bf16_t, bf16_t>&);
template LinearProblem linear_problem(const LinearParams<bf16_t, float>&);
template void launch_linear_as(const LinearParams<bf16_t, bf16_t>&, const LinearChoice&, Stream);
template void launch_linear_as(const LinearParams<bf16_t, float>&, const LinearChoice&, Stream);
template void launch_linear_pair(const LinearParams<bf16_t, bf16_t>&,
                                 const LinearParams<bf16_t, bf16_t>&, Stream);
template void launch_linear_pair(const LinearParams<bf16_t, float>&,
                                 const LinearParams<bf16_t, float>&, Stream);

}  // namespace dscope
