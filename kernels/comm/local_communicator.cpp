// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/comm/communicator.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <limits>

namespace dscope {
namespace {

class LocalCommunicator final : public Communicator {
 public:
  LocalCommunicator(int size, int rank) : size_(size), rank_(rank) {}
  [[nodiscard]] std::string_view name() const override { return size_ == 1 ? "single" : "none"; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] int rank() const override { return rank_; }
  void all_reduce_sum(std::span<float>) override {}
  void all_reduce_sum(std::span<bf16_t>) override {}
  void broadcast(std::span<std::byte>) override {}

  void all_gather(std::span<const float> in, std::span<float> out) override {
    DSCOPE_REQUIRE(out.size() == in.size() * static_cast<std::size_t>(size_),
                   "all_gather of {} values from {} ranks into {}", in.size(), size_, out.size());
    std::fill(out.begin(), out.end(), -std::numeric_limits<float>::infinity());
    std::copy(in.begin(), in.end(), out.begin() + static_cast<std::ptrdiff_t>(in.size()) * rank_);
  }

 private:
  int size_;
  int rank_;
};

}  // namespace

std::unique_ptr<Communicator> make_single_communicator() {
  return std::make_unique<LocalCommunicator>(1, 0);
}

std::unique_ptr<Communicator> make_shard_communicator(int size, int rank) {
  DSCOPE_REQUIRE(size >= 1 && rank >= 0 && rank < size, "rank {} of {}", rank, size);
  return std::make_unique<LocalCommunicator>(size, rank);
}

}  // namespace dscope
