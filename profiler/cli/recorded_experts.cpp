// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/recorded_experts.h"

#include "profiler/cli/int_tensor.h"
#include "profiler/cli/step_choices.h"
#include "workloads/base/error.h"
#include "workloads/routing/recorded.h"

#include <algorithm>
#include <array>
#include <vector>

namespace dscope::cli {

using routing::RecordedAxes;

void use_recorded_experts(model::Configuration& c, const std::string& file) {
  const ModelConfig m = model::decoded_model(c);
  const IntTensor tensor = read_int_tensor(file, kRoutingTensor);
  if (tensor.shape.size() != 4) {
    throw input_error("{}: expected 4 dimensions [sequences, positions, {}, {}], found {}",
                      tensor.source, m.layers, m.experts_per_token, tensor.shape.size());
  }
  const bool by_sequence = tensor.axes.starts_with("sequence");
  const routing::RecordedIds ids(
      tensor.values, std::array{tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3]},
      by_sequence ? RecordedAxes::kSequenceToken : RecordedAxes::kStepToken,
      routing::PastEnd::kError,
      {.layers = m.layers, .per_token = m.experts_per_token, .limit = m.experts}, tensor.source);
  const std::int64_t steps = by_sequence ? tensor.shape[1] : tensor.shape[0];
  const std::int64_t tokens = by_sequence ? tensor.shape[0] : tensor.shape[1];
  if (tokens < c.batch || steps == 0) {
    throw input_error("{}: expected at least {} tokens a step, found {} steps of {}", tensor.source,
                      c.batch, steps, tokens);
  }
  c.unique_experts.assign(static_cast<std::size_t>(m.layers), 0);
  std::vector<bool> hit(static_cast<std::size_t>(m.experts));
  for (std::int64_t layer = 0; layer < m.layers; ++layer) {
    std::int64_t unique = 0;
    for (std::int64_t step = 0; step < steps; ++step) {
      std::fill(hit.begin(), hit.end(), false);
      for (std::int64_t token = 0; token < c.batch; ++token) {
        const auto chosen = by_sequence ? ids.ids(token, step, layer) : ids.ids(step, token, layer);
        for (const std::int32_t id : chosen) {
          if (id < 0 || hit[static_cast<std::size_t>(id)]) continue;
          hit[static_cast<std::size_t>(id)] = true;
          ++unique;
        }
      }
    }
    c.unique_experts[static_cast<std::size_t>(layer)] =
        static_cast<double>(unique) / static_cast<double>(steps);
  }
}

}  // namespace dscope::cli
