// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/document.h"

#include "profiler/import/activity_file_reader.h"
#include "profiler/import/trace_document.h"
#include "profiler/import/trace_merge.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <fstream>
#include <string_view>
#include <utility>

namespace dscope::view_data {
namespace {

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> id{0};
  return ++id;
}

struct Loading {
  const LoadOptions& options;

  void report(double share, const char* phase) const {
    if (options.stop != nullptr && *options.stop) {
      throw Error(ErrorKind::kInterrupted, "interrupted");
    }
    if (options.on_progress) options.on_progress(share, phase);
  }
};

enum class Content { kProfile, kTrace };

// By what comes first in the file: the name of our schema, or the list of events of a Chrome trace.
// Anything else that is JSON is read as a document, whose reader then says what is wrong with it.
Content content_of(const std::filesystem::path& path) {
  static constexpr std::string_view kDocument = "\"dscope.profile\"";
  static constexpr std::string_view kEvents = "\"traceEvents\"";
  constexpr std::size_t kChunk = 1 << 20;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path)) {
    throw input_error("{}: cannot be opened for reading", path.string());
  }
  std::string text;
  std::string chunk(kChunk, '\0');
  bool first = true;
  while (in.read(chunk.data(), kChunk), in.gcount() > 0) {
    text.append(chunk, 0, static_cast<std::size_t>(in.gcount()));
    if (first) {
      const std::size_t begin = text.find_first_not_of(" \t\r\n");
      if (begin != std::string::npos && text[begin] == '[') return Content::kTrace;
      if (begin != std::string::npos && text[begin] != '{') return Content::kTrace;
      first = false;
    }
    const std::size_t document = text.find(kDocument);
    const std::size_t events = text.find(kEvents);
    if (document != events) return document < events ? Content::kProfile : Content::kTrace;
    text.erase(0, text.size() - std::min(text.size(), kDocument.size()));
  }
  return Content::kProfile;
}

importer::Trace read_traces(const DocumentFiles& files, const Loading& loading) {
  importer::ReadOptions read;
  read.on_progress = [&](double share) { loading.report(share * 0.4, "reading"); };
  read.stop = loading.options.stop;
  return importer::read_traces(files, read);
}

// What a trace becomes.
struct Accounted {
  profile::Profile profile;
  std::shared_ptr<const Timeline> timeline;
};

Accounted analyse(importer::Trace trace, const Loading& loading) {
  loading.report(0.5, "analysing");
  attribute::AnalyseOptions options;
  options.stop = loading.options.stop;
  attribute::Analysis analysis = attribute::analyse(trace.list, options);
  loading.report(0.85, "drawing up the timeline");
  Accounted result;
  result.profile = importer::document_of(trace, std::move(analysis.measurement));
  result.timeline =
      std::make_shared<Timeline>(make_timeline(std::move(trace), analysis, loading.options.stop));
  return result;
}

// A trace that was saved with what analyse() said of it: nothing is worked out again. Empty: it is
// something else.
std::optional<Accounted> open_saved(const DocumentFiles& files, const Loading& loading) {
  if (files.size() > 1) return std::nullopt;  // ranks that were saved one by one
  const std::optional<importer::SavedTrace> saved = importer::open_saved_trace(files.front());
  if (!saved || !saved->blocks.trace().measurement) return std::nullopt;
  importer::Trace trace = saved->blocks.trace();
  importer::apply_file_rank(trace, files.front());
  std::optional<Timeline> timeline = make_timeline(saved->blocks, trace, loading.options.stop);
  if (!timeline) return std::nullopt;
  Accounted result;
  result.profile = importer::document_of(trace, *std::move(trace.measurement));
  result.timeline = std::make_shared<Timeline>(*std::move(timeline));
  return result;
}

std::shared_ptr<const Timeline> step_timeline(const profile::Profile& profile) {
  if (!profile.measurement) return std::make_shared<Timeline>();
  return std::make_shared<Timeline>(make_step_timeline(*profile.measurement));
}

