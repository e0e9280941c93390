// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/safetensors.h"
#include "workloads/checkpoint/safetensors_writer.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace dscope {

// A folder of its own below the system's temporary folder, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

// A tensor with its bytes, to write again.
struct LooseTensor {
  TensorSpec spec;
  std::vector<std::byte> bytes;
};

[[nodiscard]] std::filesystem::path tiny_checkpoint();
// The tensors of the bundled tiny checkpoint, widest dtypes first.
[[nodiscard]] std::vector<LooseTensor> tiny_tensors();
[[nodiscard]] LooseTensor& tensor_named(std::vector<LooseTensor>& tensors, const std::string& name);

void write_tensors(const std::filesystem::path& path, const std::vector<LooseTensor>& tensors);
// config.json of the tiny checkpoint and `tensors` as model.safetensors.
void write_checkpoint(const TemporaryFolder& folder, const std::vector<LooseTensor>& tensors);

// The message of the Error{kInput} that `action` throws; a failed expectation when it does not.
[[nodiscard]] std::string input_error_of(const std::function<void()>& action);

}  // namespace dscope
