// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device.h"
#include "kernels/moe/moe.h"
#include "kernels/moe/moe_kernels.cuh"

#include <algorithm>
#include <limits>

namespace dscope {
namespace {

constexpr std::int64_t kMostSize = 1 << 16;  // of hidden and intermediate: indices are int
constexpr std::int64_t kSectionAlignment = 128;
constexpr std::int64_t kPieceBytes = 16;

bool aligned(const void* pointer, std::int64_t alignment) {
  return reinterpret_cast<std::uintptr_t>(pointer) % static_cast<std::uintptr_t>(alignment) == 0;
}

Support supports_sizes(const MoeParams<bf16_t>& p) {
  if (p.tokens < 1 || p.tokens > kMoeMostTokens) {
    return unsupported("tokens must be 1 to {}, got {}", kMoeMostTokens, p.tokens);
  }
  if (p.hidden < 32 || p.hidden > kMostSize || p.hidden % 32 != 0) {
    return unsupported("hidden must be a multiple of 32 up to {}, got {}", kMostSize, p.hidden);
  }
  if (p.experts_per_token < 1 || p.experts_per_token > kMoeMostExpertsPerToken) {
    return unsupported("experts_per_token must be 1 to {}, got {}", kMoeMostExpertsPerToken,
                       p.experts_per_token);
  }
  if (p.first_expert < 0 || p.first_expert > kMostSize) {
    return unsupported("first_expert must be 0 to {}, got {}", kMostSize, p.first_expert);
  }
  if (p.expert_count < 0 || p.expert_count > kMostSize) {
    return unsupported("expert_count must be 0 to {}, got {}", kMostSize, p.expert_count);
  }
  if (!(p.swiglu_limit >= 0)) {
    return unsupported("swiglu_limit must not be negative, got {}", p.swiglu_limit);
  }
  return {};
}

Support supports_pointers(const MoeParams<bf16_t>& p) {
  if (p.x == nullptr || !aligned(p.x, kPieceBytes)) {
    return unsupported("x must be given and {}-byte aligned", kPieceBytes);
  }
  if (p.ids == nullptr) return unsupported("ids must be given");
  if (p.weights == nullptr) return unsupported("weights must be given");
  if (p.workspace == nullptr || !aligned(p.workspace, kSectionAlignment)) {
    return unsupported("workspace must be given and {}-byte aligned", kSectionAlignment);
  }
  if (p.out == nullptr && p.partial == nullptr) return unsupported("out must be given");
  return {};
}

Support supports_bank(const MoeParams<bf16_t>& p) {
  if (p.expert_count == 0) return {};
  const ExpertBank& bank = p.bank;
  if (bank.hidden != p.hidden) {
    return unsupported("bank.hidden must be hidden {}, got {}", p.hidden, bank.hidden);
  }
  if (bank.intermediate < 32 || bank.intermediate > kMostSize || bank.intermediate % 32 != 0) {
    return unsupported("bank.intermediate must be a multiple of 32 up to {}, got {}", kMostSize,
                       bank.intermediate);
  }
  if (bank.data == nullptr || !aligned(bank.data, 128)) {
    return unsupported("bank.data must be given and 128-byte aligned");
  }
  return {};
}

Support supports_shared_matrix(const char* name, const WeightMatrix& m, std::int64_t rows,
                               std::int64_t cols, WeightFormat format) {
  if (m.empty() || m.rows != rows || m.cols != cols) {
    return unsupported("shared.{} must be [{}, {}], got [{}, {}]", name, rows, cols, m.rows,
                       m.cols);
  }
  if (m.format != format || (format != WeightFormat::kFp8 && format != WeightFormat::kBf16)) {
    return unsupported("shared.{}.format must be FP8 or BF16, the same for all three matrices",
                       name);
  }
  const std::int64_t used = format == WeightFormat::kFp8 ? cols : 2 * cols;
  if (!aligned(m.data, kPieceBytes) || m.row_bytes % kPieceBytes != 0 || m.row_bytes < used) {
    return unsupported("shared.{}.row_bytes and data must be multiples of {}, and rows hold {}",
                       name, kPieceBytes, used);
  }
  if (format != WeightFormat::kFp8) return {};
  if (m.scales == nullptr) return unsupported("shared.{}.scales must be given", name);
  if (m.row_origin % 16 != 0 || m.col_origin % 16 != 0) {
    return unsupported(
        "shared.{}: a slice must begin on a multiple of 16 rows (row_origin {}) and columns "
        "(col_origin {})",
        name, m.row_origin, m.col_origin);
  }
  return {};
}

Support supports_shared(const MoeParams<bf16_t>& p) {
  if (p.shared == nullptr) return {};
  const ExpertWeights& w = *p.shared;
  const std::int64_t size = w.w1.rows;
  if (size < 8 || size > kMostSize || size % 8 != 0) {
    return unsupported("shared.w1.rows must be a multiple of 8 up to {}, got {}", kMostSize, size);
  }
  const WeightFormat format = w.w1.format;
  for (const Support& part : {supports_shared_matrix("w1", w.w1, size, p.hidden, format),
                              supports_shared_matrix("w3", w.w3, size, p.hidden, format),
                              supports_shared_matrix("w2", w.w2, p.hidden, size, format)}) {
    if (!part.ok()) return part;
  }
  if (w.w3.row_bytes != w.w1.row_bytes) {
    return unsupported("shared.w3.row_bytes must be that of w1, {}, got {}", w.w1.row_bytes,
                       w.w3.row_bytes);
  }
  return {};
}

// --- Workspace: group count, groups, rounded x, h, contributions ---------------------------------

std::int64_t h_rows(std::int64_t tokens, std::int64_t experts_per_token) {
  return tokens * (experts_per_token + 1);
}

// Contributions of every part of K, for any number of tokens up to this.
std::int64_t contribution_rows(std::int64_t tokens, std::int64_t experts_per_token) {
  if (columns_are_tokens(tokens)) return 0;
  return std::max(2 * h_rows(std::min(tokens, kMoeFewTokens), experts_per_token),
                  h_rows(tokens, experts_per_token));
}

class Sections {
 public:
  explicit Sections(std::byte* begin) : begin_(begin) {}
  template <class T>
  T* take(std::int64_t count) {
    std::byte* section = begin_ == nullptr ? nullptr : begin_ + bytes_;
    bytes_ += round_up(count * static_cast<std::int64_t>(sizeof(T)), kSectionAlignment);
    return reinterpret_cast<T*>(section);
  }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  std::byte* begin_;
  std::int64_t bytes_ = 0;
};

struct Workspace {
  std::int32_t* group_count;
  MoeGroup* groups;
  bf16_t* x;
  bf16_t* h;
  float* contributions;
  std::int64_t h_pitch;
  std::int64_t bytes;

