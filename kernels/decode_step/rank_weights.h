// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/weights.h"
#include "workloads/parallel_layout.h"

namespace dscope {

// A rank's part of the weights, as views: see ParallelLayout for who owns what.
[[nodiscard]] LayerWeights rank_slice(const LayerWeights& layer, const ModelConfig& model,
                                      const ParallelLayout& layout);
[[nodiscard]] EndWeights rank_slice(const EndWeights& ends, const ModelConfig& model,
                                    const ParallelLayout& layout);
// `intermediate` says which rows of w1 and w3 and which columns of w2.
[[nodiscard]] ExpertWeights rank_slice(const ExpertWeights& expert, const Slice& intermediate);

}  // namespace dscope
