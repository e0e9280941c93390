// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/fit.h"

#include "model/symmetric_eigen.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <nlopt.hpp>
#include <numeric>

namespace dscope::model {
namespace {

// Variables in [0, 1]: the optimiser sees one scale for all.
double to_value(const FitVariable& v, double unit) {
  if (v.low > 0) return v.low * std::pow(v.high / v.low, unit);
  return v.low + (v.high - v.low) * unit;
}

double to_unit(const FitVariable& v, double value) {
  const double unit = v.low > 0 ? std::log(value / v.low) / std::log(v.high / v.low)
                                : (value - v.low) / (v.high - v.low);
  return std::clamp(unit, 0.0, 1.0);
}

struct Evaluator {
  const FitProblem& problem;
  double huber;
  int evaluations = 0;
  std::exception_ptr error = nullptr;  // never through NLopt's C code

  [[nodiscard]] double weight(std::size_t i) const {
    return problem.weights.empty() ? 1.0 : problem.weights[i];
  }
  [[nodiscard]] std::vector<double> values(const std::vector<double>& unit) const {
    std::vector<double> x(unit.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = to_value(problem.variables[i], unit[i]);
    return x;
  }
  std::vector<double> residuals(const std::vector<double>& unit) {
    ++evaluations;
    return problem.residuals(values(unit));
  }
  double loss(const std::vector<double>& unit) {
    const std::vector<double> r = residuals(unit);
    double sum = 0;
    for (std::size_t i = 0; i < r.size(); ++i) sum += weight(i) * huber_loss(r[i], huber);
    return sum;
  }
};

double objective(const std::vector<double>& unit, std::vector<double>&, void* data) {
  auto& evaluator = *static_cast<Evaluator*>(data);
  try {
    return evaluator.loss(unit);
  } catch (...) {
    evaluator.error = std::current_exception();
    throw nlopt::forced_stop();
  }
}

double minimise(nlopt::algorithm algorithm, Evaluator& evaluator, std::vector<double>& unit,
                int max_evaluations) {
  nlopt::opt optimiser(algorithm, static_cast<unsigned>(unit.size()));
  optimiser.set_lower_bounds(0);
  optimiser.set_upper_bounds(1);
  optimiser.set_min_objective(objective, &evaluator);
  optimiser.set_maxeval(max_evaluations);
  optimiser.set_xtol_abs(1e-7);
  optimiser.set_ftol_rel(1e-10);
  optimiser.set_initial_step(0.1);
  double loss = 0;
  try {
    optimiser.optimize(unit, loss);
  } catch (const nlopt::roundoff_limited&) {
    loss = evaluator.loss(unit);  // `unit` is the best point found
  } catch (const nlopt::forced_stop&) {
    if (evaluator.error) std::rethrow_exception(evaluator.error);
    throw;
  }
  return loss;
}

// A point of the unit cube for restart `n`: van der Corput numbers of prime bases (Halton 1960).
std::vector<double> halton_point(int n, std::size_t dimension) {
  constexpr int kPrimes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
  std::vector<double> point(dimension);
  for (std::size_t d = 0; d < dimension; ++d) {
    const int base = kPrimes[d % std::size(kPrimes)];
    double fraction = 1;
    for (int i = n; i > 0; i /= base) {
      fraction /= base;
      point[d] += fraction * (i % base);
    }
  }
  return point;
}

// d residual_i / d unit_j by central differences.
Matrix jacobian(Evaluator& evaluator, const std::vector<double>& unit) {
  constexpr double kStep = 1e-3;
  Matrix columns;
  for (std::size_t j = 0; j < unit.size(); ++j) {
    std::vector<double> up = unit;
    std::vector<double> down = unit;
    up[j] = std::min(1.0, unit[j] + kStep);
    down[j] = std::max(0.0, unit[j] - kStep);
    const std::vector<double> high = evaluator.residuals(up);
    const std::vector<double> low = evaluator.residuals(down);
    std::vector<double> column(high.size());
    for (std::size_t i = 0; i < column.size(); ++i) {
      column[i] = (high[i] - low[i]) / (up[j] - down[j]) * std::sqrt(evaluator.weight(i));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void check_bounds(const FitProblem& problem) {
  for (const FitVariable& v : problem.variables) {
    DSCOPE_REQUIRE(v.low < v.high && v.start >= v.low && v.start <= v.high,
                   "{}: bounds must be low < high with the start between, got {} {} {}", v.name,
                   v.low, v.start, v.high);
  }
}

// Does moving a variable over its whole range, the others at the start, change anything?
void check_influence(const FitProblem& problem, Evaluator& evaluator) {
  constexpr double kNothing = 1e-4;  // of a log ratio: 0.01 %
  std::vector<double> start;
  for (const FitVariable& v : problem.variables) start.push_back(to_unit(v, v.start));
  for (std::size_t j = 0; j < start.size(); ++j) {
    double change = 0;
    std::vector<double> low = start;
    std::vector<double> high = start;
    low[j] = 0;
    high[j] = 1;
    const std::vector<double> a = evaluator.residuals(low);
    const std::vector<double> b = evaluator.residuals(high);
    for (std::size_t i = 0; i < a.size(); ++i) change = std::max(change, std::abs(a[i] - b[i]));
    if (change > kNothing) continue;
    throw input_error(
        "not determined: {} has no influence on any of the {} measured times (from {} to {} they "
        "change by less than 0.01 %); leave it out or add measurements that depend on it",
        problem.variables[j].name, a.size(), problem.variables[j].low, problem.variables[j].high);
  }
}

// The variables that only act together, largest part first: "a, b".
std::string together(const FitProblem& problem, const std::vector<double>& direction) {
  std::vector<std::size_t> order(direction.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(direction[a]) > std::abs(direction[b]);
  });
  std::vector<std::string> names;
  for (const std::size_t i : order) {
    if (std::abs(direction[i]) > 0.3) names.push_back(problem.variables[i].name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// (J^T J) with columns scaled to length 1, its eigenvectors and the lengths.
struct Normal {
  EigenPairs eigen;
  std::vector<double> lengths;
};

Normal normal_matrix(const Matrix& columns) {
  Normal normal;
  for (const auto& column : columns) normal.lengths.push_back(std::sqrt(dot(column, column)));
  Matrix m(columns.size(), std::vector<double>(columns.size(), 0.0));
  for (std::size_t a = 0; a < columns.size(); ++a) {
    for (std::size_t b = 0; b < columns.size(); ++b) {
      const double scale = normal.lengths[a] * normal.lengths[b];
      m[a][b] = scale > 0 ? dot(columns[a], columns[b]) / scale : 0;
    }
  }
  normal.eigen = symmetric_eigen(std::move(m));
  return normal;
}

void check_rank(const FitProblem& problem, const Normal& normal) {
  constexpr double kSingular = 1e-6;  // of an eigenvalue; they sum up to the number of variables
  if (normal.eigen.values.empty() || normal.eigen.values.front() > kSingular) return;
  throw input_error(
      "not determined: the measured times depend on {} only together, so their values cannot be "
      "told apart; fit fewer constants or add configurations in which they act differently",
      together(problem, normal.eigen.vectors.front()));
}

void add_intervals(const FitProblem& problem, const Evaluator& evaluator, const Normal& normal,
                   const std::vector<double>& unit, double spread, FitResult& result) {
  constexpr double kNinetyPercent = 1.645;
  constexpr double kSmallest = 1e-12;
  const auto residuals = static_cast<double>(result.residuals.size());
  const double freedom = residuals - static_cast<double>(unit.size());
  double sum = 0;
  for (std::size_t i = 0; i < result.residuals.size(); ++i) {
    // Beyond the Huber limit a residual has the weight of one at the limit.
    const double r = std::abs(result.residuals[i]);
    sum += evaluator.weight(i) * r * std::min(r, evaluator.huber);
  }
  const double variance_of_one = std::max(spread * spread, freedom > 0 ? sum / freedom : 0.0);
  for (std::size_t j = 0; j < unit.size(); ++j) {
    const FitVariable& v = problem.variables[j];
    double deviation = 1;  // of the unit interval: all of it
    if (normal.lengths[j] > 0) {
      double variance = 0;
      for (std::size_t k = 0; k < unit.size(); ++k) {
        const double part = normal.eigen.vectors[k][j];
        variance += part * part / std::max(normal.eigen.values[k], kSmallest);
      }
      deviation = std::sqrt(variance_of_one * variance) / normal.lengths[j];
    }
    result.low.push_back(to_value(v, std::max(0.0, unit[j] - kNinetyPercent * deviation)));
    result.high.push_back(to_value(v, std::min(1.0, unit[j] + kNinetyPercent * deviation)));
  }
}

std::vector<double> search(const FitProblem& problem, const FitOptions& options,
                           Evaluator& evaluator) {
  std::vector<double> best;
  double best_loss = 0;
  for (int n = 0; n < std::max(1, options.restarts); ++n) {
    std::vector<double> unit;
    if (n == 0) {
      for (const FitVariable& v : problem.variables) unit.push_back(to_unit(v, v.start));
    } else {
      unit = halton_point(n, problem.variables.size());
    }
    // BOBYQA needs two dimensions at least.
    const auto algorithm = unit.size() > 1 ? nlopt::LN_BOBYQA : nlopt::LN_SBPLX;
    const double loss = minimise(algorithm, evaluator, unit, options.max_evaluations);
    if (best.empty() || loss < best_loss) {
      best = unit;
      best_loss = loss;
    }
    if (options.progress) options.progress(n + 1, std::max(1, options.restarts));
  }
  // Minima of maxima have edges, on which BOBYQA's quadratic model stalls.
  minimise(nlopt::LN_SBPLX, evaluator, best, options.max_evaluations);
  return best;
}

}  // namespace

double huber_loss(double residual, double delta) {
  const double r = std::abs(residual);
  return r <= delta ? r * r / 2 : delta * (r - delta / 2);
}

FitResult fit(const FitProblem& problem, const FitOptions& options) {
  check_bounds(problem);
  Evaluator evaluator{problem, options.huber};
  std::vector<double> start;
  for (const FitVariable& v : problem.variables) start.push_back(to_unit(v, v.start));
  const std::size_t residuals = evaluator.residuals(start).size();
  DSCOPE_REQUIRE(problem.weights.empty() || problem.weights.size() == residuals,
                 "{} weights for {} residuals", problem.weights.size(), residuals);
  if (!options.allow_undetermined) {
    if (residuals < problem.variables.size()) {
      throw input_error("not determined: {} measured times for {} constants", residuals,
                        problem.variables.size());
    }
    check_influence(problem, evaluator);
  }
  FitResult result;
  std::vector<double> unit = start;
  if (!unit.empty()) unit = search(problem, options, evaluator);
  const Normal normal = normal_matrix(jacobian(evaluator, unit));
  if (!options.allow_undetermined) check_rank(problem, normal);
  result.values = evaluator.values(unit);
  result.residuals = evaluator.residuals(unit);
  result.loss = evaluator.loss(unit);
  add_intervals(problem, evaluator, normal, unit, options.spread, result);
  result.evaluations = evaluator.evaluations;
  return result;
}

}  // namespace dscope::model
