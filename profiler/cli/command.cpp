// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/command.h"

#include "kernels/common/tuning.h"
#include "workloads/base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

namespace dscope::cli {

void add_format_option(CLI::App& app, exporter::Format& format) {
  std::map<std::string, exporter::Format> values;
  for (std::size_t i = 0; i < exporter::kFormatIds.size(); ++i) {
    values.emplace(exporter::kFormatIds[i], static_cast<exporter::Format>(i));
  }
  app.add_option("--format", format, "How to print: table, json, csv or markdown")
      ->transform(CLI::CheckedTransformer(values).description(""))
      ->option_text("FORMAT [table]");
}

void add_tuning_option(CLI::App& app, std::filesystem::path& file) {
  app.add_option("--tuning", file,
                 "Tuned configurations of the CUDA kernels, from dscope bench --tune [" +
                     file.string() + "]")
      ->option_text("FILE");
}

void load_tuning(const std::filesystem::path& file) {
  const bool exists = !file.empty() && std::filesystem::exists(file);
  process_tuning() = exists ? TuningTable::read(file) : TuningTable();
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error(ErrorKind::kInput, fmt::format("standard output: {}", std::strerror(errno)));
  }
}

}  // namespace dscope::cli
