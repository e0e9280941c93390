// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/document.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dscope::view_data {

// Loads documents one after another in a thread of its own. All functions are for one other thread
// (the one that draws) and return at once; the destructor cancels and waits for the reader to
// notice.
class DocumentStore {
 public:
  using Loader = std::function<DocumentPtr(const DocumentFiles&, const LoadOptions&)>;

  explicit DocumentStore(Loader loader = load_document);
  ~DocumentStore();
  DocumentStore(const DocumentStore&) = delete;
  DocumentStore& operator=(const DocumentStore&) = delete;

  struct Pending {
    std::uint64_t ticket = 0;
    DocumentFiles files;
    double progress = 0;  // 0..1; 0 while it waits
    std::string phase;    // "waiting", "reading", ...
    bool cancelled = false;
  };
  // What became of a load. `document` is null when it failed or was cancelled. A preview
  // (Document::complete is false) comes before that, with the same ticket.
  struct Finished {
    std::uint64_t ticket = 0;
    DocumentFiles files;
    DocumentPtr document;
    std::string error;  // complete, made for people; empty when cancelled
    bool cancelled = false;
  };

  // What take_finished() has something new for; called from the thread that loads.
  void on_finished(std::function<void()> call);
  std::uint64_t open(DocumentFiles files);  // one document; the ticket
  void cancel(std::uint64_t ticket);
  void cancel_all();
  [[nodiscard]] std::vector<Pending> pending() const;  // running first, then in order
  [[nodiscard]] bool idle() const;
  // For pictures and tables: until nothing is left to load.
  void wait() const;
  // What finished since the last call, in order.
  [[nodiscard]] std::vector<Finished> take_finished();

 private:
  struct Job;
  void work();
  void finish(Finished finished);

  Loader loader_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  mutable std::condition_variable done_;
  std::deque<std::shared_ptr<Job>> queue_;  // the first one is being loaded
  std::vector<Finished> finished_;
  std::function<void()> on_finished_;
  std::uint64_t next_ticket_ = 1;
  bool quit_ = false;
  std::thread thread_;
};

}  // namespace dscope::view_data
