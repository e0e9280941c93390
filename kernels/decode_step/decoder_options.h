// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/decoder.h"

namespace dscope {

// What no back end can run: sizes beyond the model, dimensions that the FP8 cache formats do not
// hold. Throws Error{kUsage}.
void check_decoder_options(const ModelConfig& model, const DecoderOptions& options);

// Throws Error{kInternal} for a communicator that does not match the layout.
void check_communicator(const DecoderOptions& options, int size, int rank);

}  // namespace dscope
