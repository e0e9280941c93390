// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/open_requests.h"

#include "workloads/base/error.h"
#include "workloads/traces/azure_reader.h"
#include "workloads/traces/mooncake_reader.h"

#include <algorithm>
#include <array>

namespace dscope::traces {
namespace {

// A further format is a reader and a line here.
struct Format {
  std::string_view name;
  std::string_view content;
  bool (*recognises)(std::string_view first_line);  // of the file; its beginning when overlong
  std::unique_ptr<RequestReader> (*open)(LineReader lines);
};

template <class Reader>
constexpr Format format(std::string_view name, std::string_view content) {
  return {name, content, &Reader::recognises, [](LineReader lines) {
            return std::unique_ptr<RequestReader>(std::make_unique<Reader>(std::move(lines)));
          }};
}

constexpr std::array kFormats{
    format<MooncakeReader>("mooncake",
                           "JSON lines with timestamp (ms), input_length, output_length"),
    format<AzureReader>("azure", "CSV with the columns TIMESTAMP, ContextTokens, GeneratedTokens"),
};

}  // namespace

std::unique_ptr<RequestReader> open_requests(const std::filesystem::path& path) {
  LineReader lines(path);
  if (!lines.next()) {
    throw input_error("{}: expected a request trace, found an empty file. Supported formats:\n{}",
                      path.string(), request_formats_help());
  }
  const auto* found = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const Format& f) { return f.recognises(lines.text()); });
  if (found == kFormats.end()) {
    throw input_error(
        "{}: line {}: expected a request trace, found \"{}\". Supported formats "
        "(uncompressed):\n{}",
        path.string(), lines.number(), excerpt(lines.text()), request_formats_help());
  }
  lines.unread();
  return found->open(std::move(lines));
}

std::string request_formats_help() {
  std::string help;
  for (const Format& f : kFormats) {
    help += fmt::format("{}  {:<10} {}", help.empty() ? "" : "\n", f.name, f.content);
  }
  return help;
}

}  // namespace dscope::traces
