// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/safetensors_writer.h"

#include "workloads/base/error.h"
#include "workloads/checkpoint/safetensors.h"
#include "workloads/formats.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace dscope {
namespace {

std::uint64_t data_bytes(const TensorSpec& tensor) {
  auto bits = static_cast<std::uint64_t>(dtype_bits(tensor.dtype));
  DSCOPE_REQUIRE(bits > 0, "{}: a dtype that can be written is needed", tensor.name);
  for (const std::int64_t dimension : tensor.shape) {
    DSCOPE_REQUIRE(dimension >= 0 &&
                       !__builtin_mul_overflow(bits, static_cast<std::uint64_t>(dimension), &bits),
                   "{}: impossible shape {}", tensor.name, shape_text(tensor.shape));
  }
  DSCOPE_REQUIRE(bits % 8 == 0, "{}: shape {} of {} does not fill whole bytes", tensor.name,
                 shape_text(tensor.shape), dtype_name(tensor.dtype));
  return bits / 8;
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(std::filesystem::path path, std::vector<TensorSpec> tensors,
                                     const std::map<std::string, std::string>& metadata)
    : path_(std::move(path)), temporary_(path_), tensors_(std::move(tensors)) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header[std::string(kSafetensorsMetadataKey)] = metadata;
  std::uint64_t begin = 0;
  for (const TensorSpec& tensor : tensors_) {
    const std::uint64_t end = begin + data_bytes(tensor);
    DSCOPE_REQUIRE(begin * 8 % static_cast<std::uint64_t>(dtype_bits(tensor.dtype)) == 0,
                   "{} would begin at byte {}, unaligned for {}: declare wider dtypes first",
                   tensor.name, begin, dtype_name(tensor.dtype));
    DSCOPE_REQUIRE(tensor.name != kSafetensorsMetadataKey && !header.contains(tensor.name),
                   "{}: tensor names must differ from each other and from {}", tensor.name,
                   kSafetensorsMetadataKey);
    header[tensor.name] = {{"dtype", dtype_name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {begin, end}}};
    ends_.push_back(begin = end);
  }
  std::string text = header.dump();
  text.resize(static_cast<std::size_t>(round_up(std::ssize(text), 8)), ' ');

  temporary_ += ".part";
  out_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!out_) throw input_error("{}: cannot write: {}", path_.string(), std::strerror(errno));
  const std::uint64_t length = text.size();
  write(&length, sizeof(length));
  write(text.data(), text.size());
}

SafetensorsWriter::~SafetensorsWriter() {
  if (finished_) return;
  out_.close();
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void SafetensorsWriter::write(const void* data, std::size_t bytes) {
  out_.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  if (!out_) throw input_error("{}: write failed: {}", path_.string(), std::strerror(errno));
}

void SafetensorsWriter::append(std::string_view tensor, std::span<const std::byte> bytes) {
  while (current_ < ends_.size() && ends_[current_] == written_) ++current_;
  if (bytes.empty()) return;
  DSCOPE_REQUIRE(current_ < ends_.size(), "{}: all declared tensors are complete, got data for {}",
                 path_.string(), tensor);
  DSCOPE_REQUIRE(tensors_[current_].name == tensor, "{}: data for {} are due, got data for {}",
                 path_.string(), tensors_[current_].name, tensor);
  DSCOPE_REQUIRE(bytes.size() <= ends_[current_] - written_, "{}: {}: {} bytes are missing, got {}",
                 path_.string(), tensor, ends_[current_] - written_, bytes.size());
  write(bytes.data(), bytes.size());
  written_ += bytes.size();
}

void SafetensorsWriter::finish() {
  DSCOPE_REQUIRE(!finished_, "{}: finish() was called twice", path_.string());
  const std::uint64_t declared = ends_.empty() ? 0 : ends_.back();
  DSCOPE_REQUIRE(written_ == declared, "{}: {} of {} bytes were appended", path_.string(), written_,
                 declared);
  out_.close();
  if (!out_) throw input_error("{}: write failed: {}", path_.string(), std::strerror(errno));
  std::error_code failure;
  std::filesystem::rename(temporary_, path_, failure);
  if (failure) throw input_error("{}: cannot write: {}", path_.string(), failure.message());
  finished_ = true;
}

}  // namespace dscope
