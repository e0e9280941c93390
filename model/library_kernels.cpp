// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/op_time.h"

namespace dscope::model {

std::optional<OpTime> library_op(const StepContext&, const PricedOp&) {
  return std::nullopt;
}

}  // namespace dscope::model
