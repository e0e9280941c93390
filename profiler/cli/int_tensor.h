// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::cli {

// A tensor of integers read from a safetensors file (I32 or I64), as int32.
struct IntTensor {
  std::string source;  // "FILE: TENSOR", for messages
  std::vector<std::int64_t> shape;
  std::vector<std::int32_t> values;
  std::string axes;  // the file's "axes" metadata, empty when there is none
};

// `file` may name the tensor behind a colon; otherwise `default_tensor` is read. Throws
// Error{kInput} with file and tensor for what does not fit, listing the tensors that are there.
[[nodiscard]] IntTensor read_int_tensor(std::string_view file, std::string_view default_tensor);

}  // namespace dscope::cli
