// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/calibrate.h"

#include "model/closest_name.h"
#include "model/kernel_constants.h"
#include "model/predict.h"
#include "model/speculation.h"
#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace dscope::model {
namespace {

constexpr double kNsPerSecond = 1e9;

// Time between two tokens of one sequence.
double token_ns(const Configuration& configuration, double tok_s) {
  return kNsPerSecond * static_cast<double>(configuration.batch) / tok_s;
}

// What no term of the model explains, of all stages.
double unexplained_ns(const profile::Prediction& prediction) {
  double sum = 0;
  for (const profile::PredictedStage& stage : prediction.stages) {
    if (stage.terms) sum += stage.terms->value("unexplained_ns", 0.0);
  }
  return sum;
}

// log(predicted / measured). Of a measured range: to its nearer end, and inside it a tenth of the
// distance to its middle, so that a fit does not stop at the edge.
double log_ratio(double predicted, double low, double high) {
  constexpr double kLeastNs =
      1;  // a stage that the model does not have is very wrong, not infinite
  constexpr double kInside = 0.1;
  const double p = std::max(predicted, kLeastNs);
  const double nearest = std::clamp(p, low, high);
  return std::log(p / nearest) + kInside * std::log(nearest / std::sqrt(low * high));
}

bool counts(const MeasuredStage& stage, double smallest_ns) {
  return stage.low_ns >= smallest_ns;
}
bool counts(const MeasuredOp& op, double smallest_ns) {
  return op.time_ns >= smallest_ns;
}

// What is fitted beside the step: ops where they are known, else stages.
template <class Visit>
void each_part(const Measured& m, double smallest_ns, Visit visit) {
  for (const MeasuredOp& op : m.ops) {
    if (counts(op, smallest_ns)) visit(op);
  }
  if (!m.ops.empty()) return;
  for (const MeasuredStage& stage : m.stages) {
    if (counts(stage, smallest_ns)) visit(stage);
  }
}

double residual(const KernelTimes& times, const MeasuredStage& stage) {
  return log_ratio(times.stages_ns[static_cast<std::size_t>(stage.stage)], stage.low_ns,
                   stage.high_ns);
}
double residual(const KernelTimes& times, const MeasuredOp& op) {
  return log_ratio(times.ops_ns[static_cast<std::size_t>(op.op)], op.time_ns, op.time_ns);
}

KernelSet with_values(const KernelSet& start, const std::vector<FitVariable>& variables,
                      std::span<const double> values) {
  KernelSet set = start;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    Constant& constant = set.constants.find(variables[i].name)->second;
    constant.value = values[i];
    constant.low.reset();
    constant.high.reset();
  }
  return set;
}

std::vector<FitVariable> variables_of(const KernelSet& start, const CalibrateOptions& options) {
  constexpr double kAround = 30;
  std::vector<FitVariable> variables;
  for (const FreeConstant& free : options.constants) {
    const ConstantInfo* info = find_kernel_constant(free.name);
    DSCOPE_REQUIRE(info != nullptr, "unknown constant {}", free.name);
    const double value = start.constant(free.name);
    double low = free.low.value_or(std::max(info->lowest, value / kAround));
    double high = free.high.value_or(std::min(info->highest, value * kAround));
    if (value == 0 && !free.high) {
      throw usage_error("{}: is 0 in {}; say between which values to look: {}=LOW:HIGH", free.name,
                        start.name, free.name);
    }
    low = std::max(low, info->lowest);
    high = std::min(high, info->highest);
    if (low >= high) throw usage_error("{}: no room between {} and {}", free.name, low, high);
    variables.push_back({free.name, std::clamp(value, low, high), low, high});
  }
  return variables;
}

// Residuals that none of the variables moves say nothing about them, least of all how well they are
// known: they are left out. All stay where nothing moves any, for fit() to say so.
void keep_what_moves(FitProblem& problem) {
  constexpr double kSame = 1e-9;
  std::vector<double> at;
  for (const FitVariable& v : problem.variables) at.push_back(v.start);
  const std::vector<double> base = problem.residuals(at);
  std::vector<bool> moves(base.size(), false);
  for (std::size_t j = 0; j < at.size(); ++j) {
    const FitVariable& v = problem.variables[j];
    std::vector<double> other = at;
    other[j] = (v.start + (v.start - v.low > v.high - v.start ? v.low : v.high)) / 2;
    const std::vector<double> residuals = problem.residuals(other);
    for (std::size_t i = 0; i < base.size(); ++i) {
      if (std::abs(residuals[i] - base[i]) > kSame) moves[i] = true;
    }
  }
  const auto kept = [moves](const std::vector<double>& all) {
    std::vector<double> some;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (moves[i]) some.push_back(all[i]);
    }
    return some;
  };
  if (std::find(moves.begin(), moves.end(), true) == moves.end()) return;
  problem.weights = kept(problem.weights);
  problem.residuals = [all = std::move(problem.residuals), kept](std::span<const double> values) {
    return kept(all(values));
  };
}

