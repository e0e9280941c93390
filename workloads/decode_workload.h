// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/model_config.h"
#include "workloads/numerics.h"
#include "workloads/parallel_layout.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace dscope {

// What is decoded, and how: everything that makes two runs the same run. Plain data; `dscope run`
// fills it from flags or reads it from a file, and documents record it.
//
// The file is a JSON object with the names of the members as keys. Only `model` is required: a
// preset name, or a whole configuration as documents store it. `wo_a` is "bf16" or "fp8".
struct DecodeWorkload {
  ModelConfig model;
  std::int64_t layers = 0;  // decode only the first ones; 0: all
  std::int64_t tp = 1;      // as in ParallelLayout
  std::int64_t ep = 1;
  Numerics numerics = Numerics::kServing;
  bool wo_a_bf16 = true;        // "wo_a": as CostInputs::wo_a_bf16
  std::int64_t batch = 1;       // sequences, one token each per step
  std::int64_t context = 4096;  // S in the first step: prompt and the first decoded token
  std::int64_t steps = 16;      // every sequence grows by one token a step
  // Which experts and which indexer entries are taken: a specification that the routing code
  // parses; "model" lets router and indexer decide.
  std::string routing = "model";
  std::string selection = "model";
  std::uint64_t seed = 0;  // of synthetic weights, inputs and generated routing; below 2^63

  // The model with only the layers that are decoded.
  [[nodiscard]] ModelConfig decoded_model() const { return first_layers(model, layers); }
  // Layout of one rank.
  [[nodiscard]] ParallelLayout layout(int rank) const {
    return {static_cast<int>(tp), static_cast<int>(ep), rank};
  }

  friend bool operator==(const DecodeWorkload&, const DecodeWorkload&) = default;
};

// Throws Error{kInput} naming `source`, the field, what was expected and found. `routing` and
// `selection` are checked where they are parsed.
void validate(const DecodeWorkload& workload, std::string_view source);

// Strict: unknown keys are refused with the list of known ones, and the result is validated. Throws
// Error{kInput} naming `source` and the JSON pointer.
[[nodiscard]] DecodeWorkload decode_workload_from_json(const nlohmann::json& json,
                                                       const std::string& source);
[[nodiscard]] DecodeWorkload read_decode_workload(const std::filesystem::path& path);

// The file form. A model equal to a preset is written as its name.
void to_json(nlohmann::json& json, const DecodeWorkload& workload);

}  // namespace dscope
