// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dscope::model {
namespace {

// Makes a[p][q] zero by a rotation in the plane of p and q, applied to `v` as well.
void rotate(Matrix& a, Matrix& v, std::size_t p, std::size_t q) {
  if (a[p][q] == 0) return;
  const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const double t = (theta >= 0 ? 1.0 : -1.0) / (std::abs(theta) + std::hypot(theta, 1.0));
  const double c = 1 / std::hypot(t, 1.0);
  const double s = t * c;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double akp = a[k][p];
    const double akq = a[k][q];
    a[k][p] = c * akp - s * akq;
    a[k][q] = s * akp + c * akq;
  }
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double apk = a[p][k];
    const double aqk = a[q][k];
    a[p][k] = c * apk - s * aqk;
    a[q][k] = s * apk + c * aqk;
    const double vkp = v[k][p];
    const double vkq = v[k][q];
    v[k][p] = c * vkp - s * vkq;
    v[k][q] = s * vkp + c * vkq;
  }
}

}  // namespace

EigenPairs symmetric_eigen(Matrix matrix) {
  constexpr int kSweeps = 60;  // converges quadratically; ten are plenty
  const std::size_t n = matrix.size();
  Matrix v(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) v[i][i] = 1;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) rotate(matrix, v, p, q);
    }
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return matrix[a][a] < matrix[b][b]; });
  EigenPairs result;
  for (const std::size_t i : order) {
    result.values.push_back(matrix[i][i]);
    std::vector<double> vector(n);
    for (std::size_t k = 0; k < n; ++k) vector[k] = v[k][i];
    result.vectors.push_back(std::move(vector));
  }
  return result;
}

}  // namespace dscope::model
