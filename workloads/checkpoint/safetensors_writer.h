// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/tensor_info.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

struct TensorSpec {
  std::string name;
  TensorDtype dtype = TensorDtype::kF32;
  std::vector<std::int64_t> shape;
};

// Writes one safetensors file. The tensors are declared first, then their data are appended in the
// declared order and in pieces of any size, so that a tensor larger than memory can be written row
// by row. The file appears under its name only when finish() has found it complete.
//
//   SafetensorsWriter out("logits.safetensors", {{"logits", TensorDtype::kF32, {b, t, v}}});
//   for (...) out.append("logits", std::as_bytes(std::span(row)));
//   out.finish();
class SafetensorsWriter {
 public:
  // Throws Error{kInput} when the file cannot be written. Names must differ; every tensor must
  // begin at a multiple of its element size, so declare wider dtypes first (readers map the data).
  SafetensorsWriter(std::filesystem::path path, std::vector<TensorSpec> tensors,
                    const std::map<std::string, std::string>& metadata = {});
  // Without finish(), removes what was written.
  ~SafetensorsWriter();
  SafetensorsWriter(const SafetensorsWriter&) = delete;
  SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;

  // Appends to `tensor`, which must be the first incomplete one.
  void append(std::string_view tensor, std::span<const std::byte> bytes);
  // All data must have been appended.
  void finish();

 private:
  void write(const void* data, std::size_t bytes);

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::vector<TensorSpec> tensors_;
  std::vector<std::uint64_t> ends_;  // of each tensor in the data section
  std::size_t current_ = 0;          // the first incomplete tensor
  std::uint64_t written_ = 0;        // bytes of the data section
  bool finished_ = false;
  std::ofstream out_;
};

}  // namespace dscope
