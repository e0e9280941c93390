// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/device_buffer.h"
#include "kernels/decode_step/decoder.h"
#include "kernels/decode_step/step_metadata.h"

#include <cstdint>
#include <span>

namespace dscope {

// What a step reads that depends on its tokens: the arrays of StepMetadata in one block of GPU
// memory, with widths fixed by the decoder's capacity so that a captured graph finds them where
// they were, and the forced choices of router and indexer. Rows of fewer tokens leave the rest of
// an array unused.
class CudaStepInputs {
 public:
  CudaStepInputs(const ModelConfig& model, const PageTable& pages, const DecoderOptions& options);

  // Host side of a step: fills pinned memory and the forced choices. The previous step must be
  // complete.
  void set(const StepMetadata& meta, const StepHooks& hooks);
  // Enqueues the copy of what set() filled, except the choices, which set() copies itself: steps
  // that force nothing need none.
  void upload(Stream stream) const;

  // A list of cache slots, [T, width] with width the same in every step.
  struct List {
    const std::int32_t* indices = nullptr;
    const std::int32_t* length = nullptr;
    std::int64_t width = 0;
  };
  struct Entries {
    const std::int64_t* entries = nullptr;      // [T]
    const std::int64_t* entry_slots = nullptr;  // [T]
  };
  const std::int32_t* ids = nullptr;           // [T]
  const std::int64_t* slots = nullptr;         // [T]
  const std::int64_t* positions = nullptr;     // [T]
  const std::int64_t* streams = nullptr;       // [T]
  const std::int64_t* window_slots = nullptr;  // [T]
  const std::int32_t* page_rows = nullptr;     // [T, pages_per_sequence]
  List window;
  List attended128;
  Entries ratio4;
  Entries ratio128;
  const std::int32_t* topk_length = nullptr;  // [T] min(entries of ratio 4, index_topk)

  [[nodiscard]] const Entries& of_ratio(int ratio) const { return ratio == 4 ? ratio4 : ratio128; }
  // Rows of kNotForced where the model chooses.
  [[nodiscard]] const std::int32_t* forced_routing(std::int64_t layer) const;    // [T, k]
  [[nodiscard]] const std::int32_t* forced_selection(std::int64_t layer) const;  // [T, topk]

 private:
  template <class T>
  T* host(const T* device) const;
  void set_list(const List& list, const IndexList& from) const;
  void force(const StepMetadata& meta, const StepHooks& hooks);

  ModelConfig model_;
  std::int64_t max_batch_;
  DeviceBuffer device_;
  PinnedBuffer host_;
  std::vector<std::int64_t> index_layer_;  // [layers] place among the ratio-4 layers
  std::vector<std::int32_t> routing_host_;
  std::vector<std::int32_t> selection_host_;
  DeviceArray<std::int32_t> routing_;    // [layers, max_batch, k]
  DeviceArray<std::int32_t> selection_;  // [ratio-4 layers, max_batch, topk]
  bool routing_forced_ = false;          // by the last step
  bool selection_forced_ = false;
};

}  // namespace dscope
