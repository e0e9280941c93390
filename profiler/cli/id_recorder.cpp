// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/id_recorder.h"

#include "workloads/checkpoint/safetensors_writer.h"

#include <algorithm>
#include <utility>

namespace dscope::cli {

IdRecorder::IdRecorder(std::filesystem::path path, std::string tensor, routing::RecordedAxes axes,
                       std::int64_t max_batch, std::int64_t layers, std::int64_t per_token)
    : path_(std::move(path)),
      tensor_(std::move(tensor)),
      axes_(axes),
      max_batch_(max_batch),
      layers_(layers),
      per_token_(per_token) {}

void IdRecorder::add(std::int64_t row, std::int64_t column, std::int64_t layer,
                     std::span<const std::int32_t> ids) {
  const std::int64_t row_size = layers_ * per_token_;
  const auto needed = static_cast<std::size_t>((column + 1) * max_batch_ * row_size);
  if (ids_.size() < needed) ids_.resize(needed, -1);
  const std::int64_t at = (column * max_batch_ + row) * row_size + layer * per_token_;
  std::copy(ids.begin(), ids.end(), ids_.begin() + at);
}

void IdRecorder::write() const {
  const std::int64_t row_size = layers_ * per_token_;
  const std::int64_t columns =
      static_cast<std::int64_t>(ids_.size()) / std::max<std::int64_t>(1, max_batch_ * row_size);
  const bool by_sequence = axes_ == routing::RecordedAxes::kSequenceToken;
  const std::int64_t outer = by_sequence ? max_batch_ : columns;
  const std::int64_t inner = by_sequence ? columns : max_batch_;
  SafetensorsWriter out(
      path_, {{tensor_, TensorDtype::kI32, {outer, inner, layers_, per_token_}}},
      {{"axes", by_sequence ? "sequence,position,layer,id" : "step,token,layer,id"}});
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      const std::int64_t place = by_sequence ? j * max_batch_ + i : i * max_batch_ + j;
      const std::span<const std::int32_t> all(ids_);
      out.append(tensor_, std::as_bytes(all.subspan(static_cast<std::size_t>(place * row_size),
                                                    static_cast<std::size_t>(row_size))));
    }
  }
  out.finish();
}

}  // namespace dscope::cli
