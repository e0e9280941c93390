// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/cupti_counters.h"

#include "profiler/collect/cupti_api.h"
#include "profiler/collect/cupti_source.h"
#include "profiler/collect/range_stack.h"
#include "profiler/collect/record_converter.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <cuda.h>
#include <cupti_profiler_host.h>
#include <cupti_profiler_target.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>

#include <string_view>
#include <utility>

namespace dscope::collect {
namespace {

template <class Params>
Params sized(std::size_t bytes) {
  Params params{};
  params.structSize = bytes;
  return params;
}
// A parameter block of CUPTI, zeroed, with its size filled in.
#define DSCOPE_CUPTI_PARAMS(type) sized<type##_Params>(type##_Params_STRUCT_SIZE)

// CUPTI with everything that counters need.
struct CounterApi : CuptiApi {
  explicit CounterApi(const CounterOptions& options)
      : CuptiApi(options.libraries.empty() ? usual_cupti_files() : options.libraries) {
    if (has_range_profiler()) return;
    throw unavailable_error("counters need the range profiler of CUDA 12.8 or newer, this is {}",
                            version_text());
  }
};

// cuptiProfilerInitialize and its opposite: every other call needs them around it.
class ProfilerLibrary {
 public:
  explicit ProfilerLibrary(const CuptiApi& api) : api_(api) {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_Initialize);
    api.check(api.cuptiProfilerInitialize(&p), "initialising counters");
  }
  ~ProfilerLibrary() {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_DeInitialize);
    (void)api_.cuptiProfilerDeInitialize(&p);
  }
  ProfilerLibrary(const ProfilerLibrary&) = delete;
  ProfilerLibrary& operator=(const ProfilerLibrary&) = delete;

 private:
  const CuptiApi& api_;
};

// The GPU of this thread.
struct Target {
  CUcontext context = nullptr;
  std::uint32_t device = 0;
  std::string chip;  // CUPTI's name: "GH100"

  explicit Target(const CuptiApi& api) {
    const SharedLibrary driver({"libcuda.so.1"});
    auto* current = driver.function<CUresult(CUcontext*)>("cuCtxGetCurrent");
    if (current == nullptr || current(&context) != CUDA_SUCCESS || context == nullptr) {
      throw unavailable_error("there is no CUDA context to count in");
    }
    api.check(api.cuptiGetDeviceId(context, &device), "asking for the GPU");
    check_support(api);
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_Device_GetChipName);
    p.deviceIndex = device;
    api.check(api.cuptiDeviceGetChipName(&p), "asking for the chip");
    chip = p.pChipName;
  }

 private:
  void check_support(const CuptiApi& api) const {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_DeviceSupported);
    p.cuDevice = static_cast<CUdevice>(device);
    p.api = CUPTI_PROFILER_RANGE_PROFILING;
    api.check(api.cuptiProfilerDeviceSupported(&p), "asking for support");
    if (p.isSupported == CUPTI_PROFILER_CONFIGURATION_SUPPORTED) return;
    const struct {
      CUpti_Profiler_Support_Level level;
      const char* text;
    } reasons[] = {
        {p.architecture, "it is older than compute capability 7.0"},
        {p.sli, "it is part of an SLI group"},
        {p.vGpu, "it is a virtual GPU without permission to profile (the host's setting)"},
        {p.confidentialCompute, "it runs in confidential-computing mode"},
        {p.cmp, "it is a mining processor"},
        {p.wsl, "WSL does not let counters through"},
    };
    for (const auto& reason : reasons) {
      if (reason.level == CUPTI_PROFILER_CONFIGURATION_UNSUPPORTED ||
          reason.level == CUPTI_PROFILER_CONFIGURATION_DISABLED) {
        throw unavailable_error("this GPU has no counters for us: {}", reason.text);
      }
    }
    throw unavailable_error("this GPU has no counters for us, CUPTI does not say why");
  }
};

// Which counters the chip has free here. The first call that needs permission.
std::vector<std::uint8_t> available_counters(const CuptiApi& api, const Target& target) {
  auto p = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_GetCounterAvailability);
  p.ctx = target.context;
  api.check(api.cuptiProfilerGetCounterAvailability(&p), "asking for free counters");
  std::vector<std::uint8_t> image(p.counterAvailabilityImageSize);
  p.pCounterAvailabilityImage = image.data();
  api.check(api.cuptiProfilerGetCounterAvailability(&p), "asking for free counters");
  return image;
}

