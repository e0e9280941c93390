// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"

#include "kernels/common/bench_support.h"
#include "kernels/common/tuning.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/read_bandwidth.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <regex>
#include <utility>

namespace dscope::bench {
namespace {

constexpr double kColdL2s = 4;        // L2 caches that the sets of a replay fill
constexpr std::int64_t kMinSets = 4;  // launches behind each other, as in a step
constexpr std::int64_t kMaxSets = 512;
constexpr int kReplays = 25;  // each the mean of its calls; a case then takes a tenth of a second

double read_gbps() {
  static const double gbps = measure_device_read_gbps();
  return gbps;
}

void measure(benchmark::State& state, const GpuCase& c) {
  const CudaGraph graph([&](Stream stream) {
    for (std::int64_t set = 0; set < c.sets; ++set) c.enqueue(stream, set);
  });
  const CudaStream stream;
  CudaTimer timer;
  const auto replay_ns = [&] {
    timer.start(stream.get());
    graph.launch(stream.get());
    timer.stop(stream.get());
    return timer.elapsed_ns();
  };
  replay_ns();  // uploads the graph
  for (auto _ : state) state.SetIterationTime(replay_ns() * 1e-9 / static_cast<double>(c.sets));
  using benchmark::Counter;
  const auto rate = Counter::kIsIterationInvariantRate;
  state.counters["bytes"] = Counter(c.bytes);
  state.counters["bytes/s"] = Counter(c.bytes, rate);
  state.counters["of_read_bw"] = Counter(c.bytes / (read_gbps() * 1e9), rate);
  // Always there: the CSV reporter ends the program where a later case has a counter more.
  state.counters["flop/s"] = Counter(c.flops, rate);
}

// Google Benchmark calls a case several times to find out how often to repeat it; operands are made
// the first time. Those of the case before are freed then.
const GpuCase& made_once(const std::string& name, const std::function<GpuCase()>& make) {
  static std::string made_name;
  static GpuCase made;
  if (made_name != name) {
    made_name.clear();
    made = {};
    made = make();
    made_name = name;
  }
  return made;
}

// What does not fit is skipped with the reason.
void run(benchmark::State& state, const std::string& name, const std::function<GpuCase()>& make) {
  try {
    measure(state, made_once(name, make));
  } catch (const std::exception& e) {
    state.SkipWithError(e.what());
  }
}

struct Family {
  std::string name;
  std::function<GpuCase(const Shape&)> make;
  Sweep sweep;
};

std::vector<Family>& families() {
  static std::vector<Family> list;
  return list;
}

std::string case_name(const Family& family, const Shape& shape) {
  std::string name =
      fmt::format("gpu/{}/{}/tp:{}/T:{}", family.name,
                  shape.model.substr(shape.model.find('-') + 1), shape.tp, shape.tokens);
  if (!family.sweep.contexts.empty()) name += fmt::format("/context:{}", shape.context);
  return name + (family.sweep.operands == Operands::kCold ? "/cold" : "/warm");
}

void register_case(const Family& family, const Shape& shape) {
  const std::string name = case_name(family, shape);
  benchmark::RegisterBenchmark(name.c_str(),
                               [name, make = family.make, shape](benchmark::State& state) {
                                 run(state, name, [&] { return make(shape); });
                               })
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond)
      ->Iterations(kReplays);
}

// Calls `use` with every shape of a family.
template <class Use>
void for_shapes(const Family& family, Use use) {
  const Sweep& sweep = family.sweep;
  const std::vector<std::int64_t> one_context{Shape{}.context};
  for (const std::string& model : sweep.models) {
    for (const int tp : sweep.tps) {
      for (const std::int64_t tokens : sweep.tokens) {
        for (const std::int64_t context : sweep.contexts.empty() ? one_context : sweep.contexts) {
          use(Shape{model, tp, tokens, context});
        }
      }
    }
  }
}

// Median time of a call.
double median_ns(std::int64_t sets, const std::function<void(Stream, std::int64_t)>& enqueue) {
  constexpr int kTuneReplays = 9;
  const CudaGraph graph([&](Stream stream) {
    for (std::int64_t set = 0; set < sets; ++set) enqueue(stream, set);
  });
  const CudaStream stream;
  CudaTimer timer;
  std::vector<double> times;
  for (int replay = 0; replay <= kTuneReplays; ++replay) {
    timer.start(stream.get());
    graph.launch(stream.get());
    timer.stop(stream.get());
    const double ns = timer.elapsed_ns() / static_cast<double>(sets);
    if (replay > 0) times.push_back(ns);  // the first uploads the graph
  }
  std::nth_element(times.begin(), times.begin() + kTuneReplays / 2, times.end());
  return times[kTuneReplays / 2];
}

struct Best {
  std::size_t config = 0;
  double ns = std::numeric_limits<double>::infinity();
};

Best fastest(const GpuCase& c) {
  Best best;
  for (std::size_t config = 0; config < c.tunable->configs; ++config) {
    try {
      const double ns = median_ns(c.sets, [&](Stream stream, std::int64_t set) {
        c.tunable->enqueue(stream, set, config);
      });
      if (ns < best.ns) best = {config, ns};
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kInternal) throw;  // this one cannot run the shape
    }
  }
  return best;
}