FitProblem problem_of(const KernelSet& start, const std::vector<const Measured*>& data,
                      const std::vector<FitVariable>& variables, const CalibrateOptions& options) {
  FitProblem problem;
  problem.variables = variables;
  for (const Measured* m : data) {
    problem.weights.push_back(options.step_weight);
    each_part(*m, options.smallest_stage_ns, [&](const auto&) { problem.weights.push_back(1); });
  }
  problem.residuals = [start, data, variables, &options](std::span<const double> values) {
    std::vector<double> residuals;
    const KernelSet set = with_values(start, variables, values);
    for (const Measured* m : data) {
      Configuration configuration = m->configuration;
      configuration.kernel_set = set;
      const KernelTimes times = predict_kernels_ns(configuration);
      const double token_ns = times.step_ns / accepted_tokens(configuration.speculation);
      residuals.push_back(log_ratio(token_ns, m->token_ns, m->token_ns));
      each_part(*m, options.smallest_stage_ns,
                [&](const auto& part) { residuals.push_back(residual(times, part)); });
    }
    return residuals;
  };
  keep_what_moves(problem);
  return problem;
}

void check_kernel_sets(const KernelSet& start, const std::vector<Measured>& data) {
  for (const Measured& m : data) {
    if (m.configuration.kernel_set.name == start.name) continue;
    throw input_error("{}: was measured with the kernel set {}, not {}; sets are never mixed",
                      m.source, m.configuration.kernel_set.name, start.name);
  }
}

// FNV-1a over the values: another fit, another id.
std::string calibration_id(const KernelSet& set, const std::vector<FitVariable>& variables) {
  std::uint32_t hash = 2166136261u;
  for (const FitVariable& v : variables) {
    for (const char c : fmt::format("{}={:.6g};", v.name, set.constant(v.name))) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    }
  }
  return fmt::format("{}-{:08x}", set.name, hash);
}

void add_residual(profile::Calibration& calibration, const ConfigurationError& error, bool held_out,
                  std::string_view suffix) {
  calibration.residuals.push_back({error.source + std::string(suffix), error.measured_ns,
                                   error.predicted_ns, held_out, nullptr});
  for (const StageError& stage : error.stages) {
    calibration.residuals.push_back(
        {fmt::format("{}{}: {}", error.source, suffix, info(stage.stage).id), stage.measured_ns,
         stage.predicted_ns, held_out, nullptr});
  }
}

void write_constants(Calibrated& result, const std::vector<FitVariable>& variables,
                     const FitResult& fitted, const CalibrateOptions& options) {
  for (std::size_t i = 0; i < variables.size(); ++i) {
    Constant& constant = result.kernel_set.constants.find(variables[i].name)->second;
    constant.value = fitted.values[i];
    // What nothing explains may be absent elsewhere.
    const bool unexplained = variables[i].name.starts_with("unexplained_");
    constant.low = unexplained ? 0 : fitted.low[i];
    constant.high = fitted.high[i];
    constant.unit = find_kernel_constant(variables[i].name)->unit;
    constant.source = "fitted";
    constant.where = options.where.empty()
                         ? fmt::format("{} measured times", fitted.residuals.size())
                         : options.where;
    result.calibration.constants.push_back(
        {variables[i].name, constant.value, constant.unit, constant.low, constant.high, nullptr});
  }
  result.kernel_set.calibration_id = calibration_id(result.kernel_set, variables);
  result.calibration.id = result.kernel_set.calibration_id;
}

std::vector<ConfigurationError> leave_one_out(const KernelSet& fitted_set,
                                              const std::vector<Measured>& data,
                                              const std::vector<FitVariable>& variables,
                                              const CalibrateOptions& options) {
  std::vector<ConfigurationError> errors;
  std::vector<FitVariable> from_fit = variables;
  for (FitVariable& v : from_fit) v.start = std::clamp(fitted_set.constant(v.name), v.low, v.high);
  for (std::size_t i = 0; i < data.size(); ++i) {
    std::vector<const Measured*> rest;
    for (std::size_t k = 0; k < data.size(); ++k) {
      if (k != i) rest.push_back(&data[k]);
    }
    FitOptions quick = options.fit;
    quick.restarts = 1;
    quick.max_evaluations = 60 + 20 * static_cast<int>(variables.size());
    quick.progress = nullptr;
    const FitProblem problem = problem_of(fitted_set, rest, from_fit, options);
    if (problem.weights.size() < variables.size()) continue;
    quick.allow_undetermined = true;  // its own answer is worth knowing all the same
    const FitResult refit = fit(problem, quick);
    errors.push_back(prediction_error(data[i], with_values(fitted_set, variables, refit.values),
                                      options.smallest_stage_ns));
    if (options.fit.progress) {
      options.fit.progress(static_cast<int>(i) + 1, static_cast<int>(data.size()));
    }
  }
  return errors;
}

