// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/validation/published.h"

#include "model/device_catalog.h"
#include "model/embedded_file.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <algorithm>
#include <set>
#include <span>

namespace dscope::model {

std::span<const EmbeddedFile> embedded_measurements();  // generated from validation/

namespace {

constexpr double kNsPerMs = 1e6;
constexpr double kNsPerUs = 1e3;
constexpr double kNsPerSecond = 1e9;
constexpr std::int64_t kMostGpus = 1024;
constexpr std::int64_t kMostTokens = 1 << 24;

void refuse_unknown_keys(const JsonReader& row, const std::vector<std::string_view>& known) {
  for (const std::string& key : row.keys()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    throw input_error("{}: {}/{}: unknown field; known are {}", row.source(), row.pointer(), key,
                      fmt::join(known, ", "));
  }
}

std::string text(const JsonReader& row, std::string_view key) {
  return row.has(key) ? row.at(key).as_string() : std::string();
}

std::optional<std::int64_t> integer(const JsonReader& row, std::string_view key,
                                    std::int64_t high) {
  if (!row.has(key)) return std::nullopt;
  return row.at(key).as_int(1, high);
}

double positive(const JsonReader& at) {
  const double value = at.as_number();
  if (value <= 0) at.fail("a positive number");
  return value;
}

std::optional<double> positive(const JsonReader& row, std::string_view key, double unit) {
  if (!row.has(key)) return std::nullopt;
  return positive(row.at(key)) * unit;
}

std::string required_text(const JsonReader& row, std::string_view key) {
  std::string value = row.at(key).as_string();
  if (value.empty()) row.at(key).fail("text");
  return value;
}

std::map<Stage, StageRange> read_stages(const JsonReader& stages) {
  std::map<Stage, StageRange> result;
  for (const std::string& key : stages.keys()) {
    const JsonReader at = stages.at(key);
    const auto stage = stage_from_id(key);
    if (!stage) at.fail("a stage id as the key");
    const std::vector<double> range = at.as_numbers();
    if (range.size() != 2 || range[0] <= 0 || range[1] < range[0]) at.fail("[low, high] in ms");
    result[*stage] = {range[0] * kNsPerMs, range[1] * kNsPerMs};
  }
  return result;
}

void require_complete(const JsonReader& json, const PublishedRow& row) {
  const auto missing = [&](const char* field) {
    throw input_error("{}: {}: row \"{}\" is not excluded and has no {}", json.source(),
                      json.pointer(), row.id, field);
  };
  if (row.model.empty()) missing("model");
  if (row.device.empty()) missing("device");
  if (!row.tp) missing("tp");
  if (!row.batch) missing("batch");
  if (!row.context) missing("context");
  if (!row.graph) missing("graph");
  if (row.metric.empty()) missing("metric");
}

PublishedRow read_row(const JsonReader& json) {
  refuse_unknown_keys(
      json, {"id",           "source",    "date",  "kernel_set", "model",         "device",
             "interconnect", "engine",    "host",  "kernels",    "note",          "gpus",
             "tp",           "ep",        "batch", "graph",      "power_limit_w", "speculation",
             "metric",       "stages_ms", "value", "assumed",    "context",       "excluded"});
  PublishedRow row;
  row.id = required_text(json, "id");
  row.source = required_text(json, "source");
  row.kernel_set = required_text(json, "kernel_set");
  for (const auto& [key, field] :
       {std::pair{"date", &row.date}, std::pair{"model", &row.model},
        std::pair{"device", &row.device}, std::pair{"interconnect", &row.interconnect},
        std::pair{"engine", &row.engine}, std::pair{"kernels", &row.kernels},
        std::pair{"host", &row.host}, std::pair{"note", &row.note},
        std::pair{"excluded", &row.excluded}}) {
    *field = text(json, key);
  }
  row.gpus = integer(json, "gpus", kMostGpus);
  row.tp = integer(json, "tp", kMostGpus);
  row.ep = integer(json, "ep", kMostGpus);
  row.batch = integer(json, "batch", kMostTokens);
  if (json.has("context")) row.context = json.at("context").as_int(0, kMostTokens);
  if (json.has("graph")) row.graph = json.at("graph").as_bool();
  row.power_limit_w = positive(json, "power_limit_w", 1);
  if (json.has("speculation")) {
    const JsonReader speculation = json.at("speculation");
    row.speculation = {speculation.at("depth").as_int(1, 64),
                       positive(speculation.at("tokens_per_step"))};
  }
  if (json.has("metric")) {
    row.metric = json.at("metric").as_string();
    if (row.metric != "tpot_ms" && row.metric != "tok_s_per_user" && row.metric != "tok_s") {
      json.at("metric").fail("tpot_ms, tok_s_per_user or tok_s");
    }
    row.value = positive(json.at("value"));
  }
  if (json.has("stages_ms")) row.stages = read_stages(json.at("stages_ms"));
  if (json.has("assumed")) {
    const JsonReader assumed = json.at("assumed");
    for (const std::string& key : assumed.keys()) row.assumed[key] = required_text(assumed, key);
  }
  if (row.usable()) require_complete(json, row);
  return row;
}

Microbench read_microbench(const JsonReader& json) {
  refuse_unknown_keys(json, {"id", "source", "device", "host", "note", "ranks", "payload_bytes",
                             "interconnect", "nccl_us", "nccl_tuned_us", "oneshot_us", "us",
                             "doubtful", "use", "excluded", "data"});
  Microbench row;
  row.id = required_text(json, "id");
  row.source = required_text(json, "source");
  for (const auto& [key, field] :
       {std::pair{"device", &row.device}, std::pair{"host", &row.host},
        std::pair{"interconnect", &row.interconnect}, std::pair{"note", &row.note},
        std::pair{"doubtful", &row.doubtful}, std::pair{"use", &row.use},
        std::pair{"excluded", &row.excluded}}) {
    *field = text(json, key);
  }
  row.ranks = integer(json, "ranks", kMostGpus);
  row.payload_bytes = positive(json, "payload_bytes", 1);
  row.nccl_ns = positive(json, "nccl_us", kNsPerUs);
  row.nccl_tuned_ns = positive(json, "nccl_tuned_us", kNsPerUs);
  row.oneshot_ns = positive(json, "oneshot_us", kNsPerUs);
  if (row.use.empty() == row.excluded.empty()) json.fail("either \"use\" or \"excluded\"");
  return row;
}

template <class Row>
std::vector<Row> read_rows(const nlohmann::json& json, const std::string& source,
                           Row (*read)(const JsonReader&)) {
  const JsonReader reader(json, source);
  std::vector<Row> rows;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < reader.array_size(); ++i) {
    rows.push_back(read(reader.at(i)));
    if (!ids.insert(rows.back().id).second) {
      reader.at(i).at("id").fail("an id that no other row has");
    }
  }
  return rows;
}

nlohmann::json embedded(std::string_view name) {
  for (const EmbeddedFile& file : embedded_measurements()) {
    if (file.name == name) return nlohmann::json::parse(file.text);
  }
  throw Error(ErrorKind::kInternal, fmt::format("{}: not compiled in", name));
}

// The acceptance a of each draft token for which 1 + a + ... + a^depth is `tokens`.
double acceptance(std::int64_t depth, double tokens) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double a = (low + high) / 2;
    double sum = 1;
    double power = 1;
    for (std::int64_t k = 0; k < depth; ++k) sum += power *= a;
    (sum < tokens ? low : high) = a;
  }
  return (low + high) / 2;
}

}  // namespace