  Workspace(std::byte* begin, std::int64_t tokens, std::int64_t experts_per_token,
            std::int64_t hidden, std::int64_t intermediate) {
    Sections sections(begin);
    const bool planned = !columns_are_tokens(tokens);
    h_pitch = round_up(intermediate, 8);
    group_count = sections.take<std::int32_t>(1);
    groups = sections.take<MoeGroup>(planned ? tokens * experts_per_token : 0);
    x = sections.take<bf16_t>(tokens * hidden);
    h = sections.take<bf16_t>(h_rows(tokens, experts_per_token) * h_pitch);
    contributions = sections.take<float>(contribution_rows(tokens, experts_per_token) * hidden);
    bytes = sections.bytes();
  }
};

MoeProblem problem_of(const MoeParams<bf16_t>& p) {
  return {.tokens = p.tokens,
          .hidden = p.hidden,
          .experts_per_token = p.experts_per_token,
          .expert_count = p.expert_count,
          .intermediate = p.expert_count > 0 ? p.bank.intermediate : 0,
          .shared_intermediate = p.shared != nullptr ? p.shared->w1.rows : 0};
}

void require_known(const MoeConfig& config) {
  const auto known = moe_configs();
  DSCOPE_REQUIRE(std::find(known.begin(), known.end(), config) != known.end(),
                 "config: {} and {} warps, {} and {} stages are not in moe_configs()",
                 config.gate_up.warps, config.down.warps, config.gate_up.stages,
                 config.down.stages);
}

MoeArgs args_of(const MoeParams<bf16_t>& p, const MoeProblem& problem, const MoeConfig& config,
                const DeviceLimits& limits, const Workspace& workspace) {
  MoeArgs a{.tokens = static_cast<int>(p.tokens),
            .hidden = static_cast<int>(p.hidden),
            .experts_per_token = FastDivisor(p.experts_per_token),
            .x = p.x,
            .ids = p.ids,
            .weights = p.weights,
            .first_expert = static_cast<int>(p.first_expert),
            .expert_count = static_cast<int>(p.expert_count),
            .intermediate = static_cast<int>(problem.intermediate),
            .bank = p.bank.data,
            .expert_bytes = p.bank.expert_bytes(),
            .gate_up_bytes = p.bank.gate_up_bytes()};
  if (p.shared != nullptr) {
    a.w1 = p.shared->w1;
    a.w3 = p.shared->w3;
    a.w2 = p.shared->w2;
  }
  a.shared_intermediate = static_cast<int>(problem.shared_intermediate);
  a.shared_groups = static_cast<int>(shared_groups(problem));
  a.blocks = FastDivisor(gate_up_blocks(problem, config.gate_up, limits));
  a.shared_tiles = FastDivisor(ceil_div(problem.shared_intermediate, 16));
  a.routed_tiles = FastDivisor(problem.intermediate / 16);
  const bool bf16 = p.shared != nullptr && p.shared->w1.format == WeightFormat::kBf16;
  const std::int64_t shared_values = bf16 ? kMoeSharedStepBytes / 2 : kMoeSharedStepBytes;
  const auto steps = [&](int(&into)[2], std::int64_t routed_cols, std::int64_t shared_cols) {
    into[0] = static_cast<int>(ExpertStripe::across(routed_cols));
    into[1] = static_cast<int>(ceil_div(shared_cols, shared_values));
  };
  steps(a.gate_up_steps, p.hidden, p.hidden);
  steps(a.down_steps, problem.intermediate, problem.shared_intermediate);
  a.limit = p.swiglu_limit > 0 ? static_cast<float>(p.swiglu_limit)
                               : std::numeric_limits<float>::infinity();
  a.splits = FastDivisor(down_splits(problem, config.down));
  a.h = workspace.h;
  a.h_pitch = static_cast<int>(workspace.h_pitch);
  a.out = p.out;
  a.partial = p.partial;
  if (!columns_are_tokens(p.tokens)) {
    a.group_count = workspace.group_count;
    a.groups = workspace.groups;
    a.contributions = workspace.contributions;
  }
  return a;
}

// What was measured to be best on this device, else what is expected to be.
MoeConfig choose_config(const MoeProblem& problem, const DeviceLimits& limits) {
  constexpr auto kConfigs = moe_configs();
  const auto tuned = tuned_config("moe", tuning_shape(problem), kConfigs.size());
  return tuned ? kConfigs[*tuned] : pick_config(problem, limits);
}

MoeQuantiseArgs quantise_x(const MoeArgs& a, bf16_t* out) {
  return {.in = a.x, .out = out, .rows = a.tokens, .pitch = a.hidden, .width = a.hidden};
}

MoeQuantiseArgs quantise_h(const MoeArgs& a) {
  const int routed = pair_count(a);
  return {.in = a.h,
          .out = a.h,
          .rows = a.shared_intermediate > 0 ? routed + a.tokens : routed,
          .pitch = a.h_pitch,
          .ids = a.ids,
          .first_expert = a.first_expert,
          .expert_count = a.expert_count,
          .routed_rows = routed,
          .routed_width = a.intermediate,
          .width = a.shared_intermediate};
}

}  // namespace

Support supports(const MoeParams<bf16_t>& p) {
  for (const Support& part :
       {supports_sizes(p), supports_pointers(p), supports_bank(p), supports_shared(p)}) {
    if (!part.ok()) return part;
  }
  return {};
}

std::int64_t moe_workspace_bytes(std::int64_t tokens, std::int64_t experts_per_token,
                                 std::int64_t hidden, std::int64_t intermediate) {
  return Workspace(nullptr, tokens, experts_per_token, hidden, intermediate).bytes;
}

void launch_moe(const MoeParams<bf16_t>& p, Stream stream, const MoeConfig* config) {
  require_supported("launch_moe", supports(p));
  const MoeProblem problem = problem_of(p);
  const DeviceLimits& limits = device_limits();
  const MoeConfig chosen = config != nullptr ? *config : choose_config(problem, limits);
  require_known(chosen);
  const Workspace workspace(p.workspace, p.tokens, p.experts_per_token, p.hidden,
                            std::max(problem.intermediate, problem.shared_intermediate));
  MoeArgs a = args_of(p, problem, chosen, limits, workspace);
  if (p.quantise_activations) {
    launch_moe_quantise(quantise_x(a, workspace.x), stream);
    a.x = workspace.x;
  }
  if (!columns_are_tokens(p.tokens)) launch_moe_plan(a, stream);
  launch_moe_gate_up(a, chosen.gate_up, stream);
  if (p.quantise_activations) launch_moe_quantise(quantise_h(a), stream);
  launch_moe_down(a, chosen.down, stream);
}

}  // namespace dscope
