// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/logits_dump.h"

#include "workloads/checkpoint/safetensors_writer.h"

#include <utility>

namespace dscope::cli {

LogitsDump::LogitsDump(std::filesystem::path path, std::int64_t batch, std::int64_t vocab)
    : path_(std::move(path)), batch_(batch), vocab_(vocab) {}

void LogitsDump::add(std::span<const float> logits) {
  logits_.insert(logits_.end(), logits.begin(), logits.end());
}

void LogitsDump::write() const {
  const std::int64_t steps = static_cast<std::int64_t>(logits_.size()) / (batch_ * vocab_);
  SafetensorsWriter out(path_, {{"logits", TensorDtype::kF32, {batch_, steps, vocab_}}});
  for (std::int64_t b = 0; b < batch_; ++b) {
    for (std::int64_t t = 0; t < steps; ++t) {
      const std::span<const float> row(logits_.data() + (t * batch_ + b) * vocab_,
                                       static_cast<std::size_t>(vocab_));
      out.append("logits", std::as_bytes(row));
    }
  }
  out.finish();
}

}  // namespace dscope::cli
