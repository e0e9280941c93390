// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/comm/communicator.h"
#include "workloads/checkpoint/weights.h"
#include "workloads/numerics.h"
#include "workloads/parallel_layout.h"
#include "workloads/range_sink.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace dscope {

// What a decoder is built for. Caches are allocated for max_batch sequences of max_context tokens.
struct DecoderOptions {
  Numerics numerics = Numerics::kServing;
  ParallelLayout layout;
  std::int64_t layers = 0;  // run only the first `layers`; 0: all
  std::int64_t max_batch = 1;
  std::int64_t max_context = 1;
  std::uint64_t seed = 0;  // of synthetic history and of sampling
  double temperature = 0;  // of sampling
};

// One token to decode: the `position`-th (from 0) of the sequence in cache slot `slot`. Positions
// of a slot must come in order, one per step.
struct StepToken {
  std::int32_t id = 0;
  std::int64_t slot = 0;
  std::int64_t position = 0;
  std::int64_t stream = 0;  // which sequence it is, for the noise of sampling
};

// What a step is asked for; either may be empty.
struct StepOutput {
  std::span<float> logits;       // [T, vocab]
  std::span<std::int32_t> next;  // [T] the token that sampling chooses after each
};

// Forcing and observing the two discrete choices of a step. Every member may be empty.
struct StepHooks {
  // Fills `ids` [k] for token `t` of this step and returns true, or returns false to leave the
  // choice to the router. Ids are global (0 .. E-1) or -1.
  std::function<bool(std::int64_t t, std::int64_t layer, std::span<std::int32_t> ids)>
      force_routing;
  // Likewise for the compressed entries [index_topk] of a ratio-4 layer, -1 padded at the end.
  std::function<bool(std::int64_t t, std::int64_t layer, std::span<std::int32_t> entries)>
      force_selection;
  std::function<void(std::int64_t layer, std::span<const std::int32_t> ids)> on_routing;  // [T, k]
  std::function<void(std::int64_t layer, std::span<const std::int32_t> entries)>
      on_selection;  // [T, index_topk]
};

// One rank's decode step on some back end.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Starts a sequence in `slot` with `history` tokens already in its caches: none, or synthetic
  // entries that stand for a prefill that was not run.
  virtual void start_sequence(std::int64_t slot, std::int64_t history) = 0;

  // Makes what a step of so many tokens needs beforehand, so that it is not part of its time. Work
  // that is captured for later is reported to `sink` (may be null) if that labels launches.
  virtual void prepare(std::int64_t /*tokens*/, RangeSink* /*sink*/) {}

  // Decodes tokens [T] (1 .. max_batch, distinct slots); complete on return. Ops are reported to
  // `sink` (may be null).
  // Throws Error{kInternal} for tokens out of order or range.
  virtual void step(std::span<const StepToken> tokens, const StepHooks& hooks, RangeSink* sink,
                    const StepOutput& out) = 0;
};

// The CPU reference: the specification of every op, in any numerics. `weights` and `comm` must
// outlive the decoder. Throws Error{kUsage} for a layout or a size that does not fit the model.
[[nodiscard]] std::unique_ptr<Decoder> make_cpu_decoder(WeightSource& weights, Communicator& comm,
                                                        const DecoderOptions& options);

// How the CUDA back end runs a step.
struct CudaOptions {
  bool graph = true;      // replay a captured graph; false: launch every kernel
  bool wo_a_bf16 = true;  // keep wo_a in BF16 (see CudaWeights)
  std::function<void(std::int64_t done, std::int64_t layers)> on_load;  // progress; may be empty
};

class DeviceCommunicator;
class CudaWeights;  // cuda_weights.h

// Loads one rank's weights into GPU memory, for any number of decoders: several batch sizes and
// contexts can be run one after another (or, where caches fit, side by side) without loading again.
// Reads `layers`, `layout`, `max_batch` and `max_context` of the options, the last two for the
// check of memory alone. `source` need not outlive the call.
[[nodiscard]] std::shared_ptr<const CudaWeights> load_cuda_weights(WeightSource& source,
                                                                   const DecoderOptions& options,
                                                                   const CudaOptions& cuda);

// The CUDA back end: sm_90 and sm_120a. Everything but `exact` numerics, up to 128 tokens a step.
// `comm` must outlive the decoder. Options may differ from those that the weights were loaded with
// in everything but layers, layout and wo_a_bf16 (Error{kInternal} otherwise). A decoder can run
// smaller batches and shorter contexts than it was made for, but its lists and its row of index
// scores keep their width: make one of the very size for what is measured.
// Throws Error{kUnavailable} in a build without CUDA, without a GPU, and, before anything is
// allocated, for what does not fit its memory, saying what would; Error{kUsage} as the CPU decoder.
[[nodiscard]] std::unique_ptr<Decoder> make_cuda_decoder(std::shared_ptr<const CudaWeights> weights,
                                                         DeviceCommunicator& comm,
                                                         const DecoderOptions& options,
                                                         const CudaOptions& cuda);

// Both in one.
[[nodiscard]] std::unique_ptr<Decoder> make_cuda_decoder(WeightSource& weights,
                                                         DeviceCommunicator& comm,
                                                         const DecoderOptions& options,
                                                         const CudaOptions& cuda);

// Bytes of caches and state that a decoder allocates, for a check before it does.
[[nodiscard]] std::int64_t cache_bytes(const ModelConfig& model, const DecoderOptions& options);

}  // namespace dscope
