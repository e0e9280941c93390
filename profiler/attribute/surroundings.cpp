// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/surroundings.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace dscope::attribute {
namespace {

constexpr std::size_t kReach = 6;
// A trace repeats itself, so it has few different surroundings; one that does not has nothing to
// agree on.
constexpr std::size_t kMostKeys = 1 << 18;
constexpr float kOneSided = 0.7F;
constexpr float kWeak = 0.55F;

// Hashes of any part of a sequence of names from one pass over it (polynomial, modulo 2^64).
class SequenceHash {
 public:
  SequenceHash(const collect::ActivityList& list, std::span<const std::uint32_t> order) {
    prefix_.reserve(order.size() + 1);
    for (const std::uint32_t index : order) {
      prefix_.push_back(prefix_.back() * kBase + mix(list.activities[index].name));
    }
    for (std::size_t i = 1; i < power_.size(); ++i) power_[i] = power_[i - 1] * kBase;
  }

  // Of [begin, end), at most 2 * kReach + 1 long.
  [[nodiscard]] std::uint64_t of(std::size_t begin, std::size_t end) const {
    return prefix_[end] - prefix_[begin] * power_[end - begin];
  }

 private:
  static constexpr std::uint64_t kBase = 0x9e3779b97f4a7c15;

  // Steele et al., "Fast splittable pseudorandom number generators" (2014): the finalizer.
  static std::uint64_t mix(std::uint64_t x) {
    x += kBase;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  std::vector<std::uint64_t> prefix_{0};
  std::array<std::uint64_t, 2 * kReach + 2> power_{1};
};

struct Votes {
  std::array<float, kStageCount> for_stage{};
  float cast = 0;  // also of those without a stage

  void add(const LabelledWork& label) {
    cast += 1;
    if (label.source != LabelSource::kNone) {
      for_stage[static_cast<std::size_t>(label.stage)] += label.confidence;
    }
  }
  // Nothing when nobody has a stage.
  void decide(LabelledWork& label, float scale) const {
    const auto most = std::max_element(for_stage.begin(), for_stage.end());
    if (*most <= 0) return;
    const auto stage = static_cast<Stage>(most - for_stage.begin());
    const float confidence = scale * *most / cast;
    if (label.source != LabelSource::kNone && label.stage == stage && label.confidence >= kWeak) {
      return;
    }
    label = {stage, LabelSource::kNeighbour, confidence};
  }
};

bool is_open(const LabelledWork& label) {
  return label.source == LabelSource::kNeighbour || label.source == LabelSource::kNone;
}

void agree_inside(const SequenceHash& hash, std::span<const std::uint32_t> order,
                  std::vector<LabelledWork>& work) {
  std::unordered_map<std::uint64_t, Votes> votes;
  const std::size_t end = order.size() - kReach;
  for (std::size_t i = kReach; i < end; ++i) {
    if (!is_open(work[order[i]])) continue;
    const std::uint64_t key = hash.of(i - kReach, i + kReach + 1);
    const auto entry = votes.find(key);
    if (entry != votes.end()) {
      entry->second.add(work[order[i]]);
    } else if (votes.size() < kMostKeys) {
      votes[key].add(work[order[i]]);
    }
  }
  for (std::size_t i = kReach; i < end; ++i) {
    if (!is_open(work[order[i]])) continue;
    const auto entry = votes.find(hash.of(i - kReach, i + kReach + 1));
    if (entry != votes.end()) entry->second.decide(work[order[i]], 1);
  }
}

// At one end: [begin, end) of `order` are asked by the names from `back` before to `ahead` after.
void agree_at_end(const SequenceHash& hash, std::span<const std::uint32_t> order, std::size_t begin,
                  std::size_t end, std::size_t back, std::size_t ahead,
                  std::vector<LabelledWork>& work) {
  std::unordered_map<std::uint64_t, Votes> asked;
  const auto key = [&](std::size_t i) { return hash.of(i - back, i + ahead + 1); };
  for (std::size_t i = begin; i < end; ++i) {
    const LabelledWork& label = work[order[i]];
    if (is_open(label) && label.confidence < kWeak) asked.try_emplace(key(i));
  }
  if (asked.empty()) return;
  for (std::size_t i = kReach; i + kReach < order.size(); ++i) {
    if (!is_open(work[order[i]])) continue;
    const auto entry = asked.find(key(i));
    if (entry != asked.end()) entry->second.add(work[order[i]]);
  }
  for (std::size_t i = begin; i < end; ++i) {
    LabelledWork& label = work[order[i]];
    if (!is_open(label) || label.confidence >= kWeak) continue;
    asked.at(key(i)).decide(label, kOneSided);
  }
}

}  // namespace

void agree_on_surroundings(const collect::ActivityList& list, std::span<const std::uint32_t> order,
                           std::vector<LabelledWork>& work) {
  if (order.size() <= 2 * kReach) return;
  const SequenceHash hash(list, order);
  agree_inside(hash, order, work);
  agree_at_end(hash, order, 0, kReach, 0, kReach, work);
  agree_at_end(hash, order, order.size() - kReach, order.size(), kReach, 0, work);
}

}  // namespace dscope::attribute