// Translates metrics to counters and back.
class MetricConfig {
 public:
  // `available`: as available_counters() gives it; empty: all that the chip has.
  MetricConfig(const CuptiApi& api, const std::string& chip, std::vector<std::uint8_t> available,
               const std::vector<CounterMetric>& metrics)
      : api_(api), available_(std::move(available)) {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_Host_Initialize);
    p.profilerType = CUPTI_PROFILER_TYPE_RANGE_PROFILER;
    p.pChipName = chip.c_str();
    p.pCounterAvailabilityImage = available_.empty() ? nullptr : available_.data();
    api_.check(api_.cuptiProfilerHostInitialize(&p), "describing the chip");
    host_ = p.pHostObject;
    try {
      choose(metrics);
      make_image();
    } catch (...) {
      release();
      throw;
    }
  }
  ~MetricConfig() { release(); }
  MetricConfig(const MetricConfig&) = delete;
  MetricConfig& operator=(const MetricConfig&) = delete;

  [[nodiscard]] const std::vector<CounterMetric>& metrics() const { return metrics_; }
  [[nodiscard]] const std::vector<std::string>& missing() const { return missing_; }
  [[nodiscard]] const std::vector<std::uint8_t>& image() const { return image_; }
  [[nodiscard]] std::vector<const char*>& names() { return names_; }
  [[nodiscard]] std::int64_t passes() const { return passes_; }

  // Of one range, [metrics].
  void evaluate(const std::vector<std::uint8_t>& data, std::size_t range,
                std::vector<double>& values) {
    values.resize(names_.size());
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_Host_EvaluateToGpuValues);
    p.pHostObject = host_;
    p.pCounterDataImage = data.data();
    p.counterDataImageSize = data.size();
    p.rangeIndex = range;
    p.ppMetricNames = names_.data();
    p.numMetrics = names_.size();
    p.pMetricValues = values.data();
    api_.check(api_.cuptiProfilerHostEvaluateToGpuValues(&p), "reading counters");
  }

 private:
  void choose(const std::vector<CounterMetric>& wanted) {
    for (const CounterMetric& metric : wanted) {
      auto p = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_Host_GetMetricProperties);
      p.pHostObject = host_;
      p.pMetricName = metric.name;
      if (api_.cuptiProfilerHostGetMetricProperties(&p) == CUPTI_SUCCESS) {
        metrics_.push_back(metric);
        names_.push_back(metric.name);
      } else {
        missing_.emplace_back(metric.name);
      }
    }
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_Host_ConfigAddMetrics);
    p.pHostObject = host_;
    p.ppMetricNames = names_.data();
    p.numMetrics = names_.size();
    api_.check(api_.cuptiProfilerHostConfigAddMetrics(&p), "choosing counters");
  }

  void make_image() {
    auto size = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_Host_GetConfigImageSize);
    size.pHostObject = host_;
    api_.check(api_.cuptiProfilerHostGetConfigImageSize(&size), "arranging counters");
    image_.resize(size.configImageSize);
    auto config = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_Host_GetConfigImage);
    config.pHostObject = host_;
    config.configImageSize = image_.size();
    config.pConfigImage = image_.data();
    api_.check(api_.cuptiProfilerHostGetConfigImage(&config), "arranging counters");
    auto passes = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_Host_GetNumOfPasses);
    passes.configImageSize = image_.size();
    passes.pConfigImage = image_.data();
    api_.check(api_.cuptiProfilerHostGetNumOfPasses(&passes), "arranging counters");
    passes_ = static_cast<std::int64_t>(passes.numOfPasses);
  }

  void release() {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_Profiler_Host_Deinitialize);
    p.pHostObject = host_;
    (void)api_.cuptiProfilerHostDeinitialize(&p);
  }

  const CuptiApi& api_;
  std::vector<std::uint8_t> available_;
  CUpti_Profiler_Host_Object* host_ = nullptr;
  std::vector<CounterMetric> metrics_;
  std::vector<const char*> names_;
  std::vector<std::string> missing_;
  std::vector<std::uint8_t> image_;
  std::int64_t passes_ = 0;
};

