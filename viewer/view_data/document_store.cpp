// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/document_store.h"

#include "workloads/base/error.h"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <utility>

namespace dscope::view_data {
namespace {

std::string name_of(const DocumentFiles& files) {
  std::string names;
  for (const auto& file : files) names += (names.empty() ? "" : ", ") + file.string();
  return names;
}

}  // namespace

struct DocumentStore::Job {
  std::uint64_t ticket = 0;
  DocumentFiles files;
  std::atomic<bool> stop{false};
  double progress = 0;            // guarded by the store's mutex
  std::string phase = "waiting";  // likewise
};

DocumentStore::DocumentStore(Loader loader)
    : loader_(std::move(loader)), thread_([this] { work(); }) {}

DocumentStore::~DocumentStore() {
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
    for (const auto& job : queue_) job->stop = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::uint64_t DocumentStore::open(DocumentFiles files) {
  auto job = std::make_shared<Job>();
  job->files = std::move(files);
  const std::lock_guard lock(mutex_);
  job->ticket = next_ticket_++;
  queue_.push_back(job);
  wake_.notify_one();
  return job->ticket;
}

void DocumentStore::cancel(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  for (const auto& job : queue_) {
    if (job->ticket == ticket) job->stop = true;
  }
}

void DocumentStore::cancel_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& job : queue_) job->stop = true;
}

std::vector<DocumentStore::Pending> DocumentStore::pending() const {
  const std::lock_guard lock(mutex_);
  std::vector<Pending> list;
  for (const auto& job : queue_) {
    list.push_back({job->ticket, job->files, job->progress, job->phase, job->stop});
  }
  return list;
}

bool DocumentStore::idle() const {
  const std::lock_guard lock(mutex_);
  return queue_.empty() && finished_.empty();
}

void DocumentStore::wait() const {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return queue_.empty(); });
}

std::vector<DocumentStore::Finished> DocumentStore::take_finished() {
  const std::lock_guard lock(mutex_);
  return std::exchange(finished_, {});
}

void DocumentStore::work() {
  while (true) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return quit_ || !queue_.empty(); });
      if (quit_) return;
      job = queue_.front();
    }
    Finished finished{.ticket = job->ticket, .files = job->files};
    LoadOptions options;
    options.stop = &job->stop;
    options.on_progress = [this, &job](double share, const char* phase) {
      const std::lock_guard lock(mutex_);
      job->progress = share;
      job->phase = phase;
    };
    options.on_preview = [this, &job](DocumentPtr preview) {
      finish({.ticket = job->ticket, .files = job->files, .document = std::move(preview)});
    };
    // Whatever a file does to its reader, the application goes on.
    try {
      if (!job->stop) finished.document = loader_(job->files, options);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kInterrupted) finished.error = e.what();
    } catch (const std::bad_alloc&) {
      finished.error = fmt::format("{}: does not fit into memory", name_of(job->files));
    } catch (const std::exception& e) {
      finished.error = fmt::format("{}: internal error: {}", name_of(job->files), e.what());
    }
    finished.cancelled = finished.document == nullptr && finished.error.empty();
    {
      const std::lock_guard lock(mutex_);
      queue_.pop_front();
    }
    finish(std::move(finished));
    done_.notify_all();
  }
}

void DocumentStore::finish(Finished finished) {
  const std::lock_guard lock(mutex_);
  finished_.push_back(std::move(finished));
  if (on_finished_) on_finished_();
}

void DocumentStore::on_finished(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  on_finished_ = std::move(call);
}

}  // namespace dscope::view_data
