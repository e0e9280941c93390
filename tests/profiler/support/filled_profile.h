// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile_fields.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope::profile::testing {

// Sets every field of every struct, by the list that writer and reader use: a field that is added
// there is filled here, and nothing has to be remembered.
class Filler {
 public:
  // With unknown fields in every object that can keep some.
  explicit Filler(bool with_unknown = false) : with_unknown_(with_unknown) {}

  template <class T>
  void operator()(const char*, T& member, Presence = {}) {
    fill(member);
  }

  void fill(std::string& s) { s = "text " + std::to_string(++count_); }
  void fill(bool& b) { b = true; }
  void fill(std::int64_t& i) { i = ++count_; }
  void fill(double& d) { d = static_cast<double>(++count_) + 0.5; }
  void fill(Kind& k) { k = Kind::kEmulated; }
  void fill(Stage& s) { s = Stage::kFlashMla; }
  void fill(Numerics& n) { n = Numerics::kServingA8; }
  void fill(ModelConfig& m) { m = preset("dsv4-tiny"); }
  void fill(ParallelLayout& l) { l = {1, 1, 0}; }
  void fill(JsonValue& v) {
    v = std::make_shared<const nlohmann::json>(nlohmann::json{{"free", ++count_}});
  }
  void fill(StageValues& values) {
    for (std::int64_t& value : values) value = ++count_;
    values[static_cast<std::size_t>(Stage::kGap)] = 0;
  }
  template <class T>
  void fill(std::optional<T>& value) {
    fill(value.emplace());
  }
  template <class T>
  void fill(std::vector<T>& values) {
    fill(values.emplace_back());
    fill(values.emplace_back());
  }
  template <class T>
  requires requires(T& section) { section.unknown; }
  void fill(T& section) {
    visit_fields(section, *this);
    if (with_unknown_) {
      section.unknown = std::make_shared<const nlohmann::json>(
          nlohmann::json{{"from_the_future", {{"nested", {1, "two", nullptr}}}}});
    }
  }

 private:
  bool with_unknown_;
  std::int64_t count_ = 0;
};

inline Profile filled_profile(bool with_unknown = false) {
  Profile profile;
  Filler(with_unknown).fill(profile);
  return profile;
}

}  // namespace dscope::profile::testing
