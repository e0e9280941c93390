// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/text.h"

#include <array>
#include <cctype>

namespace dscope::exporter {
namespace {

void remove_all(std::string& text, std::string_view part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
    text.erase(at, part.size());
  }
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Whether an identifier inside a template of PyTorch says what it computes.
bool is_operation(std::string_view word) {
  constexpr std::array<std::string_view, 6> kWrappers{"BinaryFunctor",          "AUnaryFunctor",
                                                      "BUnaryFunctor",          "gpu_kernel_impl",
                                                      "gpu_kernel_impl_nocast", "UnaryFunctor"};
  for (const std::string_view wrapper : kWrappers) {
    if (word == wrapper) return false;
  }
  return word.find("Functor") != std::string_view::npos || word.ends_with("_functor") ||
         word.ends_with("Ops") || word.ends_with("_kernel_cuda") ||
         word.ends_with("_kernel_impl") || word.ends_with("_scalar_kernel") ||
         word.starts_with("launch_") || word == "arange_cuda_out";
}

// The first such identifier after `from`; empty: none.
std::string_view operation_in(std::string_view text, std::size_t from) {
  for (std::size_t begin = from; begin < text.size();) {
    if (!is_word(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && is_word(text[end])) ++end;
    if (is_operation(text.substr(begin, end - begin))) return text.substr(begin, end - begin);
    begin = end;
  }
  return {};
}

}  // namespace

std::string kernel_label(std::string_view name) {
  const bool is_signature = name.starts_with("void ") ||
                            name.find("::") != std::string_view::npos ||
                            (name.starts_with("nccl") && name.ends_with(')'));
  if (!is_signature) return std::string(name);
  std::string text(name.starts_with("void ") ? name.substr(5) : name);
  for (const char* part : {"at::native::", "(anonymous namespace)::", "<unnamed>::"}) {
    remove_all(text, part);
  }
  const std::size_t end = std::min(text.find('<'), text.find('('));
  if (end == 0 || end == std::string::npos) return text;
  std::string label = text.substr(0, end);
  const bool generic = label.find("elementwise_kernel") != std::string::npos ||
                       label.find("reduce_kernel") != std::string::npos;
  if (!generic) return label;
  const std::string_view operation = operation_in(text, end);
  if (operation.empty()) return label;
  const bool reduces = label.find("reduce") != std::string::npos;
  return (reduces ? "reduce: " : "elementwise: ") + std::string(operation);
}

}  // namespace dscope::exporter
