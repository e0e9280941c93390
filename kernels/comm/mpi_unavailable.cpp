// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/comm/communicator.h"
#include "workloads/base/error.h"

namespace dscope {

std::unique_ptr<Communicator> make_mpi_communicator() {
  throw unavailable_error(
      "several ranks need MPI, which this build was made without: install libopenmpi-dev and "
      "openmpi-bin, then configure again");
}

}  // namespace dscope
