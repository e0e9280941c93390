// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <string>

namespace dscope::view_data {

// A document as the views see it.
struct NamedProfile {
  std::string name;  // for legends: the file's name, or what the user called it
  const profile::Profile* profile = nullptr;  // never null; outlives the call
};

}  // namespace dscope::view_data
