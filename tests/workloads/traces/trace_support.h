// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/base/error.h"
#include "workloads/traces/request_reader.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::traces {

// A file that lives as long as the test that wrote it.
class TextFile {
 public:
  explicit TextFile(std::string_view text) {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() /
            (std::string("dscope_") + test->test_suite_name() + "." + test->name() + "." +
             std::to_string(::getpid()) + "." + std::to_string(number++));
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TextFile() { std::filesystem::remove(path_); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::vector<Request> read_all(RequestReader& reader) {
  std::vector<Request> requests;
  Request request;
  while (reader.next(request)) requests.push_back(request);
  return requests;
}

// The message of the Error{kInput} that `action` throws.
std::string input_error_of(const auto& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    return e.what();
  }
  ADD_FAILURE() << "expected an error";
  return {};
}

}  // namespace dscope::traces
