// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/routing/recorded.h"

#include "workloads/base/error.h"

#include <utility>

namespace dscope::routing {
namespace {

using Shape = std::array<std::int64_t, 4>;

constexpr std::size_t kLayerAxis = 2;
constexpr std::size_t kPickAxis = 3;

std::array<const char*, 4> axis_names(RecordedAxes axes) {
  if (axes == RecordedAxes::kStepToken) return {"step", "token", "layer", "pick"};
  return {"sequence", "position", "layer", "pick"};
}

std::string show(const Shape& shape) {
  return fmt::format("[{}, {}, {}, {}]", shape[0], shape[1], shape[2], shape[3]);
}

void check_shape(const Shape& shape, std::uint64_t elements, RecordedAxes axes,
                 const RecordedBounds& bounds, const std::string& source) {
  const auto names = axis_names(axes);
  std::uint64_t product = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < 1) {
      throw input_error("{} {}: expected at least one {}, found {}", source, show(shape),
                        names[axis], shape[axis]);
    }
    if (__builtin_mul_overflow(product, static_cast<std::uint64_t>(shape[axis]), &product)) {
      throw input_error("{} {}: the shape is too large", source, show(shape));
    }
  }
  if (product != elements) {
    throw input_error("{} {}: expected {} elements, found {}", source, show(shape), product,
                      elements);
  }
  if (shape[kLayerAxis] != bounds.layers) {
    throw input_error("{} {}: expected {} layers, found {}", source, show(shape), bounds.layers,
                      shape[kLayerAxis]);
  }
  if (shape[kPickAxis] != bounds.per_token) {
    throw input_error("{} {}: expected {} per token, found {}", source, show(shape),
                      bounds.per_token, shape[kPickAxis]);
  }
}

}  // namespace

RecordedIds::RecordedIds(std::span<const std::int32_t> ids, const Shape& shape, RecordedAxes axes,
                         PastEnd past_end, const RecordedBounds& bounds, std::string source)
    : ids_(ids), shape_(shape), axes_(axes), past_end_(past_end), source_(std::move(source)) {
  check_shape(shape_, ids_.size(), axes_, bounds, source_);
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (ids_[i] >= -1 && ids_[i] < bounds.limit) continue;
    Shape index{};
    std::int64_t rest = static_cast<std::int64_t>(i);
    for (std::size_t axis = index.size(); axis-- > 0; rest /= shape_[axis]) {
      index[axis] = rest % shape_[axis];
    }
    const auto names = axis_names(axes_);
    throw input_error("{}{} ({}, {}, {}, {}): expected -1 to {}, found {}", source_, show(index),
                      names[0], names[1], names[2], names[3], bounds.limit - 1, ids_[i]);
  }
}

std::span<const std::int32_t> RecordedIds::ids(std::int64_t sequence_or_step,
                                               std::int64_t position_or_token,
                                               std::int64_t layer) const {
  DSCOPE_REQUIRE(layer >= 0 && layer < shape_[kLayerAxis], "layer must be 0 to {}, got {}",
                 shape_[kLayerAxis] - 1, layer);
  const std::int64_t row =
      index_on(0, sequence_or_step) * shape_[1] + index_on(1, position_or_token);
  const std::int64_t first = (row * shape_[kLayerAxis] + layer) * shape_[kPickAxis];
  return ids_.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(shape_[kPickAxis]));
}

std::int64_t RecordedIds::index_on(std::size_t axis, std::int64_t index) const {
  const char* name = axis_names(axes_)[axis];
  DSCOPE_REQUIRE(index >= 0, "{} must not be negative, got {}", name, index);
  if (index < shape_[axis]) return index;
  if (past_end_ == PastEnd::kWrap) return index % shape_[axis];
  throw input_error("{} {}: the recording holds {} {}s, but {} {} is needed", source_, show(shape_),
                    shape_[axis], name, name, index);
}

}  // namespace dscope::routing
