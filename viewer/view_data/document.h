// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/analyse.h"
#include "profiler/export/stage_table.h"
#include "profiler/import/trace.h"
#include "profiler/profile/profile.h"
#include "viewer/view_data/timeline.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope::view_data {

// The files that one document is read from: one, or the traces of the ranks of one run.
using DocumentFiles = std::vector<std::filesystem::path>;

// Which of the files that were opened together are one document: the ranks of one run, by their
// names.
[[nodiscard]] std::vector<DocumentFiles> documents_of(
    const std::vector<std::filesystem::path>& files);

// What was opened, ready to be drawn. Immutable once made, and shared: panels may keep a pointer.
struct Document {
  std::uint64_t id = 0;  // unique in the process, never reused
  // False: a preview of a trace that is still being analysed. Its timeline can be looked at, its
  // profile has no measurement; a complete document of the same id follows.
  bool complete = true;
  std::string name;     // short, for tabs and legends: "graph_l4_b2", "RTX 5090 x4"
  DocumentFiles files;  // empty: made in memory (a pinned prediction)
  std::uint64_t file_bytes = 0;
  double load_seconds = 0;
  profile::Profile profile;
  // The stage table of the command line; empty when the document has no measured step.
  std::optional<exporter::StageReport> report;
  std::shared_ptr<const Timeline> timeline;  // never null; may be empty
  std::vector<std::string> notes;            // what to know: "trace file beside it is missing"

  // Of caches: what it says is the same as long as this is.
  [[nodiscard]] std::uint64_t key() const { return id * 2 + (complete ? 1 : 0); }
  [[nodiscard]] profile::Kind kind() const {
    return profile.provenance ? profile.provenance->kind : profile::Kind::kMeasured;
  }
  [[nodiscard]] bool has_prediction() const { return profile.prediction.has_value(); }
};

using DocumentPtr = std::shared_ptr<const Document>;

struct LoadOptions {
  // 0..1 and what is being done ("reading", "analysing", "drawing up the timeline"). Called from
  // the thread that loads. May be empty.
  std::function<void(double, const char* phase)> on_progress;
  // What can be shown already of a trace that takes its time to be analysed. From the same thread;
  // may be empty.
  std::function<void(std::shared_ptr<const Document>)> on_preview;
  const std::atomic<bool>* stop = nullptr;  // set: Error{kInterrupted}
};

// Reads a profile document, or a trace of any format that the importers know; which of them is
// found from the content. Several files, at least one, are the traces of the ranks of one run:
// their lanes stand under each other. Throws Error{kInput} with path, position, expected and found.
[[nodiscard]] DocumentPtr load_document(const DocumentFiles& files,
                                        const LoadOptions& options = {});

// "run-TP-0", or "run-TP, 4 ranks"; for lists and progress. At least one file.
[[nodiscard]] std::string name_of_files(const DocumentFiles& files);

// A document made in the process: a prediction to compare with.
[[nodiscard]] DocumentPtr make_document(profile::Profile profile, std::string name);

}  // namespace dscope::view_data
