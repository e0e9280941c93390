// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/golden.h"

#include "workloads/base/error.h"
#include "workloads/checkpoint/safetensors.h"
#include "workloads/weight_matrix.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <set>

namespace dscope::test {
namespace {

const TensorInfo& find(const SafetensorsFile& file, const char* name) {
  const TensorInfo* info = file.find(name);
  DSCOPE_REQUIRE(info != nullptr, "no tensor {}", name);
  return *info;
}

std::vector<std::int32_t> read_ints(const SafetensorsFile& file, const char* name) {
  const std::span<const std::byte> bytes = file.bytes(find(file, name));
  std::vector<std::int32_t> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

// F16 or F32.
std::vector<float> read_floats(const SafetensorsFile& file, const char* name) {
  const TensorInfo& info = find(file, name);
  const std::span<const std::byte> bytes = file.bytes(info);
  const WeightFormat format =
      info.dtype == TensorDtype::kF16 ? WeightFormat::kF16 : WeightFormat::kF32;
  const std::int64_t size = info.dtype == TensorDtype::kF16 ? 2 : 4;
  const WeightVector stored{format, static_cast<std::int64_t>(bytes.size()) / size, bytes.data()};
  std::vector<float> values;
  for (std::int64_t i = 0; i < stored.size; ++i) values.push_back(stored[i]);
  return values;
}

// Copies the choices of an earlier run into this step, or leaves them free.
StepHooks make_hooks(const Decoded* forced, Decoded& recorded, const std::int64_t& step,
                     std::int64_t layers) {
  const auto place = [&step, layers](std::int64_t layer) {
    return static_cast<std::size_t>(step * layers + layer);
  };
  StepHooks hooks;
  hooks.on_routing = [&recorded, place](std::int64_t layer, std::span<const std::int32_t> ids) {
    recorded.experts[place(layer)].assign(ids.begin(), ids.end());
  };
  hooks.on_selection = [&recorded, place](std::int64_t layer, std::span<const std::int32_t> ids) {
    recorded.selections[place(layer)].assign(ids.begin(), ids.end());
  };
  if (forced == nullptr) return hooks;
  const auto copy = [place](const std::vector<std::vector<std::int32_t>>& from, std::int64_t t,
                            std::int64_t layer, std::span<std::int32_t> to) {
    const auto size = static_cast<std::int64_t>(to.size());
    std::copy_n(from[place(layer)].begin() + t * size, size, to.begin());
    return true;
  };
  hooks.force_routing = [forced, copy](std::int64_t t, std::int64_t layer,
                                       std::span<std::int32_t> ids) {
    return copy(forced->experts, t, layer, ids);
  };
  hooks.force_selection = [forced, copy](std::int64_t t, std::int64_t layer,
                                         std::span<std::int32_t> ids) {
    return copy(forced->selections, t, layer, ids);
  };
  return hooks;
}

}  // namespace

std::filesystem::path golden_directory() {
  return DSCOPE_TEST_DATA "/dsv4_tiny";
}

Golden read_golden(const std::filesystem::path& directory) {
  const SafetensorsFile file(directory / "expected.safetensors");
  const TensorInfo& ids = find(file, "input_ids");
  return {ids.shape[0], ids.shape[1], read_ints(file, "input_ids"),
          read_floats(file, "logits_incremental"), read_ints(file, "routed_experts")};
}

Decoded decode(Decoder& decoder, const ModelConfig& model, const Golden& golden,
               const Decoded* forced, std::int64_t steps) {
  if (steps == 0) steps = golden.length;
  Decoded result;
  result.logits.resize(static_cast<std::size_t>(golden.sequences * steps * model.vocab));
  result.experts.resize(static_cast<std::size_t>(steps * model.layers));
  result.selections.resize(result.experts.size());
  std::int64_t step = 0;
  const StepHooks hooks = make_hooks(forced, result, step, model.layers);
  for (std::int64_t b = 0; b < golden.sequences; ++b) decoder.start_sequence(b, 0);
  std::vector<float> logits(static_cast<std::size_t>(golden.sequences * model.vocab));
  for (; step < steps; ++step) {
    std::vector<StepToken> tokens;
    for (std::int64_t b = 0; b < golden.sequences; ++b) {
      tokens.push_back({golden.ids[b * golden.length + step], b, step});
    }
    decoder.step(tokens, hooks, nullptr, {.logits = logits});
    for (std::int64_t b = 0; b < golden.sequences; ++b) {
      std::copy_n(logits.begin() + b * model.vocab, model.vocab,
                  result.logits.begin() + (b * steps + step) * model.vocab);
    }
  }
  return result;
}

Decoded decode(WeightSource& weights, const Golden& golden, Communicator& comm,
               const DecodeSpec& spec) {
  const auto decoder = make_cpu_decoder(weights, comm,
                                        {.numerics = spec.numerics,
                                         .layout = spec.layout,
                                         .max_batch = golden.sequences,
                                         .max_context = golden.length});
  return decode(*decoder, weights.config(), golden, spec.forced, spec.steps);
}

std::vector<float> read_logits(const std::filesystem::path& file) {
  return read_floats(SafetensorsFile(file), "logits");
}

std::int64_t expert_mismatches(const Golden& golden, const Decoded& decoded, const ModelConfig& m) {
  const std::int64_t k = m.experts_per_token;
  const auto set_of = [k](auto begin) { return std::set<std::int32_t>(begin, begin + k); };
  std::int64_t mismatches = 0;
  for (std::int64_t b = 0; b < golden.sequences; ++b) {
    for (std::int64_t t = 0; t < golden.length; ++t) {
      for (std::int64_t l = 0; l < m.layers; ++l) {
        const auto expected = golden.experts.begin() + ((b * golden.length + t) * m.layers + l) * k;
        const auto chosen = decoded.experts[t * m.layers + l].begin() + b * k;
        if (set_of(chosen) != set_of(expected)) ++mismatches;
      }
    }
  }
  return mismatches;
}

std::vector<double> relative_errors(const std::vector<float>& actual,
                                    const std::vector<float>& expected, std::int64_t vocab) {
  std::vector<double> errors;
  const auto width = static_cast<std::size_t>(vocab);
  for (std::size_t at = 0; at < actual.size(); at += width) {
    double difference = 0;
    double norm = 0;
    for (std::size_t v = at; v < at + width; ++v) {
      difference += std::pow(double{actual[v]} - expected[v], 2);
      norm += std::pow(double{expected[v]}, 2);
    }
    errors.push_back(std::sqrt(difference / norm));
  }
  return errors;
}

double top1_agreement(const std::vector<float>& actual, const std::vector<float>& expected,
                      std::int64_t vocab, double margin) {
  std::int64_t counted = 0;
  std::int64_t agreed = 0;
  for (auto at = expected.begin(); at != expected.end(); at += vocab) {
    std::vector<float> best(at, at + vocab);
    std::partial_sort(best.begin(), best.begin() + 2, best.end(), std::greater<>());
    if (best[0] - best[1] <= margin) continue;
    const auto mine = actual.begin() + (at - expected.begin());
    ++counted;
    if (std::max_element(mine, mine + vocab) - mine == std::max_element(at, at + vocab) - at) {
      ++agreed;
    }
  }
  return counted == 0 ? 1.0 : static_cast<double>(agreed) / static_cast<double>(counted);
}

}  // namespace dscope::test
