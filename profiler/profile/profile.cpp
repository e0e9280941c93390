// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/profile/profile.h"

#include "profiler/profile/saturating.h"

namespace dscope::profile {

Losses& Losses::operator+=(const Losses& other) {
  for (const LossInfo& loss : kLosses) {
    this->*loss.counter = add_saturating(this->*loss.counter, other.*loss.counter);
  }
  return *this;
}

std::int64_t Losses::lost_records() const {
  std::int64_t sum = 0;
  for (const LossInfo& loss : kLosses) {
    if (loss.record) sum = add_saturating(sum, this->*loss.counter);
  }
  return sum;
}

}  // namespace dscope::profile
