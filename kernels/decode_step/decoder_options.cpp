// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/decoder_options.h"

#include "workloads/base/error.h"
#include "workloads/formats.h"

namespace dscope {

void check_communicator(const DecoderOptions& options, int size, int rank) {
  DSCOPE_REQUIRE(size == options.layout.tp && rank == options.layout.rank,
                 "communicator is rank {} of {}, layout is rank {} of {}", rank, size,
                 options.layout.rank, options.layout.tp);
}

void check_decoder_options(const ModelConfig& m, const DecoderOptions& options) {
  validate(options.layout, m);
  if (options.layers < 0 || options.layers > m.layers) {
    throw usage_error("layers: expected 0 (all) to {}, got {}", m.layers, options.layers);
  }
  if (options.max_batch < 1) throw usage_error("batch: expected at least 1");
  if (options.max_context < 1 || options.max_context > m.max_position) {
    throw usage_error("context: expected 1 to {} tokens ({}), got {}", m.max_position, m.name,
                      options.max_context);
  }
  if (!quantised_caches(options.numerics)) return;
  if (m.head_dim != KvPage::kHeadDim || m.rope_dim != KvPage::kRopeDim ||
      m.index_dim != IndexPage::kDim) {
    throw usage_error(
        "numerics: {} keeps keys in FP8 pages, which hold heads of 512 (64 roped) and index keys "
        "of 128; {} has heads of {} ({} roped) and index keys of {}: use exact or bf16",
        id(options.numerics), m.name, m.head_dim, m.rope_dim, m.index_dim);
  }
}

}  // namespace dscope
