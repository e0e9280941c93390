// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/command.h"
#include "profiler/export/compare.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"

#include <memory>
#include <optional>

namespace dscope::cli {
namespace {

struct CompareArguments {
  std::string a;
  std::string b;
  double threshold_percent = 2;
  std::optional<double> gate_percent;
  exporter::Format format = exporter::Format::kTable;
};

void compare(const CompareArguments& arguments) {
  exporter::CompareOptions options;
  options.threshold = arguments.threshold_percent / 100;
  const exporter::Comparison comparison = exporter::compare(
      profile::read_profile(arguments.a), profile::read_profile(arguments.b), options);
  std::optional<exporter::GateResult> gate;
  if (arguments.gate_percent) gate = exporter::gate(comparison, *arguments.gate_percent);
  print(exporter::render(comparison, gate ? &*gate : nullptr, arguments.format));
  if (gate && !gate->passed) {
    throw Error(ErrorKind::kInput, fmt::format("gate of {} % failed: {}", *arguments.gate_percent,
                                               fmt::join(gate->reasons, "; ")));
  }
}

}  // namespace

Run add_compare(CLI::App& app, const Launch&) {
  const auto arguments = std::make_shared<CompareArguments>();
  app.add_option("a", arguments->a, "Profile document: the baseline")
      ->required()
      ->option_text("A.json");
  app.add_option("b", arguments->b, "Profile document: what is compared with it")
      ->required()
      ->option_text("B.json");
  app.add_option("--threshold", arguments->threshold_percent,
                 "Differences up to this share do not matter [2]")
      ->check(CLI::NonNegativeNumber)
      ->option_text("PERCENT");
  app.add_option("--gate", arguments->gate_percent,
                 "Exit with 1 when B may be slower than A by more than this, for CI")
      ->check(CLI::NonNegativeNumber)
      ->option_text("PERCENT");
  add_format_option(app, arguments->format);
  app.footer(
      "Examples:\n  dscope compare before.json after.json\n"
      "  dscope compare baseline.json new.json --gate 5");
  return [arguments] { compare(*arguments); };
}

}  // namespace dscope::cli
