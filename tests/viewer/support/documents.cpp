// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/viewer/support/documents.h"

#include "profiler/profile/profile_json.h"
#include "tests/profiler/support/filled_profile.h"
#include "tests/profiler/support/sample_profile.h"
#include "tests/support/temporary_directory.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>

namespace dscope::test {
namespace {

using profile::Profile;

// Files are checked when they are read: the model has to be a possible one.
Profile sample() {
  Profile profile = profile::testing::sample_profile();
  profile.workload->model = preset("dsv4-tiny");
  return profile;
}

std::filesystem::path write(const std::filesystem::path& folder, const std::string& name,
                            const Profile& profile) {
  const auto path = folder / (name + ".json");
  profile::write_profile(path, profile);
  return path;
}

Profile measured() {
  Profile profile = sample();
  for (profile::StepSample& step : profile.measurement->steps) {
    profile::ClockSample clock;
    clock.step = step.index;
    clock.sm_clock_mhz = 1980 - step.index;
    clock.power_w = 287.5;
    clock.throttle_reasons = {"power cap"};
    profile.measurement->clock_samples.push_back(clock);
  }
  return profile;
}

Profile predicted() {
  Profile profile;
  profile.provenance.emplace().kind = profile::Kind::kPredicted;
  profile::Prediction& prediction = profile.prediction.emplace();
  prediction.tok_s = 31.4;
  prediction.tok_s_low = 28;
  prediction.tok_s_high = 34;
  prediction.step_ns = 950;
  prediction.stages.push_back({.stage = Stage::kMoe, .time_ns = 500, .limit = "dram"});
  prediction.stages.push_back({.stage = Stage::kNccl, .time_ns = 150, .limit = "pcie_latency"});
  return profile;
}

Profile huge() {
  Profile profile = sample();
  auto& measurement = *profile.measurement;
  measurement.steps.clear();
  measurement.kernels.clear();
  constexpr int kSteps = 3000;
  for (int i = 0; i < kSteps; ++i) {
    measurement.steps.push_back(
        profile::testing::sample_step(i, 600'000 + i * 7 % 1000, 90'000, 900'000 + i % 977));
  }
  for (int k = 0; k < 400; ++k) {
    const std::string name = fmt::format("kernel_number_{}_with_a_long_name<{}>", k,
                                         std::string(static_cast<std::size_t>(k % 90), 'x'));
    measurement.kernels.push_back(profile::testing::sample_kernel(
        name.c_str(), static_cast<Stage>(static_cast<std::size_t>(k) % (kStageCount - 1)),
        std::vector<std::int64_t>(kSteps, 1000 + k)));
  }
  return profile;
}

// Values at the ends of their types, texts that try to be something else.
Profile hostile() {
  Profile profile = sample();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  auto& measurement = *profile.measurement;
  profile::StepSample& step = measurement.steps[1];
  step.wall_ns = kMost;
  step.busy_ns = kMost;
  step.gap_ns = 0;
  for (std::size_t s = 0; s + 1 < kStageCount; ++s) step.stage_time_ns[s] = kMost;
  measurement.steps[2].wall_ns = 0;
  measurement.steps[2].gap_ns = 0;
  measurement.kernels[0].name =
      std::string("%s%n\n\t\x1b[31m##id###other ") + std::string(3000, 'W');
  measurement.kernels[0].total_ns = kMost;
  measurement.kernels[0].count = kMost;
  measurement.kernels[1].name = "\xff\xfe not UTF-8 \xc3";
  measurement.trace_file = "/nowhere/../etc/passwd";
  profile.workload->model->name = std::string(500, '#') + "##";
  profile.workload->ops[0].read_bytes = 1e300;
  profile.workload->ops[0].flops = 1e-300;
  profile::Prediction& prediction = profile.prediction.emplace();
  prediction.tok_s = 1e300;
  prediction.step_ns = 1e-300;
  prediction.stages.push_back({.stage = Stage::kMoe, .time_ns = 1e300});
  prediction.stages.push_back({.stage = Stage::kGap, .time_ns = 0});
  profile::Calibration& calibration = profile.calibration.emplace();
  calibration.residuals.push_back({.source = "x", .measured_ns = 0, .predicted_ns = 1e300});
  return profile;
}

}  // namespace

std::filesystem::path write_measured(const std::filesystem::path& folder) {
  return write(folder, "measured", measured());
}

std::filesystem::path write_predicted(const std::filesystem::path& folder) {
  return write(folder, "predicted", predicted());
}

std::vector<NamedFile> all_files(const std::filesystem::path& folder) {
  const std::filesystem::path data = DSCOPE_SOURCE_DIR "/tests/data";
  std::vector<NamedFile> files = {
      {"measured", write_measured(folder)},
      {"predicted", write_predicted(folder)},
      {"empty", write(folder, "empty", Profile{})},
      {"huge", write(folder, "huge", huge())},
      {"hostile", write(folder, "hostile", hostile())},
      {"eager trace", data / "kineto/eager_l4_b1-TP-0.trace.json.gz"},
      {"graph trace", data / "kineto/graph_l4_b2-TP-0.trace.json.gz"},
  };
  const std::string whole = read_file((folder / "measured.json").string());
  const auto bad = [&](const std::string& name, const std::string& content) {
    const auto path = folder / name;
    write_file(path.string(), content);
    files.push_back({name, path, false});
  };
  bad("cut_off.json", whole.substr(0, whole.size() / 2));
  const std::string trace = read_file((data / "kineto/graph_l4_b2-TP-0.trace.json.gz").string());
  bad("cut_off.json.gz", trace.substr(0, trace.size() / 2));
  bad("wrong.json", R"({"schema": "dscope.profile", "schema_version": 1, "measurement": [1, 2]})");
  bad("noise.bin", std::string("\x7f\x45\x4c\x46\0\0\0garbage", 14));
  bad("nothing.json", "");
  bad("deep.json", std::string(200'000, '['));
  files.push_back({"missing", folder / "there_is_no_such_file.json", false});
  return files;
}

}  // namespace dscope::test
