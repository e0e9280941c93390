// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dot.h"
#include "kernels/common/threads.h"
#include "kernels/hyper_connection/hyper_connection.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dscope {
namespace {

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// The normalised mixes of one token: (fn . x) / rms(x).
std::vector<double> mixes(const WeightMatrix& fn, const std::vector<float>& x, double rms_eps) {
  const auto n = static_cast<std::int64_t>(x.size());
  const double r = 1 / std::sqrt(sum_of_squares(x.data(), n) / static_cast<double>(n) + rms_eps);
  std::vector<double> result(static_cast<std::size_t>(fn.rows));
  std::vector<float> row(x.size());
  for (std::int64_t i = 0; i < fn.rows; ++i) {
    decode_row(fn, i, row.data());
    result[i] = dot(row.data(), x.data(), n) * r;
  }
  return result;
}

// y = sum_j weight_j * X_j for one token; `x` is [m, d] as float.
void weighted_streams(const std::vector<double>& weight, const std::vector<float>& x,
                      std::int64_t d, float* y) {
  for (std::int64_t i = 0; i < d; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < weight.size(); ++j) sum += weight[j] * x[j * d + i];
    y[i] = static_cast<float>(sum);
  }
}

template <Activation Act>
std::vector<float> flatten(const Act* x, std::int64_t n) {
  std::vector<float> flat(static_cast<std::size_t>(n));
  std::transform(x, x + n, flat.begin(), [](Act v) { return to_float(v); });
  return flat;
}

}  // namespace

void sinkhorn(double* matrix, std::int64_t m, std::int64_t iterations, double eps) {
  for (std::int64_t j = 0; j < m; ++j) {
    double* row = matrix + j * m;
    const double largest = *std::max_element(row, row + m);
    double sum = 0;
    for (std::int64_t k = 0; k < m; ++k) sum += row[k] = std::exp(row[k] - largest);
    for (std::int64_t k = 0; k < m; ++k) row[k] = row[k] / sum + eps;
  }
  for (std::int64_t round = 0; round < iterations; ++round) {
    // The softmax has already normalised the rows of the first round.
    for (std::int64_t j = 0; round > 0 && j < m; ++j) {
      double sum = eps;
      for (std::int64_t k = 0; k < m; ++k) sum += matrix[j * m + k];
      for (std::int64_t k = 0; k < m; ++k) matrix[j * m + k] /= sum;
    }
    for (std::int64_t k = 0; k < m; ++k) {
      double sum = eps;
      for (std::int64_t j = 0; j < m; ++j) sum += matrix[j * m + k];
      for (std::int64_t j = 0; j < m; ++j) matrix[j * m + k] /= sum;
    }
  }
}

template <Activation Act>
void reference_hc_pre(const HcPreParams<Act>& p) {
  const std::int64_t m = p.streams;
  const WeightVector& base = p.weights->base;
  const WeightVector& scale = p.weights->scale;
#pragma omp parallel for if (worth_threads(p.tokens * p.weights->fn.rows * m * p.hidden))
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    const std::vector<float> x = flatten(p.x + t * m * p.hidden, m * p.hidden);
    const std::vector<double> mix = mixes(p.weights->fn, x, p.rms_eps);
    std::vector<double> pre(static_cast<std::size_t>(m));
    for (std::int64_t j = 0; j < m; ++j) {
      pre[j] = sigmoid(mix[j] * scale[0] + base[j]) + p.hc_eps;
      p.post[t * m + j] = static_cast<float>(2 * sigmoid(mix[m + j] * scale[1] + base[m + j]));
    }
    std::vector<double> mixing(static_cast<std::size_t>(m * m));
    for (std::int64_t i = 0; i < m * m; ++i) {
      mixing[i] = mix[2 * m + i] * scale[2] + base[2 * m + i];
    }
    sinkhorn(mixing.data(), m, p.sinkhorn_iterations, p.hc_eps);
    std::copy(mixing.begin(), mixing.end(), p.mixing + t * m * m);
    weighted_streams(pre, x, p.hidden, p.y + t * p.hidden);
  }
}

template <Activation Act>
void reference_hc_post(const HcPostParams<Act>& p) {
  const std::int64_t m = p.streams;
#pragma omp parallel for if (worth_threads(p.tokens * m * m * p.hidden))
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    const float* post = p.post + t * m;
    const float* mixing = p.mixing + t * m * m;
    Act* x = p.x + t * m * p.hidden;
    std::vector<double> before(static_cast<std::size_t>(m));
    for (std::int64_t i = 0; i < p.hidden; ++i) {
      const double f = to_float(p.f[t * p.hidden + i]);
      for (std::int64_t j = 0; j < m; ++j) before[j] = to_float(x[j * p.hidden + i]);
      for (std::int64_t k = 0; k < m; ++k) {
        double sum = post[k] * f;
        for (std::int64_t j = 0; j < m; ++j) sum += mixing[j * m + k] * before[j];
        x[k * p.hidden + i] = from_float<Act>(static_cast<float>(sum));
      }
    }
  }
}

template <Activation Act>
void reference_hc_head(const HcHeadParams<Act>& p) {
  const std::int64_t m = p.streams;
#pragma omp parallel for if (worth_threads(p.tokens * m * m * p.hidden))
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    const std::vector<float> x = flatten(p.x + t * m * p.hidden, m * p.hidden);
    std::vector<double> pre = mixes(p.weights->fn, x, p.rms_eps);
    for (std::int64_t j = 0; j < m; ++j) {
      pre[j] = sigmoid(pre[j] * p.weights->scale[0] + p.weights->base[j]) + p.hc_eps;
    }
    weighted_streams(pre, x, p.hidden, p.y + t * p.hidden);
  }
}

template <Activation Act>
void reference_hc_expand(const HcExpandParams<Act>& p) {
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    for (std::int64_t j = 0; j < p.streams; ++j) {
      std::copy_n(p.e + t * p.hidden, p.hidden, p.x + (t * p.streams + j) * p.hidden);
    }
  }
}

template void reference_hc_pre(const HcPreParams<float>&);
template void reference_hc_pre(const HcPreParams<bf16_t>&);
template void reference_hc_post(const HcPostParams<float>&);
template void reference_hc_post(const HcPostParams<bf16_t>&);
template void reference_hc_head(const HcHeadParams<float>&);
template void reference_hc_head(const HcHeadParams<bf16_t>&);
template void reference_hc_expand(const HcExpandParams<float>&);
template void reference_hc_expand(const HcExpandParams<bf16_t>&);

}  // namespace dscope
