// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/cuda_step_inputs.h"

#include "kernels/common/forced_choice.h"
#include "workloads/base/error.h"
#include "workloads/formats.h"

#include <algorithm>

namespace dscope {
namespace {

// Index lists are padded to this width, as StepMetadata pads them.
constexpr std::int64_t kIndexPadding = 64;

// Hands out offsets of arrays in one block, each aligned for 16-byte loads.
class Layout {
 public:
  std::int64_t add(std::int64_t bytes) {
    const std::int64_t at = size_;
    size_ += round_up(bytes, 16);
    return at;
  }
  [[nodiscard]] std::int64_t size() const { return size_; }

 private:
  std::int64_t size_ = 0;
};

std::int64_t list_width(std::int64_t longest) {
  return round_up(std::max<std::int64_t>(longest, 1), kIndexPadding);
}

struct Offsets {
  Layout layout;
  std::int64_t ids, topk_length, page_rows, window, window_length, attended, attended_length;
  std::int64_t slots, positions, streams, window_slots, entries4, slots4, entries128, slots128;
  std::int64_t window_width, attended_width;

  Offsets(const ModelConfig& m, const PageTable& pages, const DecoderOptions& o)
      : window_width(list_width(m.window)), attended_width(list_width(o.max_context / 128)) {
    const std::int64_t batch = o.max_batch;
    const auto i32 = [&](std::int64_t count) { return layout.add(4 * count); };
    const auto i64 = [&](std::int64_t count) { return layout.add(8 * count); };
    ids = i32(batch);
    topk_length = i32(batch);
    page_rows = i32(batch * pages.pages_per_sequence());
    window = i32(batch * window_width);
    window_length = i32(batch);
    attended = i32(batch * attended_width);
    attended_length = i32(batch);
    slots = i64(batch);
    positions = i64(batch);
    streams = i64(batch);
    window_slots = i64(batch);
    entries4 = i64(batch);
    slots4 = i64(batch);
    entries128 = i64(batch);
    slots128 = i64(batch);
  }
};

template <class T, class U>
void copy(const std::vector<T>& from, U* to) {
  std::copy(from.begin(), from.end(), to);
}

}  // namespace

CudaStepInputs::CudaStepInputs(const ModelConfig& model, const PageTable& pages,
                               const DecoderOptions& options)
    : model_(model),
      max_batch_(options.max_batch),
      device_(Offsets(model, pages, options).layout.size(), "the inputs of a step"),
      host_(device_.bytes()) {
  const Offsets at(model, pages, options);
  const auto i32 = [&](std::int64_t offset) {
    return reinterpret_cast<const std::int32_t*>(device_.data() + offset);
  };
  const auto i64 = [&](std::int64_t offset) {
    return reinterpret_cast<const std::int64_t*>(device_.data() + offset);
  };
  ids = i32(at.ids);
  topk_length = i32(at.topk_length);
  page_rows = i32(at.page_rows);
  window = {i32(at.window), i32(at.window_length), at.window_width};
  attended128 = {i32(at.attended), i32(at.attended_length), at.attended_width};
  slots = i64(at.slots);
  positions = i64(at.positions);
  streams = i64(at.streams);
  window_slots = i64(at.window_slots);
  ratio4 = {i64(at.entries4), i64(at.slots4)};
  ratio128 = {i64(at.entries128), i64(at.slots128)};

  std::int64_t ratio4_layers = 0;
  for (const int ratio : model.compress_ratios) {
    index_layer_.push_back(ratio4_layers);
    if (ratio == 4) ++ratio4_layers;
  }
  const auto free_choices = [](std::int64_t count) {
    return std::vector<std::int32_t>(static_cast<std::size_t>(count), kNotForced);
  };
  routing_host_ = free_choices(model.layers * max_batch_ * model.experts_per_token);
  selection_host_ = free_choices(ratio4_layers * max_batch_ * model.index_topk);
  routing_ = DeviceArray<std::int32_t>(routing_host_);
  selection_ = DeviceArray<std::int32_t>(selection_host_);
}

// The pinned counterpart of a device array.
template <class T>
T* CudaStepInputs::host(const T* device) const {
  return reinterpret_cast<T*>(host_.data() +
                              (reinterpret_cast<const std::byte*>(device) - device_.data()));
}

void CudaStepInputs::set_list(const List& list, const IndexList& from) const {
  DSCOPE_REQUIRE(from.width <= list.width, "a list of {} entries, room for {}", from.width,
                 list.width);
  copy(from.length, host(list.length));
  for (std::size_t t = 0; t < from.length.size(); ++t) {
    const auto row = from.indices.begin() + static_cast<std::int64_t>(t) * from.width;
    std::copy_n(row, from.length[t],
                host(list.indices) + static_cast<std::int64_t>(t) * list.width);
  }
}

void CudaStepInputs::set(const StepMetadata& meta, const StepHooks& hooks) {
  copy(meta.ids, host(ids));
  copy(meta.slots, host(slots));
  copy(meta.positions, host(positions));
  copy(meta.streams, host(streams));
  copy(meta.window_slots, host(window_slots));
  copy(meta.page_rows, host(page_rows));
  set_list(window, meta.window);
  set_list(attended128, meta.ratio128.attended);
  copy(meta.ratio4.entries, host(ratio4.entries));
  copy(meta.ratio4.entry_slots, host(ratio4.entry_slots));
  copy(meta.ratio128.entries, host(ratio128.entries));
  copy(meta.ratio128.entry_slots, host(ratio128.entry_slots));
  std::transform(meta.ratio4.entries.begin(), meta.ratio4.entries.end(), host(topk_length),
                 [&](std::int64_t entries) {
                   return static_cast<std::int32_t>(std::min(entries, model_.index_topk));
                 });
  force(meta, hooks);
}

void CudaStepInputs::force(const StepMetadata& meta, const StepHooks& hooks) {
  const auto tokens = static_cast<std::int64_t>(meta.ids.size());
  // The rows of one layer, at `place` in an array of `width` choices a token.
  const auto fill = [&](std::vector<std::int32_t>& choices, std::int64_t layer, std::int64_t place,
                        std::int64_t width, const auto& hook) {
    for (std::int64_t t = 0; t < tokens; ++t) {
      const std::span<std::int32_t> row(choices.data() + (place * max_batch_ + t) * width,
                                        static_cast<std::size_t>(width));
      if (!hook || !hook(t, layer, row)) std::ranges::fill(row, kNotForced);
    }
  };
  const bool routing = static_cast<bool>(hooks.force_routing);
  const bool selection = static_cast<bool>(hooks.force_selection);
  for (std::int64_t layer = 0; layer < model_.layers; ++layer) {
    if (routing || routing_forced_) {
      fill(routing_host_, layer, layer, model_.experts_per_token, hooks.force_routing);
    }
    if ((selection || selection_forced_) && model_.compress_ratios[layer] == 4) {
      fill(selection_host_, layer, index_layer_[layer], model_.index_topk, hooks.force_selection);
    }
  }
  const auto copy_all = [](const DeviceArray<std::int32_t>& to, const auto& from) {
    copy_to_device(to.data(), from.data(), 4 * to.size());
  };
  if (routing || routing_forced_) copy_all(routing_, routing_host_);
  if ((selection || selection_forced_) && selection_.size() > 0) {
    copy_all(selection_, selection_host_);
  }
  routing_forced_ = routing;
  selection_forced_ = selection;
}

void CudaStepInputs::upload(Stream stream) const {
  copy_to_device_async(device_.data(), host_.data(), device_.bytes(), stream);
}

const std::int32_t* CudaStepInputs::forced_routing(std::int64_t layer) const {
  return routing_.data() + layer * max_batch_ * model_.experts_per_token;
}

const std::int32_t* CudaStepInputs::forced_selection(std::int64_t layer) const {
  return selection_.data() + index_layer_[layer] * max_batch_ * model_.index_topk;
}

}  // namespace dscope
