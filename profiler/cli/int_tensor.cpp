// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/int_tensor.h"

#include "workloads/base/error.h"
#include "workloads/checkpoint/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace dscope::cli {
namespace {

// Splits FILE[:TENSOR]. A path that exists as a whole wins, so that odd file names work.
std::pair<std::filesystem::path, std::string> split(std::string_view text,
                                                    std::string_view default_tensor) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || std::filesystem::exists(text)) {
    return {text, std::string(default_tensor)};
  }
  return {text.substr(0, colon), std::string(text.substr(colon + 1))};
}

std::string tensor_names(const SafetensorsFile& file) {
  std::string names;
  for (const TensorInfo& tensor : file.tensors()) {
    names += (names.empty() ? "" : ", ") + printable(tensor.name);
    if (names.size() > 400) return names + ", ...";
  }
  return names.empty() ? "no tensors" : names;
}

std::vector<std::int32_t> narrowed(std::span<const std::byte> bytes, const std::string& source) {
  std::vector<std::int32_t> values(bytes.size() / sizeof(std::int64_t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::int64_t wide = 0;
    std::memcpy(&wide, bytes.data() + i * sizeof(wide), sizeof(wide));
    if (wide != static_cast<std::int32_t>(wide)) {
      throw input_error("{}: element {}: expected a 32-bit value, found {}", source, i, wide);
    }
    values[i] = static_cast<std::int32_t>(wide);
  }
  return values;
}

}  // namespace

IntTensor read_int_tensor(std::string_view text, std::string_view default_tensor) {
  const auto [path, name] = split(text, default_tensor);
  const SafetensorsFile file(path);
  const TensorInfo* info = file.find(name);
  if (info == nullptr) {
    throw input_error("{}: expected a tensor \"{}\", found {}", path.string(), name,
                      tensor_names(file));
  }
  IntTensor tensor;
  tensor.source = fmt::format("{}: {}", path.string(), name);
  tensor.shape = info->shape;
  const std::span<const std::byte> bytes = file.bytes(*info);
  if (info->dtype == TensorDtype::kI32) {
    tensor.values.resize(bytes.size() / sizeof(std::int32_t));
    if (!bytes.empty()) std::memcpy(tensor.values.data(), bytes.data(), bytes.size());
  } else if (info->dtype == TensorDtype::kI64) {
    tensor.values = narrowed(bytes, tensor.source);
  } else {
    throw input_error("{}: expected I32 or I64, found {}", tensor.source, describe(*info));
  }
  if (const auto found = file.metadata().find("axes"); found != file.metadata().end()) {
    tensor.axes = found->second;
  }
  return tensor;
}

}  // namespace dscope::cli
