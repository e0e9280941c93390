// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/mapped_file.h"
#include "workloads/checkpoint/tensor_info.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The safetensors format: 8 bytes header length (little endian), that many bytes of JSON
//   {"NAME": {"dtype": "BF16", "shape": [512, 256], "data_offsets": [BEGIN, END]}, ...,
//    "__metadata__": {"KEY": "TEXT", ...}}
// and the data section, to which the offsets refer and which the tensors cover exactly once.
namespace dscope {

inline constexpr std::string_view kSafetensorsMetadataKey = "__metadata__";
inline constexpr std::uint64_t kMaxSafetensorsHeaderBytes = 100ull << 20;

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // in the order of their data
  std::map<std::string, std::string> metadata;
  std::uint64_t data_begin = 0;  // byte offset of the data section in the file
};

// Parses and checks the header against the bytes of a whole file; no tensor data are read. Throws
// Error{kInput} with `source`, the byte offset or the tensor, what was expected and what was found.
// Stricter than the reference reader in one point: fields other than the three are refused.
// Time and memory are bounded by the bytes that are there, not by what they claim.
[[nodiscard]] SafetensorsHeader parse_safetensors(std::span<const std::byte> file,
                                                  std::string_view source);

// One safetensors file, mapped.
class SafetensorsFile {
 public:
  // Throws Error{kInput} as MappedFile and parse_safetensors do.
  explicit SafetensorsFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] const std::vector<TensorInfo>& tensors() const { return header_.tensors; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const {
    return header_.metadata;
  }
  // Null when there is no such tensor.
  [[nodiscard]] const TensorInfo* find(std::string_view name) const;
  // The tensor's bytes, valid as long as this object lives. Any alignment. `tensor` must be one of
  // this file's.
  [[nodiscard]] std::span<const std::byte> bytes(const TensorInfo& tensor) const;

 private:
  MappedFile file_;
  SafetensorsHeader header_;
  std::vector<std::uint32_t> by_name_;  // positions in tensors(), sorted by name
};

}  // namespace dscope
