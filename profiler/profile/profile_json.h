// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>

namespace dscope::profile {

// The JSON form (schema.md). Absent sections and empty optionals are left out. Strings that are not
// valid UTF-8 come out with U+FFFD in place of the bad bytes. Throws Error{kInternal} when a number
// is not finite: JSON has no such numbers, and a document must not hold one.
[[nodiscard]] nlohmann::json to_json(const Profile& profile);

// Reads the JSON form. Throws Error{kInput} with `source`, JSON pointer, expected and found; a
// document of another version with "file is v3, this build reads v1".
[[nodiscard]] Profile from_json(const nlohmann::json& json, const std::string& source);

[[nodiscard]] Profile read_profile(const std::filesystem::path& path);
void write_profile(const std::filesystem::path& path, const Profile& profile);

}  // namespace dscope::profile
