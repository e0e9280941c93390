// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace dscope::routing {

// What the first two axes of a recording mean.
enum class RecordedAxes {
  kSequenceToken,  // [sequences, positions, L, k]: position 0 is the first token of the sequence
  kStepToken,      // [steps, tokens of the step, L, k]
};

// What a lookup beyond the first two axes does.
enum class PastEnd {
  kError,  // Error{kInput} that says how far the recording goes
  kWrap,   // starts over: index modulo the axis. For short recordings in long runs; the repeats
           // make the routing periodic, so say so where results are shown.
};

// What a recording must look like.
struct RecordedBounds {
  std::int64_t layers = 0;     // L
  std::int64_t per_token = 0;  // k
  std::int64_t limit = 0;      // ids are -1 .. limit-1
};

// Ids that another run wrote down: the experts of every token and layer, or the compressed entries
// that the indexer selected. -1 stands for "none here" (owned by another rank, or padding); it
// costs nothing and contributes nothing.
class RecordedIds {
 public:
  // `ids` is int32, C order, of shape [A, B, L, k]; it is not copied and must outlive this object.
  // `source` names the tensor in messages. Throws Error{kInput} that names the axis or the
  // index, what was expected and found.
  RecordedIds(std::span<const std::int32_t> ids, const std::array<std::int64_t, 4>& shape,
              RecordedAxes axes, PastEnd past_end, const RecordedBounds& bounds,
              std::string source);

  // The k ids of (sequence, position, layer) or (step, token, layer), by axes(). `layer` is
  // 0 .. L-1; the other two go past the end as chosen. Negative indices are a caller's mistake.
  [[nodiscard]] std::span<const std::int32_t> ids(std::int64_t sequence_or_step,
                                                  std::int64_t position_or_token,
                                                  std::int64_t layer) const;

  [[nodiscard]] const std::array<std::int64_t, 4>& shape() const { return shape_; }
  [[nodiscard]] RecordedAxes axes() const { return axes_; }

 private:
  [[nodiscard]] std::int64_t index_on(std::size_t axis, std::int64_t index) const;

  std::span<const std::int32_t> ids_;
  std::array<std::int64_t, 4> shape_;
  RecordedAxes axes_;
  PastEnd past_end_;
  std::string source_;
};

}  // namespace dscope::routing