void set_report(Document& document) {
  const auto& measurement = document.profile.measurement;
  if (measurement && !measurement->steps.empty()) {
    document.report = exporter::stage_report(document.profile);
  }
}

// "TP-0" of "TP-0.trace.json.gz": endings that say nothing are left off.
std::string short_name(std::string name) {
  for (const std::string_view ending :
       {".gz", ".json", ".sqlite", ".dscope", ".trace", ".profile"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      name.resize(name.size() - ending.size());
    }
  }
  return name;
}

// Of a trace whose analysis takes longer than somebody would wait without wondering.
void show_preview(const importer::Trace& trace, const Loading& loading, const Document& document) {
  constexpr std::size_t kLargeTrace = 200'000;
  if (!loading.options.on_preview || trace.list.activities.size() < kLargeTrace) return;
  loading.report(0.4, "drawing up the timeline");
  auto preview = std::make_shared<Document>(document);
  preview->complete = false;
  preview->profile = importer::document_of(trace, {});
  preview->profile.measurement.reset();
  preview->timeline = std::make_shared<Timeline>(make_preview(trace, loading.options.stop));
  loading.options.on_preview(std::move(preview));
}

void load_trace(const Loading& loading, Document& document) {
  std::optional<Accounted> accounted = open_saved(document.files, loading);
  if (!accounted) {
    importer::Trace trace = read_traces(document.files, loading);
    show_preview(trace, loading, document);
    accounted = analyse(std::move(trace), loading);
  }
  document.profile = std::move(accounted->profile);
  document.timeline = std::move(accounted->timeline);
}

void load_profile(const std::filesystem::path& path, const Loading& loading, Document& document) {
  document.profile = profile::read_profile(path);
  loading.report(0.3, "reading");
  const auto& measurement = document.profile.measurement;
  if (measurement && measurement->trace_file) {
    // Beside the document: its folder may have been moved since.
    const auto beside =
        path.parent_path() / std::filesystem::path(*measurement->trace_file).filename();
    try {
      std::optional<Accounted> events = open_saved({beside}, loading);
      if (!events) events = analyse(read_traces({beside}, loading), loading);
      document.timeline = std::move(events->timeline);
      return;
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kInterrupted) throw;
      document.notes.push_back(fmt::format("No events: {}", e.what()));
    }
  }
  document.timeline = step_timeline(document.profile);
}

}  // namespace

std::vector<DocumentFiles> documents_of(const std::vector<std::filesystem::path>& files) {
  return importer::group_ranks(files);
}

std::string name_of_files(const DocumentFiles& files) {
  const std::string first = files.front().filename().string();
  if (files.size() == 1) return short_name(first);
  return fmt::format("{}, {} ranks", short_name(importer::name_without_rank(first)), files.size());
}

DocumentPtr load_document(const DocumentFiles& files, const LoadOptions& options) {
  DSCOPE_REQUIRE(!files.empty(), "a document is read from at least one file");
  const auto begin = std::chrono::steady_clock::now();
  const Loading loading{options};
  loading.report(0, "reading");
  auto document = std::make_shared<Document>();
  document->id = next_id();
  document->files = files;
  document->name = name_of_files(files);
  for (const auto& file : files) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(file, error);
    if (!error) document->file_bytes += bytes;
  }
  // Several are ranks, which only traces have: their reader refuses anything else.
  if (files.size() == 1 && content_of(files.front()) == Content::kProfile) {
    load_profile(files.front(), loading, *document);
  } else {
    load_trace(loading, *document);
  }
  set_report(*document);
  document->load_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  loading.report(1, "done");
  return document;
}

DocumentPtr make_document(profile::Profile profile, std::string name) {
  auto document = std::make_shared<Document>();
  document->id = next_id();
  document->name = std::move(name);
  document->profile = std::move(profile);
  document->timeline = step_timeline(document->profile);
  set_report(*document);
  return document;
}

}  // namespace dscope::view_data
