// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/support.h"
#include "kernels/cuda/device_weights.h"
#include "kernels/cuda/stream.h"
#include "workloads/model_config.h"
#include "workloads/parallel_layout.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the benchmark cases of CUDA kernels share.
//
// A case enqueues calls of one kernel, each on its own set of operands, into a CUDA graph; the time
// of a call is that of a replay divided by its calls, by the GPU's clock. The sets of a replay are
// together several times the L2 cache, so every call finds its operands in DRAM ("cold"). Reported:
// bytes that must move, GB/s, and the fraction of the read bandwidth measured in the same run.
namespace dscope::bench {

// The listed configurations of an op that has some, for tuning.
struct Tunable {
  std::string op;     // as its launcher asks process_tuning() for it
  std::string shape;  // likewise
  std::size_t configs = 0;
  // Enqueues one call with a configuration; throws where that one cannot run the shape.
  std::function<void(Stream stream, std::int64_t set, std::size_t config)> enqueue;
};

struct GpuCase {
  // Enqueues one call on operand set `set` (0 .. sets - 1).
  std::function<void(Stream stream, std::int64_t set)> enqueue;
  double bytes = 0;  // a call must move, see op_costs
  double flops = 0;
  std::int64_t sets = 1;
  std::optional<Tunable> tunable;
};

// Copies of one weight matrix at different places in GPU memory, one a set.
class RotatingMatrix {
 public:
  explicit RotatingMatrix(const WeightMatrix& host);

  [[nodiscard]] std::int64_t sets() const { return static_cast<std::int64_t>(copies_.size()); }
  [[nodiscard]] const WeightMatrix& view(std::int64_t set) const { return views_[set % sets()]; }

 private:
  DeviceMatrix first_;
  std::vector<DeviceBuffer> copies_;
  std::vector<WeightMatrix> views_;
};

// BF16 values of about unit size in GPU memory.
[[nodiscard]] DeviceArray<bf16_t> random_device_activations(std::int64_t count);

// The same value everywhere, in GPU memory.
template <class T>
[[nodiscard]] DeviceArray<T> filled_device_array(std::int64_t count, T value) {
  return DeviceArray<T>(std::vector<T>(static_cast<std::size_t>(count), value));
}

// Calls of a replay whose operands are small and stay in the caches, where a step finds them.
inline constexpr std::int64_t kWarmSets = 16;

// How many operand sets of so many bytes make a replay cold: at least 4.
[[nodiscard]] std::int64_t cold_sets(double bytes_per_set);

// The shapes that cases are made for.
struct Shape {
  std::string model;  // preset
  int tp = 1;
  std::int64_t tokens = 1;
  std::int64_t context = 8192;

  [[nodiscard]] ModelConfig config() const { return preset(model); }
  [[nodiscard]] ParallelLayout layout() const { return {.tp = tp, .ep = 1, .rank = 0}; }
};

// Where a call finds its operands; part of a case's name, because these are different metrics.
enum class Operands : std::uint8_t { kCold, kWarm };

// What a family of cases is made for: every combination.
struct Sweep {
  std::vector<std::string> models{"dsv4-flash", "dsv4-pro"};
  std::vector<int> tps{1, 2, 4, 8};
  std::vector<std::int64_t> tokens{1, 2, 4, 8, 16, 32, 64};
  std::vector<std::int64_t> contexts;  // empty: they do not matter, and names do not say one
  Operands operands = Operands::kCold;
};

// The contexts that ops with a history are timed for.
inline const std::vector<std::int64_t> kContexts{1024, 8192, 65536};

// A family of cases `gpu/NAME/MODEL/tp:N/T:N[/context:N]/cold` (or warm). Call it at namespace
// scope: it only remembers.
int add_gpu_cases(std::string_view name, const std::function<GpuCase(const Shape&)>& make,
                  Sweep sweep = {});

// Registers all remembered families with Google Benchmark where this machine can run them; the
// reason where it cannot.
[[nodiscard]] Support register_gpu_cases();

// Measures every configuration of all cases whose name matches the regular expression `filter`
// (empty: all) and keeps in process_tuning() those that are faster than what the launcher would
// choose by more than measurements differ. `say` gets a line for every case. Returns how many cases
// were measured. Throws Error{kUnavailable} where there is no GPU.
std::int64_t tune(const std::string& filter, const std::function<void(const std::string&)>& say,
                  const std::function<bool()>& stopped);

}  // namespace dscope::bench
