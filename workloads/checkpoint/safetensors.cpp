// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/safetensors.h"

#include "workloads/base/error.h"
#include "workloads/checkpoint/safetensors_header.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <tuple>

namespace dscope {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are read as they lie on disk");

std::string_view header_text(std::span<const std::byte> file, std::string_view source) {
  std::uint64_t length = 0;
  if (file.size() < sizeof(length)) {
    throw input_error("{}: byte 0: expected the 8-byte header length, found a file of {} bytes",
                      source, file.size());
  }
  std::memcpy(&length, file.data(), sizeof(length));
  const std::uint64_t room = file.size() - sizeof(length);
  if (length > std::min(room, kMaxSafetensorsHeaderBytes)) {
    throw input_error(
        "{}: byte 0: header length: expected at most {} bytes ({}), found {}: not a safetensors "
        "file, or cut off",
        source, std::min(room, kMaxSafetensorsHeaderBytes),
        room < kMaxSafetensorsHeaderBytes ? "what the file holds" : "the limit", length);
  }
  return {reinterpret_cast<const char*>(file.data()) + sizeof(length), length};
}

void check_extent(const TensorInfo& tensor, std::uint64_t data_bytes, std::string_view source) {
  if (tensor.begin > tensor.end) {
    throw input_error("{}: tensor {}: data_offsets: expected begin <= end, found [{}, {}]", source,
                      printable(tensor.name), tensor.begin, tensor.end);
  }
  if (tensor.end > data_bytes) {
    throw input_error(
        "{}: tensor {}: data_offsets: expected an end within the {} bytes of the data section, "
        "found [{}, {}]: the file may be cut off",
        source, printable(tensor.name), data_bytes, tensor.begin, tensor.end);
  }
}

void check_size(const TensorInfo& tensor, std::string_view source) {
  if (tensor.dtype == TensorDtype::kUnknown) return;
  auto bits = static_cast<std::uint64_t>(dtype_bits(tensor.dtype));
  for (const std::int64_t dimension : tensor.shape) {
    if (__builtin_mul_overflow(bits, static_cast<std::uint64_t>(dimension), &bits)) {
      throw input_error("{}: tensor {}: expected a shape of less than 2^64 bits, found {}", source,
                        printable(tensor.name), describe(tensor));
    }
  }
  // Some writers give F4 shapes in pairs of values, one byte each.
  const bool pairs = tensor.dtype == TensorDtype::kF4 && bits / 4 == tensor.bytes();
  if (pairs || (bits % 8 == 0 && bits / 8 == tensor.bytes())) return;
  throw input_error("{}: tensor {}: {} takes {}{} bytes, but data_offsets [{}, {}] hold {}", source,
                    printable(tensor.name), describe(tensor), bits / 8, bits % 8 == 0 ? "" : ".5",
                    tensor.begin, tensor.end, tensor.bytes());
}

// The tensors, sorted by their offsets, must follow each other without holes up to the end.
void check_coverage(const std::vector<TensorInfo>& tensors, std::uint64_t data_bytes,
                    std::string_view source) {
  const TensorInfo* before = nullptr;
  std::uint64_t covered = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.begin < covered) {
      throw input_error("{}: tensors {} [{}, {}] and {} [{}, {}] overlap", source,
                        printable(before->name), before->begin, before->end, printable(tensor.name),
                        tensor.begin, tensor.end);
    }
    if (tensor.begin > covered) {
      throw input_error(
          "{}: tensor {}: data_offsets: expected to begin at {}, where the data before it ends, "
          "found {}: {} bytes belong to no tensor",
          source, printable(tensor.name), covered, tensor.begin, tensor.begin - covered);
    }
    covered = tensor.end;
    before = &tensor;
  }
  if (covered != data_bytes) {
    throw input_error(
        "{}: expected the data section to end with its last tensor at {}, found {} more bytes",
        source, covered, data_bytes - covered);
  }
}

}  // namespace

SafetensorsHeader parse_safetensors(std::span<const std::byte> file, std::string_view source) {
  const std::string_view text = header_text(file, source);
  SafetensorsHeader header = detail::read_safetensors_header(text, source);
  header.data_begin = sizeof(std::uint64_t) + text.size();
  const std::uint64_t data_bytes = file.size() - header.data_begin;
  for (const TensorInfo& tensor : header.tensors) {
    check_extent(tensor, data_bytes, source);
    check_size(tensor, source);
  }
  std::ranges::sort(header.tensors, {}, [](const TensorInfo& tensor) {
    return std::tie(tensor.begin, tensor.end, tensor.name);
  });
  check_coverage(header.tensors, data_bytes, source);
  return header;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : file_(path),
      header_(parse_safetensors(file_.bytes(), path.string())),
      by_name_(header_.tensors.size()) {
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::ranges::sort(by_name_, {}, [this](std::uint32_t i) -> const std::string& {
    return header_.tensors[i].name;
  });
}

const TensorInfo* SafetensorsFile::find(std::string_view name) const {
  const auto name_of = [this](std::uint32_t i) -> std::string_view {
    return header_.tensors[i].name;
  };
  const auto at = std::ranges::lower_bound(by_name_, name, {}, name_of);
  return at != by_name_.end() && name_of(*at) == name ? &header_.tensors[*at] : nullptr;
}

std::span<const std::byte> SafetensorsFile::bytes(const TensorInfo& tensor) const {
  return file_.bytes().subspan(header_.data_begin + tensor.begin, tensor.bytes());
}

}  // namespace dscope
