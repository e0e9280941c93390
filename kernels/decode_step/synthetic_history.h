// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/model_config.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope {

// What synthetic histories of one layer are made of: a pool of vectors [kVectors, dim], finite, of
// unit size and the same for the same seed, large enough that neighbours differ and small enough to
// make. Every back end fills its caches from the same pool:
//   token p of the window                    vector p mod kVectors
//   compressed entry e of sequence s         vector (e + s) mod kVectors, its index key the
//                                            beginning of it
//   state of a compressor                    the pool's values one behind the other, over and over
class SyntheticPool {
 public:
  static constexpr std::int64_t kVectors = 251;

  SyntheticPool(std::uint64_t seed, std::int64_t dim);

  [[nodiscard]] const float* vector(std::int64_t i) const {
    return values_.data() + i % kVectors * dim_;
  }
  void fill_state(std::span<float> state) const;

 private:
  std::int64_t dim_;
  std::vector<float> values_;
};

}  // namespace dscope
