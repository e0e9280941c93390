// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/settings.h"

#include <gmock/gmock.h>

#include <map>

namespace dscope::inject {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class InjectSettings : public ::testing::Test {
 protected:
  Settings read() {
    return from_environment(
        [&](const char* name) -> const char* {
          const auto found = environment_.find(name);
          return found == environment_.end() ? nullptr : found->second.c_str();
        },
        problems_);
  }

  std::map<std::string, std::string> environment_;
  std::vector<std::string> problems_;
};

TEST_F(InjectSettings, SurviveTheEnvironment) {
  Settings given;
  given.folder = "/tmp/with space";
  given.cupti = "/a/libcupti.so.13";
  given.cupti_found = "/b/libcupti.so.12";
  given.window = {.delay_s = 1.5,
                  .duration_s = 0.25,
                  .steps = 100,
                  .skip_steps = 7,
                  .step_range = "decode step",
                  .on_signal = true};
  given.quiet = true;
  for (const auto& [name, value] : to_environment(given)) {
    EXPECT_THAT(name, ::testing::StartsWith("DSCOPE_INJECT_"));
    environment_[name] = value;
  }
  const Settings read_back = read();
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_EQ(read_back.folder, given.folder);
  EXPECT_EQ(read_back.cupti, given.cupti);
  EXPECT_EQ(read_back.cupti_found, given.cupti_found);
  EXPECT_EQ(read_back.window.delay_s, 1.5);
  EXPECT_EQ(read_back.window.duration_s, 0.25);
  EXPECT_EQ(read_back.window.steps, 100);
  EXPECT_EQ(read_back.window.skip_steps, 7);
  EXPECT_EQ(read_back.window.step_range, "decode step");
  EXPECT_TRUE(read_back.window.on_signal);
  EXPECT_TRUE(read_back.quiet);
}

TEST_F(InjectSettings, NothingSetMeansEverythingIsRecorded) {
  const Settings settings = read();
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_EQ(settings.folder, ".");
  EXPECT_FALSE(settings.window.duration_s.has_value());
  EXPECT_FALSE(settings.window.on_signal);
}

TEST_F(InjectSettings, NonsenseIsIgnoredAndSaid) {
  for (const char* value : {"", "abc", "-1", "1x", "nan", "1e999"}) {
    environment_ = {{"DSCOPE_INJECT_DELAY_S", value}};
    problems_.clear();
    EXPECT_EQ(read().window.delay_s, 0) << value;
    EXPECT_THAT(problems_, ElementsAre(HasSubstr("DSCOPE_INJECT_DELAY_S"))) << value;
  }
}

TEST_F(InjectSettings, StepsNeedTheNameOfARange) {
  environment_ = {{"DSCOPE_INJECT_STEPS", "5"}};
  EXPECT_FALSE(read().window.steps.has_value());
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("none was given")));
}

}  // namespace
}  // namespace dscope::inject
