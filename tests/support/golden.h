// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/decoder.h"
#include "workloads/checkpoint/checkpoint.h"

#include <cstdint>
#include <filesystem>
#include <vector>

// The bundled checkpoints with the logits and experts that an independent implementation gives for
// them (tests/data), and what it takes to decode and compare.
namespace dscope::test {

struct Golden {
  std::int64_t sequences = 0;         // B
  std::int64_t length = 0;            // T
  std::vector<std::int32_t> ids;      // [B, T]
  std::vector<float> logits;          // [B, T, V]
  std::vector<std::int32_t> experts;  // [B, T, layers, k]
};

[[nodiscard]] std::filesystem::path golden_directory();
[[nodiscard]] Golden read_golden(const std::filesystem::path& directory);

// What a decode run chose and computed.
struct Decoded {
  std::vector<float> logits;                          // [B, T, V]
  std::vector<std::vector<std::int32_t>> experts;     // [T * layers], each [B * k]
  std::vector<std::vector<std::int32_t>> selections;  // [T * layers], each [B * topk]; ratio 4 only
};

struct DecodeSpec {
  Numerics numerics = Numerics::kExact;
  ParallelLayout layout;
  const Decoded* forced = nullptr;  // routing and selection of that run; null: free
  std::int64_t steps = 0;           // 0: all
};

// Teacher-forced decoding of the golden sequences, all side by side, from empty caches, by a
// decoder made for them (max_batch, max_context). `steps` 0: all; `forced` null: free.
[[nodiscard]] Decoded decode(Decoder& decoder, const ModelConfig& model, const Golden& golden,
                             const Decoded* forced, std::int64_t steps);

// The same by the CPU decoder.
[[nodiscard]] Decoded decode(WeightSource& weights, const Golden& golden, Communicator& comm,
                             const DecodeSpec& spec);

// The tensor that `dscope run --dump-logits` wrote.
[[nodiscard]] std::vector<float> read_logits(const std::filesystem::path& file);

// Tokens and layers in which the chosen experts, as sets, are not the golden ones.
[[nodiscard]] std::int64_t expert_mismatches(const Golden& golden, const Decoded& decoded,
                                             const ModelConfig& model);

// Relative L2 error of each of the B * T positions.
[[nodiscard]] std::vector<double> relative_errors(const std::vector<float>& actual,
                                                  const std::vector<float>& expected,
                                                  std::int64_t vocab);

// Of the positions whose two best expected logits differ by more than `margin`: the share where
// the best token is the same.
[[nodiscard]] double top1_agreement(const std::vector<float>& actual,
                                    const std::vector<float>& expected, std::int64_t vocab,
                                    double margin);

}  // namespace dscope::test
