// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/json_scan.h"
#include "profiler/import/text_source.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace dscope::importer {

// A piece of a trace: whole elements of its array of events, as a JSON array of their own, with
// the spare bytes behind it that simdjson wants.
struct EventBatch {
  std::string text;              // "[...]" and kPadding more bytes
  std::size_t json_bytes = 0;    // without the padding
  std::uint64_t first_byte = 0;  // where text[1] is in the (decompressed) trace
  double progress = 0;           // 0 .. 1 of the file, after this batch

  static constexpr std::size_t kPadding = 64;
};

// Cuts a Chrome trace into batches: {"traceEvents": [...], ...} or the bare array. What stands
// around the events is kept for header().
class EventBatches {
 public:
  explicit EventBatches(const std::filesystem::path& path);

  // The next batch; false after the last one, once the whole file was read. Throws Error{kInput}
  // for text that is no such trace, or ends inside it.
  bool next(EventBatch& batch);

  // The document without its events, after the last batch: {"traceEvents": [], ...}, or "[]".
  [[nodiscard]] const std::string& header() const { return header_; }
  // Bytes of text, decompressed, after the last batch.
  [[nodiscard]] std::uint64_t text_bytes() const { return position_; }
  [[nodiscard]] std::string position(std::uint64_t byte) const;         // "byte 7", of which text
  [[nodiscard]] std::string header_position(std::uint64_t byte) const;  // of a byte of header()

  static constexpr std::size_t kReadBytes = 512 << 10;
  static constexpr std::size_t kMaxEventBytes = 16 << 20;
  static constexpr std::size_t kMaxHeaderBytes = 16 << 20;

 private:
  void read_prologue();
  void read_epilogue();
  std::size_t find_events(std::size_t begin);
  bool read_more(std::string& text);
  void wrap(EventBatch& batch, std::size_t end);
  [[noreturn]] void fail(std::uint64_t byte, std::string_view expected,
                         std::string_view found) const;

  std::string path_;
  TextSource source_;
  JsonScanner scanner_;
  std::string pending_;         // text after what was given out
  std::uint64_t position_ = 0;  // of the end of pending_ in the text
  std::size_t scanned_ = 0;     // of pending_
  bool started_ = false;
  bool array_ended_ = false;
  bool first_batch_ = true;
  std::string header_;
  std::uint64_t prologue_bytes_ = 0;  // of header_: what comes before the events

  // Of find_events().
  std::int64_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool is_key_ = false;       // the string that is being read, or was read last, is a member name
  bool key_matches_ = false;  // and it is "traceEvents"
  std::string key_;
};

}  // namespace dscope::importer
