// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace dscope::model {

// A small dense matrix, by rows.
using Matrix = std::vector<std::vector<double>>;

struct EigenPairs {
  std::vector<double> values;  // ascending
  Matrix vectors;              // vectors[i] belongs to values[i]
};

// Eigenvalues and vectors of a symmetric matrix by Jacobi's rotations: slow and exact, for the
// dozen constants of a fit.
[[nodiscard]] EigenPairs symmetric_eigen(Matrix matrix);

}  // namespace dscope::model
