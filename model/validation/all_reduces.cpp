// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/validation/all_reduces.h"

#include "model/collective.h"
#include "model/embedded_file.h"
#include "workloads/base/json_util.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <span>
#include <utility>

namespace dscope::model {

std::span<const EmbeddedFile> embedded_all_reduces();  // kernels/results/all_reduce_h200x4.json

namespace {

MeasuredAllReduce read_time(const JsonReader& json) {
  constexpr std::int64_t kMostRanks = 1024;
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 40;
  constexpr double kNsPerUs = 1e3;
  constexpr std::array<std::pair<std::string_view, const char*>, 2> kTransports{
      {{"nvlink", "nvlink4"}, {"host_memory", "pcie5-host-memory"}}};
  constexpr std::array<std::pair<std::string_view, AllReduce>, 2> kAlgorithms{
      {{"ncclAllReduce", AllReduce::kNccl}, {"gather+sum", AllReduce::kGathered}}};
  const auto one_of = [&json](const char* key, const auto& names) {
    const std::string text = json.at(key).as_string();
    for (const auto& [name, value] : names) {
      if (text == name) return value;
    }
    json.at(key).fail(fmt::format("\"{}\" or \"{}\"", names[0].first, names[1].first));
  };
  MeasuredAllReduce time;
  time.ranks = json.at("ranks").as_int(2, kMostRanks);
  time.interconnect = one_of("transport", kTransports);
  time.algorithm = one_of("algorithm", kAlgorithms);
  time.payload_bytes = static_cast<double>(json.at("payload_bytes").as_int(1, kMostBytes));
  time.time_ns = json.at("time_us").as_number() * kNsPerUs;
  if (time.time_ns <= 0) json.at("time_us").fail("a positive number");
  return time;
}

}  // namespace

AllReduceTable all_reduce_table_from_json(const nlohmann::json& json, const std::string& source) {
  const JsonReader reader(json, source);
  AllReduceTable table;
  for (const auto& [name, field] :
       {std::pair{"card", &table.card}, std::pair{"driver", &table.driver},
        std::pair{"cuda", &table.cuda}, std::pair{"nccl", &table.nccl},
        std::pair{"commit", &table.commit}}) {
    *field = reader.at(name).as_string();
  }
  const JsonReader times = reader.at("times");
  for (std::size_t i = 0; i < times.array_size(); ++i) {
    table.times.push_back(read_time(times.at(i)));
  }
  return table;
}

const AllReduceTable& measured_all_reduces() {
  static const AllReduceTable table = [] {
    const EmbeddedFile& file = embedded_all_reduces().front();
    return all_reduce_table_from_json(nlohmann::json::parse(file.text),
                                      fmt::format("kernels/results/{}.json", file.name));
  }();
  return table;
}

bool is_calibration_time(const MeasuredAllReduce& m) {
  constexpr double kKib = 1024;
  return m.algorithm == AllReduce::kNccl &&
         (m.payload_bytes == 8 * kKib || m.payload_bytes == 128 * kKib ||
          m.payload_bytes == 1024 * kKib);
}

double predicted_ns(const MeasuredAllReduce& m) {
  const KernelValues kernels(find_kernel_set("dscope"));
  const Fabric links = fabric(find_interconnect(m.interconnect), m.ranks);
  const CollectiveTime time = all_reduce_time(m.payload_bytes, links, kernels, m.algorithm);
  return time.time.total() + (time.kernels - 1) * (kernels.launch_ns + kernels.fixed_small_ns);
}

}  // namespace dscope::model
