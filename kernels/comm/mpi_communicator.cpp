// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/comm/communicator.h"
#include "workloads/base/error.h"

#include <mpi.h>

#include <exception>
#include <vector>

namespace dscope {
namespace {

void check(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = {};
  int length = 0;
  MPI_Error_string(status, text, &length);
  throw Error(ErrorKind::kInternal, fmt::format("{}: {}", call, text));
}

float widen(float value) {
  return value;
}
float widen(bf16_t value) {
  return bf16_to_float(value);
}
void narrow(double sum, float& out) {
  out = static_cast<float>(sum);
}
void narrow(double sum, bf16_t& out) {
  out = bf16_from_float(static_cast<float>(sum));
}

class MpiCommunicator final : public Communicator {
 public:
  MpiCommunicator() {
    check(MPI_Init(nullptr, nullptr), "MPI_Init");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    check(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
    check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
  }
  ~MpiCommunicator() override {
    // While an exception unwinds, other ranks may wait in a collective that this one will never
    // join, and finalising would wait for them in turn. Without it the launcher sees this process
    // end, after main has said why, and ends the others.
    if (std::uncaught_exceptions() == 0) MPI_Finalize();
  }
  MpiCommunicator(const MpiCommunicator&) = delete;
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;

  [[nodiscard]] std::string_view name() const override { return "mpi"; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] int rank() const override { return rank_; }
  void all_reduce_sum(std::span<float> values) override { reduce(values); }
  void all_reduce_sum(std::span<bf16_t> values) override { reduce(values); }

  void all_gather(std::span<const float> in, std::span<float> out) override {
    DSCOPE_REQUIRE(out.size() == in.size() * static_cast<std::size_t>(size_),
                   "all_gather of {} values from {} ranks into {}", in.size(), size_, out.size());
    gather_bytes(std::as_bytes(in), out.data());
  }

  void broadcast(std::span<std::byte> bytes) override {
    check(MPI_Bcast(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, 0, MPI_COMM_WORLD),
          "MPI_Bcast");
  }

 private:
  void gather_bytes(std::span<const std::byte> in, void* out) const {
    check(MPI_Allgather(in.data(), static_cast<int>(in.size()), MPI_BYTE, out,
                        static_cast<int>(in.size()), MPI_BYTE, MPI_COMM_WORLD),
          "MPI_Allgather");
  }

  // MPI_Allreduce promises neither BF16 nor an order; payloads of a decode step are small.
  template <class T>
  void reduce(std::span<T> values) const {
    std::vector<T> all(values.size() * static_cast<std::size_t>(size_));
    gather_bytes(std::as_bytes(values), all.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
      double sum = 0;
      for (std::size_t r = 0; r < static_cast<std::size_t>(size_); ++r) {
        sum += widen(all[r * values.size() + i]);
      }
      narrow(sum, values[i]);
    }
  }

  int size_ = 1;
  int rank_ = 0;
};

}  // namespace

std::unique_ptr<Communicator> make_mpi_communicator() {
  return std::make_unique<MpiCommunicator>();
}

}  // namespace dscope
