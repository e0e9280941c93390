// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/trace_property.h"

#include "profiler/import/activity_file_format.h"
#include "profiler/import/activity_file_reader.h"
#include "profiler/import/trace.h"
#include "workloads/base/error.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope::fuzz {
namespace {

using importer::Trace;

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

// A file in memory where there is such a folder, and with a name: SQLite follows links, and those
// of a nameless file lead nowhere.
class NamedFile {
 public:
  explicit NamedFile(std::span<const std::byte> bytes) {
    const char* const folder = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    path_ = std::string(folder) + "/dscope_fuzz_XXXXXX";
    const int file = ::mkstemp(path_.data());
    require(file >= 0, "no temporary file");
    const bool written =
        ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    ::close(file);
    require(written, "the temporary file is full");
  }
  ~NamedFile() { ::unlink(path_.c_str()); }
  NamedFile(const NamedFile&) = delete;
  NamedFile& operator=(const NamedFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void check_contract(const Trace& trace) {
  std::set<std::pair<std::int32_t, std::int32_t>> lanes;
  std::set<std::int32_t> devices;
  for (const auto& track : trace.lanes) lanes.emplace(track.device, track.lane);
  for (const auto& track : trace.devices) devices.insert(track.device);
  require(lanes.size() == trace.lanes.size(), "a lane twice");
  require(devices.size() == trace.devices.size(), "a device twice");
  for (const collect::Activity& activity : trace.list.activities) {
    require(activity.name < trace.list.names.size(), "a name that is not there");
    require(activity.end_ns >= activity.start_ns, "an activity ends before it starts");
    require(lanes.contains({activity.device, activity.lane}), "a lane without a track");
    require(devices.contains(activity.device), "a device without a track");
  }
  for (const auto& skipped : trace.skipped) {
    require(skipped.count > 0 && !skipped.reason.empty(), "skipped without a count or reason");
  }
}

bool accepted(const std::string& source, const std::function<Trace()>& read) {
  try {
    check_contract(read());
    return true;
  } catch (const Error& error) {
    const std::string_view message = error.what();
    require(error.kind() == ErrorKind::kInput, "refused, but not as a wrong input");
    require(message.starts_with(source), "the message does not name its source");
    require(message.size() < 4000, "the message is too long to read");
    return false;
  }
}

template <class T>
T load(const std::vector<std::byte>& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

void repair(std::vector<std::byte>& bytes) {
  using importer::format::BlockHeader;
  std::size_t at = sizeof(importer::format::FileHeader);
  while (at + sizeof(BlockHeader) <= bytes.size()) {
    auto header = load<BlockHeader>(bytes, at);
    const std::size_t left = bytes.size() - at - sizeof header;
    header.magic = importer::format::kBlockMagic;
    header.payload_bytes = std::min<std::uint64_t>(header.payload_bytes, left);
    const std::string_view payload(reinterpret_cast<const char*>(bytes.data() + at + sizeof header),
                                   header.payload_bytes);
    header.header_check = importer::format::header_check(header);
    header.payload_check = importer::format::checksum(payload);
    std::memcpy(bytes.data() + at, &header, sizeof header);
    at += sizeof header + importer::format::padded(header.payload_bytes);
  }
}

}  // namespace

bool check_trace(std::span<const std::byte> file) {
  const NamedFile named(file);
  return accepted(named.path(), [&] { return importer::read_trace(named.path()); });
}

bool check_repaired_activity_file(std::span<const std::byte> file) {
  std::vector<std::byte> bytes(file.begin(), file.end());
  repair(bytes);
  return accepted("input", [&] { return importer::parse_activity_file(bytes, "input"); });
}

}  // namespace dscope::fuzz
