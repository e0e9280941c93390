// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/safetensors_property.h"

#include "workloads/base/error.h"
#include "workloads/checkpoint/safetensors.h"

#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

namespace dscope::fuzz {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

std::optional<SafetensorsHeader> parse(std::span<const std::byte> file) {
  try {
    return parse_safetensors(file, "input");
  } catch (const Error& error) {
    const std::string_view message = error.what();
    require(error.kind() == ErrorKind::kInput, "refused, but not as a wrong input");
    require(message.starts_with("input: "), "the message does not name its source");
    require(message.size() < 2000, "the message is too long to read");
    return std::nullopt;
  }
}

}  // namespace

bool check_safetensors(std::span<const std::byte> file) {
  const std::optional<SafetensorsHeader> header = parse(file);
  if (!header) return false;
  std::set<std::string_view> names;
  std::uint64_t covered = 0;
  for (const TensorInfo& tensor : header->tensors) {
    require(names.insert(tensor.name).second, "two tensors of one name");
    require(tensor.begin == covered && tensor.end >= tensor.begin, "a hole or an overlap");
    require(!describe(tensor).empty(), "no description");
    covered = tensor.end;
  }
  require(header->data_begin + covered == file.size(), "the tensors do not end with the file");
  return true;
}

}  // namespace dscope::fuzz
