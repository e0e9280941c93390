// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/checkpoint/checkpoint_folder.h"

#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <stdlib.h>

#include <algorithm>
#include <stdexcept>

namespace dscope {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "dscope_test_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path tiny_checkpoint() {
  return std::filesystem::path(DSCOPE_TEST_DATA) / "dsv4_tiny";
}

std::vector<LooseTensor> tiny_tensors() {
  const SafetensorsFile file(tiny_checkpoint() / "model.safetensors");
  std::vector<LooseTensor> tensors;
  for (const TensorInfo& info : file.tensors()) {
    const auto bytes = file.bytes(info);
    tensors.push_back({{info.name, info.dtype, info.shape}, {bytes.begin(), bytes.end()}});
  }
  return tensors;
}

LooseTensor& tensor_named(std::vector<LooseTensor>& tensors, const std::string& name) {
  const auto found = std::ranges::find(tensors, name, [](const auto& t) { return t.spec.name; });
  if (found == tensors.end()) throw std::runtime_error("no tensor " + name);
  return *found;
}

void write_tensors(const std::filesystem::path& path, const std::vector<LooseTensor>& tensors) {
  std::vector<const LooseTensor*> order;
  for (const LooseTensor& tensor : tensors) order.push_back(&tensor);
  std::ranges::stable_sort(order, std::greater<>(),
                           [](const LooseTensor* t) { return dtype_bits(t->spec.dtype); });
  std::vector<TensorSpec> specs;
  for (const LooseTensor* tensor : order) specs.push_back(tensor->spec);
  SafetensorsWriter writer(path, specs);
  for (const LooseTensor* tensor : order) writer.append(tensor->spec.name, tensor->bytes);
  writer.finish();
}

void write_checkpoint(const TemporaryFolder& folder, const std::vector<LooseTensor>& tensors) {
  std::filesystem::copy_file(tiny_checkpoint() / "config.json", folder / "config.json");
  write_tensors(folder / "model.safetensors", tensors);
}

std::string input_error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "expected an error";
  return "";
}

}  // namespace dscope
