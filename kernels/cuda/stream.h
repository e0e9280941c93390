// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// cudaStream_t by its underlying type, so that headers can name a stream without CUDA.
struct CUstream_st;

namespace dscope {

using Stream = CUstream_st*;  // nullptr: the default stream

}  // namespace dscope
