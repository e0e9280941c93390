// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/traces/serving_steps.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace dscope::traces {

// Requests from memory.
class ListReader final : public RequestReader {
 public:
  explicit ListReader(std::vector<Request> requests) : requests_(std::move(requests)) {}
  bool next(Request& request) override {
    if (given_ == requests_.size()) return false;
    request = requests_[given_++];
    return true;
  }
  [[nodiscard]] const BadRows& bad_rows() const override { return bad_rows_; }

 private:
  std::vector<Request> requests_;
  std::size_t given_ = 0;
  BadRows bad_rows_;
};

// Any number of requests, made up as they are asked for: a burst now and then, short and long ones
// mixed, some that a server skips. `given` counts them where the caller can see it.
class SyntheticReader final : public RequestReader {
 public:
  SyntheticReader(std::int64_t count, std::int64_t& given) : count_(count), given_(given) {}
  bool next(Request& request) override {
    if (given_ == count_) return false;
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    const std::uint64_t bits = random_ >> 20;
    if (bits % 16 == 0) arrival_s_ += static_cast<double>(bits / 16 % 4000) * 1e-3;
    request = {arrival_s_, static_cast<std::int64_t>(bits / 64 % 3000),
               static_cast<std::int64_t>(bits / 4096 % 9), ++given_};
    return true;
  }
  [[nodiscard]] const BadRows& bad_rows() const override { return bad_rows_; }

 private:
  std::int64_t count_;
  std::int64_t& given_;
  std::uint64_t random_ = 1;
  double arrival_s_ = 0;
  BadRows bad_rows_;
};

}  // namespace dscope::traces
