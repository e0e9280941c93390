// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/comm/device_communicator.h"
#include "kernels/common/rope.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/range_log.h"
#include "kernels/decode_step/cuda_caches.h"
#include "kernels/decode_step/cuda_history.h"
#include "kernels/decode_step/cuda_step_buffers.h"
#include "kernels/decode_step/cuda_step_inputs.h"
#include "kernels/decode_step/cuda_weights.h"
#include "kernels/decode_step/decoder.h"
#include "kernels/decode_step/page_table.h"
#include "kernels/decode_step/sequence_slots.h"
#include "workloads/op.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace dscope {

// The decode step on a GPU: the ops of CpuDecoder as kernels, enqueued into one stream and, unless
// asked otherwise, captured once per batch size in a CUDA graph that one launch replays. Nothing in
// a step waits on the host.
//
// Hyper-connections are fused across sublayers: leaving one, entering the next and the norm behind
// are one launch, reported as the next one's hc_pre.
//
// The class is split like CpuDecoder: cuda_attention.cpp, cuda_moe.cpp, and the frame around them.
class CudaDecoder final : public Decoder {
 public:
  CudaDecoder(std::shared_ptr<const CudaWeights> weights, DeviceCommunicator& comm,
              const DecoderOptions& options, const CudaOptions& cuda);

  void start_sequence(std::int64_t slot, std::int64_t history) override;
  void prepare(std::int64_t tokens, RangeSink* sink) override;
  void step(std::span<const StepToken> tokens, const StepHooks& hooks, RangeSink* sink,
            const StepOutput& out) override;

 private:
  // One enqueuing of a step, into a capture or straight into the stream.
  struct Enqueue {
    std::int64_t tokens = 0;  // T
    Stream stream = nullptr;
    RangeSink* sink = nullptr;  // may be null
    bool entered = false;       // a sublayer was entered: the next transition leaves it
  };
  // A captured step of one batch size, with or without timed ranges.
  struct Captured {
    std::unique_ptr<CudaRangeLog> log;  // null: untimed
    std::unique_ptr<CudaGraph> graph;
  };

  void enqueue_step(Enqueue& e);
  void embed(Enqueue& e);
  void enter_sublayer(Enqueue& e, Op op, const HyperConnectionWeights& hc,
                      const WeightVector& norm);
  void all_reduce(Enqueue& e, Op op);  // over buffers_.f
  // Behind a sublayer: over buffers_.part where that was written, else as all_reduce().
  void join_parts(Enqueue& e, Op op);
  [[nodiscard]] bool float32_parts(const Enqueue& e) const {
    return comm_.takes_float32(e.tokens * model_.hidden);
  }
  void finish(Enqueue& e);
  void gather_logits(Enqueue& e);

  void attention(Enqueue& e, std::int64_t layer);
  void project_queries(Enqueue& e, std::int64_t layer);
  void compress(Enqueue& e, Op op, const CompressorWeights& w, std::int64_t layer,
                std::int64_t dim);
  void project_history(Enqueue& e, const CompressorWeights& w);
  void select_entries(Enqueue& e, std::int64_t layer);
  void attend(Enqueue& e, std::int64_t layer);
  void project_output(Enqueue& e, std::int64_t layer);
  void moe(Enqueue& e, std::int64_t layer);

  template <class Out>
  void linear(const Enqueue& e, const bf16_t* x, std::int64_t x_stride, const WeightMatrix& weight,
              Out* y, std::int64_t y_stride) const;

  Captured& captured(std::int64_t tokens, bool timed, RangeSink* labels);
  void run(std::int64_t tokens, RangeSink* sink);
  void report(const CudaRangeLog& log, RangeSink& sink) const;
  void observe(std::int64_t tokens, const StepHooks& hooks) const;

  [[nodiscard]] int ratio(std::int64_t layer) const { return model_.compress_ratios[layer]; }
  [[nodiscard]] RopeView rope(std::int64_t layer) const;
  [[nodiscard]] std::int32_t* selected(std::int64_t layer) const;  // [T, topk]
  [[nodiscard]] std::int32_t* routed(std::int64_t layer) const;    // [T, k]

  DecoderOptions options_;
  CudaOptions cuda_;
  DeviceCommunicator& comm_;
  ModelConfig model_;
  CacheFormat format_;
  bool activations_to_fp8_;
  Slice heads_;
  PageTable pages_;
  DeviceArray<double> plain_frequencies_;
  DeviceArray<double> yarn_frequencies_;
  std::shared_ptr<const CudaWeights> weights_;
  std::vector<CudaLayerCaches> caches_;
  CudaHistories histories_;
  std::vector<std::int64_t> index_layer_;  // [layers] place among the ratio-4 layers
  CudaStepInputs inputs_;
  CudaStepBuffers buffers_;
  SequenceSlots sequences_;
  CudaStream stream_;
  CudaRangeLog eager_log_;
  std::map<std::pair<std::int64_t, bool>, Captured> captured_;
};

}  // namespace dscope
