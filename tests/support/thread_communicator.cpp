// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/thread_communicator.h"

#include <cstring>
#include <exception>
#include <thread>

namespace dscope::test {

class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(ThreadGroup& group, int rank) : group_(group), rank_(rank) {}
  [[nodiscard]] std::string_view name() const override { return "threads"; }
  [[nodiscard]] int size() const override { return group_.size_; }
  [[nodiscard]] int rank() const override { return rank_; }
  void all_reduce_sum(std::span<float> values) override {
    reduce(
        values, [](float v) { return double{v}; },
        [](double sum) { return static_cast<float>(sum); });
  }
  void all_reduce_sum(std::span<bf16_t> values) override {
    reduce(
        values, [](bf16_t v) { return double{bf16_to_float(v)}; },
        [](double sum) { return bf16_from_float(static_cast<float>(sum)); });
  }
  void all_gather(std::span<const float> in, std::span<float> out) override {
    gather(std::as_bytes(in), std::as_writable_bytes(out));
  }
  void broadcast(std::span<std::byte> bytes) override {
    std::vector<std::byte> all(bytes.size() * static_cast<std::size_t>(size()));
    gather(bytes, all);
    std::memcpy(bytes.data(), all.data(), bytes.size());
  }

 private:
  void gather(std::span<const std::byte> in, std::span<std::byte> out) {
    group_.parts_[static_cast<std::size_t>(rank_)] = in;
    group_.barrier_.arrive_and_wait();
    std::size_t at = 0;
    for (const auto& part : group_.parts_) {
      std::memcpy(out.data() + at, part.data(), part.size());
      at += part.size();
    }
    group_.barrier_.arrive_and_wait();  // nobody may change its part before all have read it
  }

  template <class T, class Widen, class Narrow>
  void reduce(std::span<T> values, Widen widen, Narrow narrow) {
    const auto ranks = static_cast<std::size_t>(size());
    std::vector<T> all(values.size() * ranks);
    gather(std::as_bytes(values), std::as_writable_bytes(std::span<T>(all)));
    for (std::size_t i = 0; i < values.size(); ++i) {
      double sum = 0;
      for (std::size_t r = 0; r < ranks; ++r) sum += widen(all[r * values.size() + i]);
      values[i] = narrow(sum);
    }
  }

  ThreadGroup& group_;
  int rank_;
};

ThreadGroup::ThreadGroup(int size)
    : size_(size), barrier_(size), parts_(static_cast<std::size_t>(size)) {}
ThreadGroup::~ThreadGroup() = default;

void ThreadGroup::run(const std::function<void(Communicator&)>& body) {
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size_; ++rank) {
    threads.emplace_back([&, rank] {
      ThreadCommunicator communicator(*this, rank);
      try {
        body(communicator);
      } catch (const std::exception&) {
        // The other ranks would wait for this one for ever: a test must not hang.
        std::terminate();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace dscope::test