double PublishedRow::tpot_ns() const {
  DSCOPE_REQUIRE(usable(), "row {} is excluded: {}", id, excluded);
  if (metric == "tpot_ms") return value * kNsPerMs;
  if (metric == "tok_s_per_user") return kNsPerSecond / value;
  return kNsPerSecond * static_cast<double>(*batch) / value;
}

std::vector<PublishedRow> published_rows_from_json(const nlohmann::json& json,
                                                   const std::string& source) {
  return read_rows<PublishedRow>(json, source, read_row);
}

std::vector<Microbench> microbenchmarks_from_json(const nlohmann::json& json,
                                                  const std::string& source) {
  return read_rows<Microbench>(json, source, read_microbench);
}

const std::vector<PublishedRow>& published_rows() {
  static const std::vector<PublishedRow> rows =
      published_rows_from_json(embedded("field_reports"), "model/validation/field_reports.json");
  return rows;
}

const std::vector<Microbench>& microbenchmarks() {
  static const std::vector<Microbench> rows =
      microbenchmarks_from_json(embedded("microbench"), "model/validation/microbench.json");
  return rows;
}

std::string_view usual_pcie(std::int64_t gpus) {
  constexpr std::int64_t kOneSwitch = 4;
  return gpus <= kOneSwitch ? "pcie5-switch" : "pcie5-dual-socket";
}

Configuration configuration_of(const PublishedRow& row, const KernelSet& kernel_set) {
  DSCOPE_REQUIRE(row.usable(), "row {} is excluded: {}", row.id, row.excluded);
  Configuration configuration;
  configuration.model = preset(row.model);
  configuration.device = find_device(row.device);
  configuration.interconnect = find_interconnect(
      row.interconnect.empty() ? usual_pcie(*row.tp) : std::string_view(row.interconnect));
  configuration.kernel_set = kernel_set;
  configuration.tp = *row.tp;
  configuration.ep = row.ep.value_or(1);
  configuration.batch = *row.batch;
  configuration.context = std::max<std::int64_t>(1, *row.context);
  configuration.graph = *row.graph;
  configuration.power_limit_w = row.power_limit_w;
  if (row.speculation) {
    configuration.speculation.depth = row.speculation->depth;
    configuration.speculation.acceptance =
        acceptance(row.speculation->depth, row.speculation->tokens_per_step);
  }
  return configuration;
}

}  // namespace dscope::model
