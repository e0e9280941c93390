// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/counter_rows.h"

#include "profiler/export/report_facts.h"
#include "profiler/export/text.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace dscope::exporter {
namespace {

using profile::Counters;
using profile::KernelCounters;

// Sums of several kernels; shares are weighted by time.
struct Totals {
  double calls = 0;
  double time_ns = 0;
  std::optional<double> dram_read_bytes;
  std::optional<double> dram_write_bytes;
  std::optional<double> l2_hits;
  std::optional<double> l2_misses;
  std::optional<double> shared_ns;  // utilisation times time
  std::optional<double> tensor_ns;

  void add(const KernelCounters& kernel) {
    const auto plus = [](std::optional<double>& sum, std::optional<double> value, double weight) {
      if (value) sum = sum.value_or(0) + *value * weight;
    };
    const double ns = kernel.time_ns.value_or(0);
    calls += kernel.calls;
    time_ns += ns;
    plus(dram_read_bytes, kernel.dram_read_bytes, 1);
    plus(dram_write_bytes, kernel.dram_write_bytes, 1);
    plus(l2_hits, kernel.l2_hits, 1);
    plus(l2_misses, kernel.l2_misses, 1);
    plus(shared_ns, kernel.shared_utilisation, ns);
    plus(tensor_ns, kernel.tensor_utilisation, ns);
  }
};

std::optional<double> sum(std::optional<double> x, std::optional<double> y) {
  if (!x || !y) return std::nullopt;
  return *x + *y;
}

std::optional<double> quotient(std::optional<double> part, std::optional<double> whole) {
  if (!part || whole.value_or(0) <= 0) return std::nullopt;
  return *part / *whole;
}

void add_row(TextTable& table, const Cell& stage, const Cell& op, const Cell& kernel,
             const Totals& totals, std::optional<double> cost_bytes) {
  table.add_row(
      {stage, op, kernel, number_cell(totals.calls), ns_cell(totals.time_ns),
       bytes_cell(totals.dram_read_bytes), bytes_cell(totals.dram_write_bytes),
       bytes_cell(cost_bytes),
       number_cell(quotient(sum(totals.dram_read_bytes, totals.dram_write_bytes), cost_bytes), 2),
       share_cell(quotient(totals.l2_hits, sum(totals.l2_hits, totals.l2_misses))),
       share_cell(quotient(totals.shared_ns, totals.time_ns)),
       share_cell(quotient(totals.tensor_ns, totals.time_ns))});
}

// An op with its kernels; one without any is done by those of another op.
struct OpRows {
  std::string op;
  Totals totals;
  std::vector<const KernelCounters*> kernels;
  std::optional<double> cost_bytes;
};

struct StageRows {
  Stage stage = Stage::kOther;
  Totals totals;
  std::map<std::string, OpRows> ops;

  OpRows& op(const std::string& name) {
    OpRows& rows = ops[name];
    rows.op = name;
    return rows;
  }
  [[nodiscard]] std::optional<double> cost_bytes() const {
    std::optional<double> all;
    for (const auto& [name, rows] : ops) {
      if (rows.cost_bytes) all = all.value_or(0) + *rows.cost_bytes;
    }
    return all;
  }
};

template <class Rows>
std::vector<const Rows*> longest_first(const std::map<std::string, Rows>& rows) {
  std::vector<const Rows*> list;
  for (const auto& [key, value] : rows) list.push_back(&value);
  std::stable_sort(list.begin(), list.end(), [](const Rows* x, const Rows* y) {
    return x->totals.time_ns > y->totals.time_ns;
  });
  return list;
}

// By stage id. Collectives without kernels were left out of the step, not done by another op.
std::map<std::string, StageRows> rows_by_stage(const Counters& counters) {
  std::map<std::string, StageRows> stages;
  const auto of = [&](Stage stage) -> StageRows& {
    StageRows& rows = stages[std::string(info(stage).id)];
    rows.stage = stage;
    return rows;
  };
  std::map<std::string, Stage> stage_of_op;
  for (const KernelCounters& kernel : counters.kernels) {
    OpRows& rows = of(kernel.stage).op(kernel.op.value_or("(none)"));
    rows.totals.add(kernel);
    rows.kernels.push_back(&kernel);
    of(kernel.stage).totals.add(kernel);
    stage_of_op.emplace(rows.op, kernel.stage);
  }
  for (const profile::OpTotals& op : counters.ops) {
    const auto found = stage_of_op.find(op.op);
    const bool counted = found != stage_of_op.end();
    if (op.dram_bytes() <= 0 || (!counted && op.wire_bytes > 0)) continue;
    of(counted ? found->second : op.stage).op(op.op).cost_bytes = op.dram_bytes();
  }
  return stages;
}

Cell kernel_cell(const KernelCounters& kernel) {
  return {kernel.name, kernel_label(kernel.name)};
}

void add_op(TextTable& table, const Cell& stage, const OpRows& rows) {
  const bool several = rows.kernels.size() > 1;
  Cell kernel;
  if (rows.kernels.empty()) kernel.text = "(in kernels of another op)";
  if (rows.kernels.size() == 1) kernel = kernel_cell(*rows.kernels.front());
  add_row(table, stage, rows.op, kernel, rows.totals, rows.cost_bytes);
  if (!several) return;
  for (const KernelCounters* part : rows.kernels) {
    Totals alone;
    alone.add(*part);
    add_row(table, stage, {rows.op, ""}, kernel_cell(*part), alone, std::nullopt);
  }
}

}  // namespace

TextTable counter_table(const profile::Profile& profile) {
  TextTable table({{"stage", "Stage"},
                   {"op", "Op"},
                   {"kernel", "Kernel", Align::kLeft, 32},
                   {"calls", "Calls", Align::kRight},
                   {"time_ns", "Time", Align::kRight},
                   {"dram_read_bytes", "DRAM read", Align::kRight},
                   {"dram_write_bytes", "written", Align::kRight},
                   {"cost_bytes", "op_costs", Align::kRight},
                   {"dram_over_cost", "DRAM/cost", Align::kRight},
                   {"l2_hit_rate", "L2 hit", Align::kRight},
                   {"shared_utilisation", "Shared", Align::kRight},
                   {"tensor_utilisation", "Tensor", Align::kRight}});
  if (!profile.measurement || !profile.measurement->counters) return table;
  const Counters& counters = *profile.measurement->counters;
  const std::map<std::string, StageRows> stages = rows_by_stage(counters);
  double all_costs = 0;
  for (const StageRows* rows : longest_first(stages)) {
    const std::string id(info(rows->stage).id);
    const std::optional<double> cost_bytes = rows->cost_bytes();
    all_costs += cost_bytes.value_or(0);
    add_row(table, {id, stage_label(rows->stage, profile)}, {}, {}, rows->totals, cost_bytes);
    for (const OpRows* op : longest_first(rows->ops)) add_op(table, {id, ""}, *op);
    table.add_rule();
  }
  if (counters.kernels.empty()) return table;
  Totals all;
  for (const KernelCounters& kernel : counters.kernels) all.add(kernel);
  add_row(table, "all", {}, {}, all, all_costs);
  return table;
}

}  // namespace dscope::exporter