// Empty: nothing to choose.
std::string tune_case(const GpuCase& c) {
  constexpr double kNoise = 0.02;
  const Tunable& tunable = *c.tunable;
  const double chosen_ns = median_ns(c.sets, c.enqueue);
  const Best best = fastest(c);
  if (best.ns >= chosen_ns * (1 - kNoise)) {
    return fmt::format("{:.2f} us as chosen", chosen_ns * 1e-3);
  }
  process_tuning().set(current_device().name, tunable.op, tunable.shape, best.config,
                       tunable.configs);
  return fmt::format("{:.2f} us -> {:.2f} us with configuration {}", chosen_ns * 1e-3,
                     best.ns * 1e-3, best.config);
}

}  // namespace

RotatingMatrix::RotatingMatrix(const WeightMatrix& host) : first_(host) {
  const WeightMatrix& view = first_.view();
  const std::int64_t bytes = DeviceMatrix::bytes(host);
  const std::int64_t sets = cold_sets(static_cast<double>(bytes));
  for (std::int64_t set = 0; set < sets; ++set) {
    copies_.emplace_back(bytes, "a copy of a weight matrix");
    copy_on_device(copies_.back().data(), view.data, bytes);
    WeightMatrix moved = view;
    moved.data = copies_.back().data();
    if (view.scales != nullptr) {
      moved.scales = reinterpret_cast<const std::uint8_t*>(copies_.back().data()) +
                     (view.scales - reinterpret_cast<const std::uint8_t*>(view.data));
    }
    views_.push_back(moved);
  }
}

DeviceArray<bf16_t> random_device_activations(std::int64_t count) {
  return DeviceArray<bf16_t>(random_activations(count));
}

std::int64_t cold_sets(double bytes_per_set) {
  const double needed = kColdL2s * static_cast<double>(device_limits().l2_bytes) / bytes_per_set;
  return std::clamp(static_cast<std::int64_t>(std::ceil(needed)), kMinSets, kMaxSets);
}

int add_gpu_cases(std::string_view name, const std::function<GpuCase(const Shape&)>& make,
                  Sweep sweep) {
  families().push_back({std::string(name), make, std::move(sweep)});
  return 0;
}

Support register_gpu_cases() {
  if (Support support = cuda_available(); !support.ok()) return support;
  for (const Family& family : families()) {
    for_shapes(family, [&](const Shape& shape) { register_case(family, shape); });
  }
  return {};
}

std::int64_t tune(const std::string& filter, const std::function<void(const std::string&)>& say,
                  const std::function<bool()>& stopped) {
  (void)current_device();  // or says why there is none
  const std::regex wanted(filter);
  std::int64_t cases = 0;
  for (const Family& family : families()) {
    for_shapes(family, [&](const Shape& shape) {
      const std::string name = case_name(family, shape);
      if (stopped() || !std::regex_search(name, wanted)) return;
      try {
        const GpuCase c = family.make(shape);
        if (!c.tunable) return;
        ++cases;
        say(fmt::format("{}: {}", name, tune_case(c)));
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::kUnavailable) throw;
        say(fmt::format("{}: left out: {}", name, e.what()));
      }
    });
  }
  return cases;
}

}  // namespace dscope::bench