// The counters of the GPU while they are ours. Every kernel is a range of its own.
class RangeProfiler {
 public:
  RangeProfiler(const CuptiApi& api, const Target& target, MetricConfig& config)
      : api_(api), config_(config) {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_RangeProfiler_Enable);
    p.ctx = target.context;
    api_.check(api_.cuptiRangeProfilerEnable(&p), "reserving counters");
    object_ = p.pRangeProfilerObject;
  }
  ~RangeProfiler() {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_RangeProfiler_Disable);
    p.pRangeProfilerObject = object_;
    (void)api_.cuptiRangeProfilerDisable(&p);
  }
  RangeProfiler(const RangeProfiler&) = delete;
  RangeProfiler& operator=(const RangeProfiler&) = delete;

  // For steps of so many kernels, from the first pass on.
  void configure(std::size_t kernels) {
    auto size = DSCOPE_CUPTI_PARAMS(CUpti_RangeProfiler_GetCounterDataSize);
    size.pRangeProfilerObject = object_;
    size.pMetricNames = config_.names().data();
    size.numMetrics = config_.names().size();
    size.maxNumOfRanges = kernels;
    size.maxNumRangeTreeNodes = static_cast<std::uint32_t>(kernels);
    api_.check(api_.cuptiRangeProfilerGetCounterDataSize(&size), "making room for counters");
    data_.assign(size.counterDataSize, 0);
    auto data = DSCOPE_CUPTI_PARAMS(CUpti_RangeProfiler_CounterDataImage_Initialize);
    data.pRangeProfilerObject = object_;
    data.counterDataSize = data_.size();
    data.pCounterData = data_.data();
    api_.check(api_.cuptiRangeProfilerCounterDataImageInitialize(&data),
               "making room for counters");
    auto config = DSCOPE_CUPTI_PARAMS(CUpti_RangeProfiler_SetConfig);
    config.pRangeProfilerObject = object_;
    config.configSize = config_.image().size();
    config.pConfig = config_.image().data();
    config.counterDataImageSize = data_.size();
    config.pCounterDataImage = data_.data();
    config.range = CUPTI_AutoRange;
    config.replayMode = CUPTI_UserReplay;
    config.maxRangesPerPass = kernels;
    config.numNestingLevels = 1;
    config.minNestingLevel = 1;
    config.targetNestingLevel = 1;
    api_.check(api_.cuptiRangeProfilerSetConfig(&config), "setting counters");
  }

  void start() {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_RangeProfiler_Start);
    p.pRangeProfilerObject = object_;
    api_.check(api_.cuptiRangeProfilerStart(&p), "starting counters");
  }
  // Whether that was the last pass.
  bool stop() {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_RangeProfiler_Stop);
    p.pRangeProfilerObject = object_;
    api_.check(api_.cuptiRangeProfilerStop(&p), "stopping counters");
    return p.isAllPassSubmitted != 0;
  }
  // After the last pass: how many kernels data() holds.
  std::size_t decode() {
    auto p = DSCOPE_CUPTI_PARAMS(CUpti_RangeProfiler_DecodeData);
    p.pRangeProfilerObject = object_;
    api_.check(api_.cuptiRangeProfilerDecodeData(&p), "decoding counters");
    auto info = DSCOPE_CUPTI_PARAMS(CUpti_RangeProfiler_GetCounterDataInfo);
    info.pCounterDataImage = data_.data();
    info.counterDataImageSize = data_.size();
    api_.check(api_.cuptiRangeProfilerGetCounterDataInfo(&info), "decoding counters");
    return info.numTotalRanges;
  }
  [[nodiscard]] const std::vector<std::uint8_t>& data() const { return data_; }

 private:
  const CuptiApi& api_;
  MetricConfig& config_;
  CUpti_RangeProfiler_Object* object_ = nullptr;
  std::vector<std::uint8_t> data_;
};

// Which kernels are launched, in order: the counters themselves only number them.
class LaunchLog {
 public:
  explicit LaunchLog(const CuptiApi& api) : api_(api), subscriber_(api.subscribe(&on_call, this)) {
    for (const CUpti_CallbackDomain domain :
         {CUPTI_CB_DOMAIN_RUNTIME_API, CUPTI_CB_DOMAIN_DRIVER_API}) {
      (void)api_.cuptiEnableDomain(1, subscriber_, domain);
    }
  }
  ~LaunchLog() { (void)api_.cuptiUnsubscribe(subscriber_); }
  LaunchLog(const LaunchLog&) = delete;
  LaunchLog& operator=(const LaunchLog&) = delete;

  void clear() { kernels_.clear(); }
  [[nodiscard]] const std::vector<LaunchedKernel>& kernels() const { return kernels_; }

 private:
  static bool is_launch(std::string_view call) {
    return call.find("Launch") != std::string_view::npos &&
           call.find("Kernel") != std::string_view::npos;
  }

