// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace dscope::collect {

// A library opened at run time and closed with the object; symbols taken from it are valid as long.
class SharedLibrary {
 public:
  // Tries the names in order; the first that loads is kept.
  explicit SharedLibrary(const std::vector<std::string>& names);
  ~SharedLibrary();
  SharedLibrary(const SharedLibrary&) = delete;
  SharedLibrary& operator=(const SharedLibrary&) = delete;

  [[nodiscard]] bool loaded() const { return handle_ != nullptr; }
  // The name that loaded, or the loader's reason why the last one did not.
  [[nodiscard]] const std::string& detail() const { return detail_; }

  // nullptr when the library is not loaded or has no such function.
  template <class Function>
  [[nodiscard]] Function* function(const char* name) const {
    return reinterpret_cast<Function*>(symbol(name));
  }

 private:
  [[nodiscard]] void* symbol(const char* name) const;

  void* handle_ = nullptr;
  std::string detail_;
};

}  // namespace dscope::collect
