// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/dtypes.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace dscope {

// The collectives of a decode step among the ranks of one tensor-parallel group. Every rank calls
// the same operations in the same order; each returns when the result is complete.
class Communicator {
 public:
  virtual ~Communicator() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  [[nodiscard]] virtual int rank() const = 0;

  // In place. The sum is formed in rank order in double and rounded once, so all ranks get the
  // same bits whatever the transport.
  virtual void all_reduce_sum(std::span<float> values) = 0;
  virtual void all_reduce_sum(std::span<bf16_t> values) = 0;

  // out = the ranks' `in` one behind the other; out.size() == size() * in.size().
  virtual void all_gather(std::span<const float> in, std::span<float> out) = 0;

  // Rank 0's bytes to every rank.
  virtual void broadcast(std::span<std::byte> bytes) = 0;
};

// One rank: sums are what they are.
[[nodiscard]] std::unique_ptr<Communicator> make_single_communicator();

// One rank of `size` without the others: what this rank computes costs what it costs in the full
// group, but sums stay partial and gathered parts of other ranks are -infinity. For looking at a
// shard's time, not at its results.
[[nodiscard]] std::unique_ptr<Communicator> make_shard_communicator(int size, int rank);

// MPI_COMM_WORLD. Throws Error{kUnavailable} in a build without MPI. Finalises MPI at destruction
// (unless an exception ends the program); create it once, at the start of the program.
[[nodiscard]] std::unique_ptr<Communicator> make_mpi_communicator();

}  // namespace dscope
