// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/validation/validate.h"
#include "profiler/cli/command.h"
#include "profiler/cli/interrupt.h"
#include "profiler/cli/progress.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace dscope::cli {
namespace {

struct ValidateArguments {
  std::optional<std::string> condense;
  std::optional<std::string> kernel_set;
  std::optional<std::string> out;
};

void emit(const std::optional<std::string>& out, const std::string& text) {
  if (out) {
    write_text_file(*out, text);
  } else {
    print(text);
  }
}

// Every profile document of a folder and those below it, in the order of their names.
std::string condensed(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  if (error) throw input_error("{}: {}", folder.string(), error.message());
  std::sort(paths.begin(), paths.end());
  std::vector<std::pair<std::string, profile::Profile>> documents;
  for (const auto& path : paths) {
    documents.emplace_back(path.string(), profile::read_profile(path));
  }
  if (documents.empty()) throw input_error("{}: holds no profile documents", folder.string());
  return model::to_text(model::condense(documents));
}

// The kernel set that a plan of model/validation/calibrations.json gives, as a file.
std::string calibrated_set(const std::string& name) {
  std::vector<std::string> known;
  for (const model::CalibrationPlan& plan : model::calibration_plans()) {
    known.push_back(plan.kernel_set);
    if (plan.kernel_set != name) continue;
    const model::SetValidation result = model::validate_set(plan);
    if (!result.refused.empty()) throw input_error("{}: {}", name, result.refused);
    return model::to_text(result.calibrated.kernel_set);
  }
  throw usage_error("no calibration plan for \"{}\"; there are {}", name, fmt::join(known, ", "));
}

void validate(const ValidateArguments& arguments, const Launch& launch) {
  if (arguments.condense) return emit(arguments.out, condensed(*arguments.condense));
  if (arguments.kernel_set) return emit(arguments.out, calibrated_set(*arguments.kernel_set));
  Progress progress(launch.stderr_is_terminal, "validating", 0);
  const model::Validation validation = model::validate([&](int done, int) {
    progress.update(done);
    if (interrupted()) throw Error(ErrorKind::kInterrupted, "validation stopped");
  });
  emit(arguments.out, model::validation_page(validation));
}

}  // namespace

Run add_validate(CLI::App& app, const Launch& launch) {
  const auto arguments = std::make_shared<ValidateArguments>();
  app.add_option("--condense", arguments->condense,
                 "Instead: condense the measured documents of a folder into a grid")
      ->option_text("DIR");
  app.add_option("--kernel-set", arguments->kernel_set,
                 "Instead: print the kernel set that was calibrated on its published rows, as "
                 "--kernel-set of predict takes it")
      ->option_text("NAME");
  app.add_option("--out", arguments->out, "Write to a file")->option_text("FILE");
  app.footer(
      "Compares every usable published measurement, and our own grid, with its prediction. The\n"
      "page is Markdown.\n\n"
      "Examples:\n  dscope validate --out VALIDATION.md\n"
      "  dscope validate --kernel-set sglang-hmma-fp8 --out sglang-hmma-fp8.json\n"
      "  dscope validate --condense measured/ --out h200.json");
  return [arguments, launch] { validate(*arguments, launch); };
}

}  // namespace dscope::cli
