// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/comm/communicator.h"

#include <barrier>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace dscope::test {

// A tensor-parallel group whose ranks are threads of this process, so that tests of several ranks
// need no launcher. Sums in rank order, as Communicator promises.
class ThreadGroup {
 public:
  explicit ThreadGroup(int size);
  ~ThreadGroup();

  // Runs `body` once per rank, side by side, each with its communicator.
  void run(const std::function<void(Communicator&)>& body);

 private:
  friend class ThreadCommunicator;
  int size_;
  std::barrier<> barrier_;
  std::vector<std::span<const std::byte>> parts_;  // [size] what each rank brings
};

}  // namespace dscope::test