  static void on_call(void* self, CUpti_CallbackDomain, CUpti_CallbackId, const void* data) {
    static_cast<LaunchLog*>(self)->note(*static_cast<const CUpti_CallbackData*>(data));
  }

  // The runtime launches through the driver: the outer call is the launch.
  void note(const CUpti_CallbackData& call) {
    if (call.functionName == nullptr || !is_launch(call.functionName)) return;
    if (call.callbackSite == CUPTI_API_EXIT) {
      --depth_;
      return;
    }
    if (depth_++ == 0) {
      const RangeStack& open = RangeStack::of_thread();
      kernels_.push_back({"", open.path(), open.stage()});
    }
    std::string& name = kernels_.back().name;
    if (name.empty() && call.symbolName != nullptr) name = demangled(call.symbolName);
  }

  const CuptiApi& api_;
  CUpti_SubscriberHandle subscriber_;
  std::vector<LaunchedKernel> kernels_;  // of the step that is running
  int depth_ = 0;                        // steps launch from one thread
};

class CuptiCounterSource final : public CounterSource {
 public:
  explicit CuptiCounterSource(const CounterOptions& options)
      : api_(options),
        library_(api_),
        target_(api_),
        config_(api_, target_.chip, available_counters(api_, target_),
                counter_metrics(options.groups)),
        profiler_(api_, target_, config_),
        launches_(api_),
        table_(config_.metrics()),
        repeats_(options.repeats) {}

  void begin(Stage stage, const char* name) noexcept override {
    RangeStack::of_thread().push({.name = name, .stage = stage});
  }
  void end() noexcept override { (void)RangeStack::of_thread().pop(); }
  void add(Stage, const char*, std::int64_t, std::int64_t) noexcept override {}
  [[nodiscard]] bool labels_launches() const noexcept override { return true; }

  [[nodiscard]] std::int64_t passes() const override { return config_.passes(); }
  [[nodiscard]] std::int64_t steps() const override { return 1 + passes() * repeats_; }

  void begin_step() override {
    launches_.clear();
    if (kernels_ > 0) profiler_.start();
  }

  void end_step() override {
    const std::size_t launched = launches_.kernels().size();
    if (kernels_ == 0) {
      if (launched == 0) throw unavailable_error("CUPTI saw no kernel being launched");
      kernels_ = launched;
      profiler_.configure(kernels_);
      return;
    }
    const bool complete = profiler_.stop();
    if (launched != kernels_) {
      throw unavailable_error(
          "one step launched {} kernels and another {}: counters of several "
          "steps cannot be joined",
          kernels_, launched);
    }
    if (!complete) return;
    take_ranges();
    ++counted_;
    profiler_.configure(kernels_);
  }

  [[nodiscard]] profile::Counters take() override {
    if (counted_ == 0) throw unavailable_error("no step was counted");
    profile::Counters counters;
    counters.method = fmt::format(
        "eager steps, one kernel after another; {} of them for each set of counters", passes());
    counters.chip = target_.chip;
    counters.library = api_.version_text();
    counters.steps = counted_;
    counters.passes = passes();
    counters.missing = config_.missing();
    counters.kernels = table_.kernels(counted_);
    return counters;
  }

 private:
  void take_ranges() {
    const std::size_t ranges = profiler_.decode();
    if (ranges != kernels_) {
      throw unavailable_error("{} kernels were launched, and CUPTI counted {}", kernels_, ranges);
    }
    std::vector<double> values;
    for (std::size_t i = 0; i < ranges; ++i) {
      config_.evaluate(profiler_.data(), i, values);
      table_.add(launches_.kernels()[i], values);
    }
  }

  CounterApi api_;
  ProfilerLibrary library_;
  Target target_;
  MetricConfig config_;
  RangeProfiler profiler_;
  LaunchLog launches_;
  CounterTable table_;
  std::int64_t repeats_;
  std::size_t kernels_ = 0;  // of a step; 0: not known yet
  std::int64_t counted_ = 0;
};

}  // namespace

CounterPlan plan_counters(const std::string& chip, const CounterOptions& options) {
  const CounterApi api(options);
  const MetricConfig config(api, chip, {}, counter_metrics(options.groups));
  return {config.passes(), config.missing()};
}

std::unique_ptr<CounterSource> make_counter_source(const CounterOptions& options) {
  return std::make_unique<CuptiCounterSource>(options);
}

}  // namespace dscope::collect