double parse_bound(std::string_view text, std::string_view whole) {
  const auto value = parse_number<double>(text);
  if (!value) throw usage_error("\"{}\": expected NAME or NAME=LOW:HIGH with numbers", whole);
  return *value;
}

std::optional<double> median_error(const std::vector<ConfigurationError>& errors) {
  if (errors.empty()) return std::nullopt;
  std::vector<double> sizes;
  for (const ConfigurationError& e : errors) sizes.push_back(std::abs(e.error));
  return profile::median(std::move(sizes));
}

}  // namespace

FreeConstant parse_free_constant(std::string_view text) {
  FreeConstant free;
  const auto equals = text.find('=');
  free.name = std::string(text.substr(0, equals));
  if (find_kernel_constant(free.name) == nullptr) {
    std::vector<std::string> known;
    for (const ConstantInfo& info : kernel_constants()) known.push_back(info.name);
    throw usage_error("constant: unknown \"{}\"{} Known: {}.", free.name,
                      suggestion(free.name, known), fmt::join(known, ", "));
  }
  if (equals == std::string_view::npos) return free;
  const std::string_view bounds = text.substr(equals + 1);
  const auto colon = bounds.find(':');
  if (colon == std::string_view::npos) parse_bound("", text);
  free.low = parse_bound(bounds.substr(0, colon), text);
  free.high = parse_bound(bounds.substr(colon + 1), text);
  if (*free.low >= *free.high) {
    throw usage_error("\"{}\": the lower bound must be below the upper one", text);
  }
  return free;
}

ConfigurationError prediction_error(const Measured& measured, const KernelSet& set,
                                    double smallest_stage_ns) {
  Configuration configuration = measured.configuration;
  configuration.kernel_set = set;
  const profile::Prediction prediction = predict(configuration).prediction;
  ConfigurationError result;
  result.source = measured.source;
  result.measured_ns = measured.token_ns;
  result.predicted_ns = token_ns(configuration, prediction.tok_s);
  if (prediction.tok_s_high) result.low_ns = token_ns(configuration, *prediction.tok_s_high);
  if (prediction.tok_s_low) result.high_ns = token_ns(configuration, *prediction.tok_s_low);
  result.error = result.predicted_ns / result.measured_ns - 1;
  result.unexplained_ns = unexplained_ns(prediction);
  const KernelTimes times = predict_kernels_ns(configuration);
  for (const MeasuredStage& stage : measured.stages) {
    if (!counts(stage, smallest_stage_ns)) continue;
    const double predicted = times.stages_ns[static_cast<std::size_t>(stage.stage)];
    const double nearest = std::clamp(predicted, stage.low_ns, stage.high_ns);
    result.stages.push_back({stage.stage, nearest, predicted, predicted / nearest - 1});
  }
  return result;
}

Calibrated calibrate(const KernelSet& start, const std::vector<Measured>& fitted,
                     const std::vector<Measured>& held_out, const CalibrateOptions& options) {
  if (options.constants.empty()) throw usage_error("no constants to fit were named");
  check_kernel_sets(start, fitted);
  check_kernel_sets(start, held_out);
  const std::vector<FitVariable> variables = variables_of(start, options);
  std::vector<const Measured*> data;
  for (const Measured& m : fitted) data.push_back(&m);
  const FitResult solution = fit(problem_of(start, data, variables, options), options.fit);

  Calibrated result;
  result.kernel_set = with_values(start, variables, solution.values);
  result.evaluations = solution.evaluations;
  write_constants(result, variables, solution, options);
  if (options.leave_one_out && fitted.size() > 1) {
    result.left_out = leave_one_out(result.kernel_set, fitted, variables, options);
  }
  for (const Measured& m : fitted) {
    result.calibration.sources.push_back(m.source);
    result.fitted.push_back(prediction_error(m, result.kernel_set, options.smallest_stage_ns));
    add_residual(result.calibration, result.fitted.back(), false, "");
  }
  for (const ConfigurationError& error : result.left_out) {
    add_residual(result.calibration, error, true, " (left out)");
  }
  for (const Measured& m : held_out) {
    result.held_out.push_back(prediction_error(m, result.kernel_set, options.smallest_stage_ns));
    add_residual(result.calibration, result.held_out.back(), true, "");
  }
  result.calibration.held_out_error =
      median_error(result.held_out.empty() ? result.left_out : result.held_out);
  return result;
}

}  // namespace dscope::model
