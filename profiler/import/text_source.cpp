// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/text_source.h"

#include "workloads/base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace dscope::importer {
namespace {

constexpr std::size_t kInputBytes = 256 << 10;

}  // namespace

struct TextSource::Inflate {
  z_stream stream{};
  std::vector<unsigned char> input = std::vector<unsigned char>(kInputBytes);
  bool in_member = true;
  bool file_ended = false;

  Inflate() {
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();  // 16: gzip
  }
  ~Inflate() { inflateEnd(&stream); }
};

TextSource::TextSource(std::filesystem::path path) : path_(std::move(path)) {
  // O_NONBLOCK: opening a named pipe must not wait for somebody to write to it.
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info {};
  const bool opened = file_ >= 0 && ::fstat(file_, &info) == 0;
  const int reason = errno;
  unsigned char begin[2] = {};
  if (opened && S_ISREG(info.st_mode)) {
    file_bytes_ = static_cast<std::uint64_t>(info.st_size);
    const bool gzip = ::pread(file_, begin, 2, 0) == 2 && begin[0] == 0x1f && begin[1] == 0x8b;
    if (gzip) inflate_ = std::make_unique<Inflate>();
    return;
  }
  if (file_ >= 0) ::close(file_);
  if (!opened) throw input_error("{}: cannot open: {}", path_.string(), std::strerror(reason));
  throw input_error("{}: expected a regular file, found {}", path_.string(),
                    S_ISDIR(info.st_mode) ? "a directory" : "a device or pipe");
}

TextSource::~TextSource() {
  ::close(file_);
}

double TextSource::progress() const {
  return file_bytes_ == 0 ? 1 : static_cast<double>(read_bytes_) / static_cast<double>(file_bytes_);
}

void TextSource::fail(const std::string& expected, const std::string& found) const {
  const std::uint64_t at = read_bytes_ - (inflate_ ? inflate_->stream.avail_in : 0);
  throw input_error("{}: byte {}: expected {}, found {}", path_.string(), at, expected, found);
}

std::size_t TextSource::read(char* to, std::size_t size) {
  const std::size_t count = inflate_ ? read_inflated(to, size) : read_file(to, size);
  text_bytes_ += count;
  constexpr std::uint64_t kFree = 64 << 20;  // below this nothing is worth a refusal
  if (text_bytes_ > kFree && text_bytes_ / kMaxRatio > read_bytes_) {
    fail(fmt::format("a trace, which compresses by less than {}", kMaxRatio),
         fmt::format("{} bytes from {}", text_bytes_, read_bytes_));
  }
  return count;
}

std::size_t TextSource::read_file(char* to, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(file_, to, size);
    if (count >= 0) {
      read_bytes_ += static_cast<std::size_t>(count);
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR) {
      throw input_error("{}: byte {}: cannot read: {}", path_.string(), read_bytes_,
                        std::strerror(errno));
    }
  }
}

// True when another gzip member follows the one that ended.
bool TextSource::begin_member() {
  z_stream& stream = inflate_->stream;
  if (stream.avail_in == 0) {
    stream.next_in = inflate_->input.data();
    stream.avail_in =
        static_cast<uInt>(read_file(reinterpret_cast<char*>(inflate_->input.data()), kInputBytes));
    inflate_->file_ended = stream.avail_in == 0;
  }
  if (inflate_->file_ended) return false;
  inflateReset(&stream);
  inflate_->in_member = true;
  return true;
}

std::size_t TextSource::read_inflated(char* to, std::size_t size) {
  z_stream& stream = inflate_->stream;
  stream.next_out = reinterpret_cast<unsigned char*>(to);
  stream.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
  const uInt wanted = stream.avail_out;
  while (stream.avail_out > 0) {
    if (!inflate_->in_member && !begin_member()) break;
    if (stream.avail_in == 0) {
      stream.next_in = inflate_->input.data();
      stream.avail_in = static_cast<uInt>(
          read_file(reinterpret_cast<char*>(inflate_->input.data()), kInputBytes));
      if (stream.avail_in == 0) {
        fail("the end of the gzip stream", "the end of the file: it is cut off");
      }
    }
    const int status = inflate(&stream, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      inflate_->in_member = false;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail("gzip data", stream.msg != nullptr ? stream.msg : "damaged data");
    }
  }
  return wanted - stream.avail_out;
}

}  // namespace dscope::importer
