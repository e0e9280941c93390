// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/fit.h"

#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace dscope::model {
namespace {

using testing::HasSubstr;

// time = fixed + size / rate, measured at these sizes.
const std::vector<double> kSizes{1, 2, 4, 8, 16, 32, 64};

FitProblem line_problem(double fixed, double rate, double outlier = 1) {
  FitProblem problem;
  problem.variables = {{"fixed", 1, 0.01, 100}, {"rate", 1, 0.01, 100}};
  problem.residuals = [=](std::span<const double> x) {
    std::vector<double> r;
    for (const double size : kSizes) {
      double measured = fixed + size / rate;
      if (size == 8) measured *= outlier;
      r.push_back(std::log((x[0] + size / x[1]) / measured));
    }
    return r;
  };
  return problem;
}

std::string refusal(const FitProblem& problem) {
  try {
    (void)fit(problem);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    return e.what();
  }
  return "not refused";
}

TEST(Fit, RecoversTheConstants) {
  const FitResult result = fit(line_problem(5, 0.7));
  EXPECT_NEAR(result.values[0], 5, 1e-3);
  EXPECT_NEAR(result.values[1], 0.7, 1e-4);
  EXPECT_LT(result.loss, 1e-9);
}

TEST(Fit, OneOutlierOfSevenHardlyMovesThem) {
  const FitResult result = fit(line_problem(5, 0.7, 3));
  EXPECT_NEAR(result.values[0], 5, 1.2);
  EXPECT_NEAR(result.values[1], 0.7, 0.12);
  EXPECT_LT(result.low[0], 5);
  EXPECT_GT(result.high[0], 5);
}

TEST(Fit, IntervalsHoldTheTruthAndGrowWithNoise) {
  FitProblem problem = line_problem(5, 0.7);
  const auto exact = problem.residuals;
  const auto noisy = [&](double size) {
    problem.residuals = [=](std::span<const double> x) {
      std::vector<double> r = exact(x);
      for (std::size_t i = 0; i < r.size(); ++i) r[i] += i % 2 == 0 ? size : -size;
      return r;
    };
    return fit(problem);
  };
  const FitResult little = noisy(0.01);
  const FitResult much = noisy(0.05);
  EXPECT_GT(much.high[0] - much.low[0], 2 * (little.high[0] - little.low[0]));
  EXPECT_TRUE(much.low[0] < 5 && 5 < much.high[0]);
  EXPECT_TRUE(much.low[1] < 0.7 && 0.7 < much.high[1]);
}

TEST(Fit, StaysInsideTheBounds) {
  FitProblem problem = line_problem(5, 0.7);
  problem.variables[0].high = 2;
  const FitResult result = fit(problem);
  EXPECT_LE(result.values[0], 2);
  EXPECT_GE(result.values[0], 1.99);
}

TEST(Fit, IsDeterministic) {
  const FitResult a = fit(line_problem(3, 0.2, 1.3));
  const FitResult b = fit(line_problem(3, 0.2, 1.3));
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.evaluations, b.evaluations);
}

TEST(Fit, RefusesFewerTimesThanConstants) {
  FitProblem problem = line_problem(5, 0.7);
  problem.residuals = [](std::span<const double> x) { return std::vector<double>{x[0] + x[1]}; };
  EXPECT_THAT(refusal(problem), HasSubstr("1 measured times for 2 constants"));
}

TEST(Fit, RefusesAConstantWithoutInfluence) {
  FitProblem problem = line_problem(5, 0.7);
  problem.variables.push_back({"idle", 1, 0.1, 10});
  EXPECT_THAT(refusal(problem), HasSubstr("idle has no influence on any of the 7"));
}

TEST(Fit, RefusesConstantsThatOnlyActTogether) {
  FitProblem problem;
  problem.variables = {{"alone", 1, 0.1, 10}, {"left", 1, 0.1, 10}, {"right", 1, 0.1, 10}};
  problem.residuals = [](std::span<const double> x) {
    std::vector<double> r;
    for (const double size : kSizes) r.push_back(std::log((x[0] + size * x[1] * x[2]) / size));
    return r;
  };
  const std::string text = refusal(problem);
  EXPECT_THAT(text, HasSubstr("only together"));
  EXPECT_THAT(text, HasSubstr("left"));
  EXPECT_THAT(text, HasSubstr("right"));
  EXPECT_THAT(text, testing::Not(HasSubstr("alone")));
}

TEST(Fit, ErrorsOfTheModelComeThrough) {
  FitProblem problem = line_problem(5, 0.7);
  int calls = 0;
  problem.residuals = [&calls](std::span<const double>) -> std::vector<double> {
    if (++calls > 9) throw input_error("the model failed");
    return {double(calls), 2.0 * calls, 0};
  };
  EXPECT_THAT(refusal(problem), HasSubstr("the model failed"));
}

TEST(Huber, IsQuadraticInsideAndLinearOutside) {
  EXPECT_DOUBLE_EQ(huber_loss(0.1, 0.2), 0.005);
  EXPECT_DOUBLE_EQ(huber_loss(-0.4, 0.2), 0.2 * 0.3);
}

}  // namespace
}  // namespace dscope::model
