// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/device_weights.h"
#include "kernels/decode_step/decoder.h"
#include "kernels/moe/expert_bank.h"
#include "workloads/checkpoint/weights.h"
#include "workloads/parallel_layout.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace dscope {

// Called while weights are loaded, with the layers done and in all.
using LoadProgress = std::function<void(std::int64_t done, std::int64_t layers)>;

// One rank's weights in GPU memory: the same structures of views that the CPU decoder takes, with
// device pointers, and the routed experts as banks.
class CudaWeights {
 public:
  // `model` with the layers that are decoded. `wo_a_bf16`: wo_a is turned into BF16 at load, as
  // engines without an FP8 grouped kernel keep it (twice the bytes, the same numbers).
  CudaWeights(WeightSource& source, const ModelConfig& model, const ParallelLayout& layout,
              bool wo_a_bf16, const LoadProgress& progress);
  CudaWeights(const CudaWeights&) = delete;
  CudaWeights& operator=(const CudaWeights&) = delete;

  // The model with the layers that were loaded.
  [[nodiscard]] const ModelConfig& model() const { return model_; }
  // Whether a decoder with these options can use them.
  [[nodiscard]] bool made_for(const DecoderOptions& options, const CudaOptions& cuda) const {
    return (options.layers == 0 || options.layers == model_.layers) && options.layout == layout_ &&
           cuda.wo_a_bf16 == wo_a_bf16_;
  }

  [[nodiscard]] const EndWeights& ends() const { return ends_; }
  [[nodiscard]] const LayerWeights& layer(std::int64_t layer) const { return layers_[layer]; }
  [[nodiscard]] const ExpertBank& experts(std::int64_t layer) const { return banks_[layer]; }

 private:
  WeightMatrix upload(const WeightMatrix& host);
  WeightVector upload(const WeightVector& host);
  IntMatrix upload(const IntMatrix& host);
  HyperConnectionWeights upload(const HyperConnectionWeights& host);
  CompressorWeights upload(const CompressorWeights& host);
  ExpertWeights upload(const ExpertWeights& host);
  AttentionWeights upload(const AttentionWeights& host, bool wo_a_bf16);
  LayerWeights upload(const LayerWeights& host, bool wo_a_bf16);
  void upload_experts(WeightSource& source, std::int64_t layer, const Slice& owned,
                      const Slice& intermediate);

  ModelConfig model_;
  ParallelLayout layout_;
  bool wo_a_bf16_;
  std::deque<DeviceMatrix> matrices_;
  std::deque<DeviceVector> vectors_;
  std::deque<DeviceIntMatrix> tables_;
  std::vector<DeviceBuffer> bank_memory_;
  EndWeights ends_;
  std::vector<LayerWeights> layers_;
  std::vector<ExpertBank> banks_;
};

}  // namespace dscope
