// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/decoder.h"

namespace dscope {

// What no back end can run: sizes beyond the model, a communicator that does not match the layout,
// dimensions that the FP8 cache formats do not hold. Throws Error{kUsage}, or Error{kInternal} for
// the communicator.
void check_decoder_options(const ModelConfig& model, const DecoderOptions& options, int comm_size,
                           int comm_rank);

}  // namespace dscope
