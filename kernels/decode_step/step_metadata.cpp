// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/step_metadata.h"

#include "workloads/formats.h"

#include <algorithm>

namespace dscope {
namespace {

// Index lists are padded to this width (FlashMLA's contract).
constexpr std::int64_t kIndexPadding = 64;

// Token t attends to `length(t)` entries; entry i of them is cache slot `slot_of(t, i)`.
template <class Length, class SlotOf>
IndexList make_list(std::int64_t tokens, Length length, SlotOf slot_of) {
  IndexList list;
  for (std::int64_t t = 0; t < tokens; ++t) list.width = std::max(list.width, length(t));
  list.width = round_up(list.width, kIndexPadding);
  list.indices.assign(static_cast<std::size_t>(tokens * list.width), -1);
  for (std::int64_t t = 0; t < tokens; ++t) {
    list.length.push_back(static_cast<std::int32_t>(length(t)));
    for (std::int64_t i = 0; i < length(t); ++i) {
      list.indices[t * list.width + i] = static_cast<std::int32_t>(slot_of(t, i));
    }
  }
  return list;
}

RatioMetadata ratio_metadata(const PageTable& pages, std::span<const StepToken> tokens,
                             std::int64_t ratio) {
  RatioMetadata meta;
  for (const StepToken& token : tokens) {
    meta.entries.push_back((token.position + 1) / ratio);
    meta.entry_slots.push_back(pages.entry_slot(token.slot, token.position / ratio, ratio));
  }
  return meta;
}

}  // namespace

StepMetadata::StepMetadata(const ModelConfig& model, const PageTable& pages,
                           std::span<const StepToken> tokens)
    : ratio4(ratio_metadata(pages, tokens, 4)), ratio128(ratio_metadata(pages, tokens, 128)) {
  const auto count = static_cast<std::int64_t>(tokens.size());
  for (const StepToken& token : tokens) {
    ids.push_back(token.id);
    slots.push_back(token.slot);
    positions.push_back(token.position);
    streams.push_back(token.stream);
    window_slots.push_back(pages.window_slot(token.slot, token.position));
    page_rows.insert(page_rows.end(), pages.row(token.slot),
                     pages.row(token.slot) + pages.pages_per_sequence());
  }
  window = make_list(
      count, [&](std::int64_t t) { return std::min(positions[t] + 1, model.window); },
      [&](std::int64_t t, std::int64_t i) {
        return pages.window_slot(slots[t], positions[t] - i);
      });
  ratio128.attended = make_list(
      count, [&](std::int64_t t) { return ratio128.entries[t]; },
      [&](std::int64_t t, std::int64_t i) { return pages.entry_slot(slots[t], i, 128); });
}

}  // namespace dscope
