// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/mapped_file.h"

#include "workloads/base/error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace dscope {
namespace {

// Closes the descriptor when it goes out of scope: the mapping outlives it.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
  // O_NONBLOCK: opening a named pipe must not wait for somebody to write to it.
  const Descriptor file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) {
    throw input_error("{}: cannot open: {}", path_.string(), std::strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) {
    throw input_error("{}: expected a regular file, found {}", path_.string(),
                      S_ISDIR(info.st_mode) ? "a directory" : "a device or pipe");
  }
  if (info.st_size == 0) {
    throw input_error("{}: expected a file with content, found an empty one", path_.string());
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.fd, 0);
  if (address == MAP_FAILED) {
    throw input_error("{}: cannot map {} bytes: {}", path_.string(), size, std::strerror(errno));
  }
  bytes_ = {static_cast<const std::byte*>(address), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

}  // namespace dscope
