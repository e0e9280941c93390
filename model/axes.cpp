// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/axes.h"

#include "model/axis_values.h"
#include "model/closest_name.h"
#include "model/device_catalog.h"
#include "model/kernel_constants.h"
#include "model/tile_choice.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace dscope::model {
namespace {

using Kind = Axis::Kind;

std::string text(double value) {
  return fmt::format("{:.6g}", value);
}
std::string text(bool on) {
  return on ? "on" : "off";
}
template <class T>
std::string text(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

// --- What is decoded -----------------------------------------------------------------------------

Axis choice(std::string name, std::string label, std::string help,
            std::vector<std::string> choices) {
  return {.name = std::move(name),
          .label = std::move(label),
          .help = std::move(help),
          .kind = Kind::kChoice,
          .choices = std::move(choices)};
}

// A member of Configuration that counts something.
Axis count(const std::string& name, std::string label, std::string unit, double low, double high,
           std::int64_t Configuration::*member) {
  Axis axis{.name = name,
            .label = std::move(label),
            .unit = std::move(unit),
            .help = "a whole number",
            .kind = Kind::kInteger,
            .low = low,
            .high = high};
  axis.set = [name, member](Configuration& c, std::string_view value) {
    c.*member = parse_whole(name, value);
  };
  axis.get = [member](const Configuration& c) { return std::to_string(c.*member); };
  return axis;
}

Axis on_off(const std::string& name, std::string label, bool Configuration::*member) {
  Axis axis{.name = name, .label = std::move(label), .help = "on or off", .kind = Kind::kBool};
  axis.choices = {"on", "off"};
  axis.set = [name, member](Configuration& c, std::string_view value) {
    c.*member = parse_switch(name, value);
  };
  axis.get = [member](const Configuration& c) { return text(c.*member); };
  return axis;
}

void set_tokens(Axis& axis, std::int64_t Configuration::*member) {
  axis.unit = "tokens";
  axis.help = "tokens such as 8192 or 8k";
  axis.logarithmic = true;
  axis.set = [name = axis.name, member](Configuration& c, std::string_view value) {
    c.*member = parse_tokens(name, value);
  };
}

void add_workload(std::vector<Axis>& all) {
  Axis model = choice("model", "Model", "a preset, or the path of a config.json", preset_names());
  model.set = [](Configuration& c, std::string_view value) {
    c.model = value.ends_with(".json") ? read_model_config(std::string(value)) : preset(value);
    c.unique_experts.clear();
  };
  model.get = [](const Configuration& c) { return c.model.name; };
  all.push_back(std::move(model));

  Axis batch = count("batch", "Batch", "sequences", 1, 256, &Configuration::batch);
  batch.logarithmic = true;
  all.push_back(std::move(batch));
  Axis context = count("context", "Context", "tokens", 1, 1 << 20, &Configuration::context);
  set_tokens(context, &Configuration::context);
  all.push_back(std::move(context));

  Axis captured{.name = "captured",
                .label = "Captured capacity",
                .unit = "tokens",
                .help =
                    "context that a graph was captured for, tokens such as 64k, or none: as "
                    "the kernel set says",
                .kind = Kind::kInteger,
                .choices = {"none"},
                .low = 1,
                .high = 1 << 20,
                .logarithmic = true};
  captured.set = [](Configuration& c, std::string_view value) {
    c.captured_context.reset();
    if (value != "none") c.captured_context = parse_tokens("captured", value);
  };
  captured.get = [](const Configuration& c) {
    return c.captured_context ? text(c.captured_context) : "none";
  };
  all.push_back(std::move(captured));

  all.push_back(count("layers", "Layers", "", 0, 128, &Configuration::layers));
  Axis routing = choice("routing", "Routing", "model, uniform, zipf:ALPHA or hot:N:SHARE",
                        {"model", "uniform", "zipf:0.8", "zipf:1.2", "hot:16:0.5"});
  routing.set = [](Configuration& c, std::string_view value) {
    c.routing = routing::parse_routing_spec(value);
    c.unique_experts.clear();
  };
  routing.get = [](const Configuration& c) { return routing::to_string(c.routing); };
  all.push_back(std::move(routing));

  std::vector<std::string> names;
  for (const NumericsInfo& n : kNumerics) names.emplace_back(n.id);
  Axis numerics = choice("numerics", "Numerics", "what is rounded where", names);
  numerics.set = [](Configuration& c, std::string_view value) {
    const auto found = numerics_from_id(value);
    if (!found) throw usage_error("numerics: expected bf16 or serving, got \"{}\"", value);
    c.numerics = *found;
  };
  numerics.get = [](const Configuration& c) { return std::string(id(c.numerics)); };
  all.push_back(std::move(numerics));
  all.push_back(on_off("wo_a_bf16", "BF16 copy of wo_a", &Configuration::wo_a_bf16));
}

// --- How it is run -------------------------------------------------------------------------------

constexpr std::array<std::pair<AllReduce, std::string_view>, 5> kAllReduces{{
    {AllReduce::kKernelSet, "kernel-set"},
    {AllReduce::kNccl, "nccl"},
    {AllReduce::kOneShot, "one-shot"},
    {AllReduce::kTwoShot, "two-shot"},
    {AllReduce::kGathered, "gathered"},
}};

Axis all_reduce_axis() {
  Axis axis = choice("allreduce", "All-reduce",
                     "kernel-set (as its engine does), nccl, one-shot, two-shot or gathered", {});
  axis.of_launches = true;
  for (const auto& [value, name] : kAllReduces) axis.choices.emplace_back(name);
  axis.set = [choices = axis.choices](Configuration& c, std::string_view value) {
    for (const auto& [algorithm, name] : kAllReduces) {
      if (name == value) {
        c.all_reduce = algorithm;
        return;
      }
    }
    throw usage_error("allreduce: expected one of {}, got \"{}\"", fmt::join(choices, ", "), value);
  };
  axis.get = [](const Configuration& c) {
    return std::string(kAllReduces[static_cast<std::size_t>(c.all_reduce)].second);
  };
  return axis;
}

Axis speculation_axis(const std::string& name, std::string label, double Speculation::*member) {
  Axis axis{.name = name,
            .label = std::move(label),
            .unit = "share",
            .help = "0 to 1",
            .kind = Kind::kReal,
            .low = 0,
            .high = 1};
  axis.set = [name, member](Configuration& c, std::string_view value) {
    c.speculation.*member = parse_real(name, value);
  };
  axis.get = [member](const Configuration& c) { return text(c.speculation.*member); };
  return axis;
}

void add_execution(std::vector<Axis>& all) {
  Axis set = choice("kernel_set", "Kernel set", "a name, or a file", kernel_set_names());
  set.set = [](Configuration& c, std::string_view value) { c.kernel_set = find_kernel_set(value); };
  set.get = [](const Configuration& c) { return c.kernel_set.name; };
  all.push_back(std::move(set));
  for (auto axis : {count("tp", "GPUs (TP)", "", 1, 16, &Configuration::tp),
                    count("ep", "Expert parallelism", "", 1, 16, &Configuration::ep)}) {
    axis.choices = {"1", "2", "4", "8"};
    all.push_back(std::move(axis));
  }
  all.push_back(on_off("graph", "CUDA graph", &Configuration::graph));
  all.push_back(on_off("collectives", "Collectives", &Configuration::collectives));
  all.push_back(all_reduce_axis());
  Axis depth{.name = "depth",
             .label = "Speculation depth",
             .unit = "tokens",
             .help = "tokens drafted a step, 0: none",
             .kind = Kind::kInteger,
             .low = 0,
             .high = 8};
  depth.set = [](Configuration& c, std::string_view value) {
    c.speculation.depth = parse_whole("depth", value);
  };
  depth.get = [](const Configuration& c) { return std::to_string(c.speculation.depth); };
  all.push_back(std::move(depth));
  all.push_back(speculation_axis("acceptance", "Acceptance", &Speculation::acceptance));
  all.push_back(speculation_axis("draft", "Cost of a draft token", &Speculation::draft_share));
}

// --- Hardware ------------------------------------------------------------------------------------

// A value of device or interconnect, given outright or relative to what it is.
template <class Part>
Axis quantity(const std::string& name, std::string label, std::string unit, double low, double high,
              Part Configuration::*part, Sourced<double> Part::*field) {
  Axis axis{.name = name,
            .label = std::move(label),
            .unit = std::move(unit),
            .help = "a positive number, +10%, -5% or x2",
            .kind = Kind::kReal,
            .low = low,
            .high = high};
  axis.set = [name, part, field](Configuration& c, std::string_view value) {
    Sourced<double>& now = c.*part.*field;
    now = {parse_change(name, value, now.value.value_or(0)), ValueSource::kMeasured, "what if"};
  };
  axis.get = [part, field](const Configuration& c) {
    return (c.*part.*field).value ? text(*(c.*part.*field).value) : std::string("-");
  };
  return axis;
}

// Shared memory of a block; the SM has the 1 KiB more that it reserves for one.
Axis shared_memory_axis() {
  Axis axis{.name = "smem",
            .label = "Shared memory per block",
            .unit = "B",
            .help = "bytes such as 227KiB; the SM has 1 KiB more",
            .kind = Kind::kReal,
            .choices = {"99KiB", "163KiB", "227KiB"},
            .low = 48 * 1024,
            .high = 227 * 1024};
  axis.set = [](Configuration& c, std::string_view value) {
    const double bytes = parse_bytes("smem", value);
    if (bytes < 1) throw usage_error("smem: expected at least 1 byte, got \"{}\"", value);
    constexpr double kReserved = 1024;
    c.device.shared_memory_per_block_bytes.value = bytes;
    c.device.shared_memory_per_sm_bytes.value = bytes + kReserved;
  };
  axis.get = [](const Configuration& c) {
    return text(c.device.shared_memory_per_block_bytes.value.value_or(0));
  };
  return axis;
}

// SMs or their clock: the rates of the whole device, which are products of both, move along.
Axis rate_axis(const std::string& name, std::string label, std::string unit, double low,
               double high, Sourced<double> Device::*field) {
  Axis axis =
      quantity(name, std::move(label), std::move(unit), low, high, &Configuration::device, field);
  axis.set = [set = axis.set, field](Configuration& c, std::string_view value) {
    Device& d = c.device;
    const double before = (d.*field).value.value_or(0);
    set(c, value);
    if (before <= 0) return;
    const double ratio = *(d.*field).value / before;
    for (Sourced<double>* rate : {&d.bf16_tflops, &d.fp8_tflops, &d.fp4_tflops, &d.fp32_tflops}) {
      if (rate->value) *rate->value *= ratio;
    }
  };
  return axis;
}

// The read bandwidth; the datasheet's moves with it.
Axis dram_axis() {
  Axis axis = quantity("dram", "DRAM bandwidth", "GB/s", 200, 8000, &Configuration::device,
                       &Device::dram_read_gbps);
  axis.set = [set = axis.set](Configuration& c, std::string_view value) {
    const double spec = c.device.dram_spec_gbps.value.value_or(0);
    const double before = c.device.dram_read_gbps.value.value_or(spec);
    c.device.dram_read_gbps.value = before;
    set(c, value);
    c.device.dram_spec_gbps.value = spec * *c.device.dram_read_gbps.value / before;
  };
  return axis;
}

// Links of another PCIe generation: twice the bandwidth for each.
Axis pcie_axis() {
  Axis axis = choice("pcie", "PCIe generation", "gen3 to gen6", {"gen3", "gen4", "gen5", "gen6"});
  axis.set = [choices = axis.choices](Configuration& c, std::string_view value) {
    const auto found = std::find(choices.begin(), choices.end(), value);
    if (found == choices.end()) {
      throw usage_error("pcie: expected one of {}, got \"{}\"", fmt::join(choices, ", "), value);
    }
    if (!c.interconnect.name.starts_with("pcie")) {
      throw usage_error("pcie: {} is no PCIe", c.interconnect.label);
    }
    const double now = c.device.pcie_generation.value.value_or(5);
    const double wanted = 3.0 + static_cast<double>(found - choices.begin());
    for (Sourced<double>* rate :
         {&c.interconnect.link_gbps, &c.interconnect.uplink_gbps, &c.device.pcie_gbps}) {
      if (rate->value) *rate->value *= std::exp2(wanted - now);
    }
    c.device.pcie_generation.value = wanted;
  };
  axis.get = [](const Configuration& c) {
    return fmt::format("gen{}", c.device.pcie_generation.value.value_or(5));
  };
  return axis;
}

Axis power_axis() {
  Axis axis{.name = "power",
            .label = "Power limit",
            .unit = "W",
            .help = "watts, or none",
            .kind = Kind::kReal,
            .choices = {"none"},
            .low = 100,
            .high = 1000};
  axis.set = [](Configuration& c, std::string_view value) {
    c.power_limit_w.reset();
    if (value != "none") c.power_limit_w = parse_real("power", value);
  };
  axis.get = [](const Configuration& c) {
    return c.power_limit_w ? text(*c.power_limit_w) : std::string("none");
  };
  return axis;
}

void add_hardware(std::vector<Axis>& all) {
  Axis device = choice("device", "Device", "a name, or a file", device_names());
  device.set = [](Configuration& c, std::string_view value) { c.device = find_device(value); };
  device.get = [](const Configuration& c) { return c.device.name; };
  all.push_back(std::move(device));
  Axis links = choice("interconnect", "Interconnect", "a name, or a file", interconnect_names());
  links.set = [](Configuration& c, std::string_view value) {
    c.interconnect = find_interconnect(value);
  };
  links.get = [](const Configuration& c) { return c.interconnect.name; };
  all.push_back(std::move(links));

  constexpr auto kDevice = &Configuration::device;
  constexpr auto kLinks = &Configuration::interconnect;
  all.push_back(shared_memory_axis());
  all.push_back(dram_axis());
  all.push_back(rate_axis("sms", "SMs", "", 16, 256, &Device::sms));
  all.push_back(rate_axis("clock", "SM clock", "MHz", 500, 3500, &Device::boost_clock_mhz));
  all.push_back(quantity("l2", "L2 size", "B", 1e6, 256e6, kDevice, &Device::l2_bytes));
  all.push_back(
      quantity("dram_latency", "DRAM latency", "ns", 100, 2000, kDevice, &Device::dram_latency_ns));
  all.push_back(power_axis());

  Axis p2p{.name = "p2p", .label = "P2P", .help = "on or off", .kind = Kind::kBool};
  p2p.choices = {"on", "off"};
  p2p.set = [](Configuration& c, std::string_view value) {
    c.interconnect.p2p.value = parse_switch("p2p", value);
  };
  p2p.get = [](const Configuration& c) { return text(c.interconnect.p2p.value.value_or(false)); };
  all.push_back(std::move(p2p));
  all.push_back(pcie_axis());
  all.push_back(
      quantity("link", "Link bandwidth", "GB/s", 4, 900, kLinks, &Interconnect::link_gbps));
  all.push_back(
      quantity("hop", "Hop latency", "ns", 100, 5000, kLinks, &Interconnect::hop_latency_ns));
}

// --- Tiles ---------------------------------------------------------------------------------------

Axis tile(const std::string& name, std::string label, std::int64_t low, std::int64_t high,
          std::optional<std::int64_t> TileOverrides::*member) {
  Axis axis{.name = name,
            .label = std::move(label),
            .help = "a whole number, or auto",
            .kind = Kind::kInteger,
            .choices = {"auto"},
            .low = static_cast<double>(low),
            .high = static_cast<double>(high),
            .of_launches = true};
  axis.set = [name, member, low, high](Configuration& c, std::string_view value) {
    (c.tiles.*member).reset();
    if (value == "auto") return;
    const std::int64_t wanted = parse_whole(name, value);
    if (wanted < low || wanted > high) {
      throw usage_error("{}: expected {} to {}, got {}", name, low, high, wanted);
    }
    c.tiles.*member = wanted;
  };
  axis.get = [member](const Configuration& c) {
    return c.tiles.*member ? text(c.tiles.*member) : std::string("auto");
  };
  return axis;
}

void add_tiles(std::vector<Axis>& all) {
  all.push_back(tile("moe_stages", "MoE ring stages", 1, 8, &TileOverrides::moe_stages));
  all.push_back(tile("moe_warps", "MoE warps of a block", 1, 32, &TileOverrides::moe_warps));
  all.push_back(tile("mla_heads", "Attention heads of a block", 1, 32, &TileOverrides::mla_heads));
  all.push_back(tile("mla_splits", "Attention splits", 1, 64, &TileOverrides::mla_splits));
  for (const TileChoice& c : tile_choices()) {
    all.push_back(tile(std::string(c.axis), std::string(c.label), 0,
                       static_cast<std::int64_t>(c.count) - 1, c.member));
  }
  Axis padding{.name = "padding",
               .label = "Shared memory padding of every block",
               .unit = "B",
               .help = "bytes such as 40KiB, or none; what would not launch with it goes without",
               .kind = Kind::kReal,
               .choices = {"none"},
               .low = 0,
               .high = 200 * 1024,
               .of_launches = true};
  padding.set = [](Configuration& c, std::string_view value) {
    c.tiles.extra_shared_bytes.reset();
    if (value != "none") c.tiles.extra_shared_bytes = parse_bytes("padding", value);
  };
  padding.get = [](const Configuration& c) {
    return c.tiles.extra_shared_bytes ? text(*c.tiles.extra_shared_bytes) : std::string("none");
  };
  all.push_back(std::move(padding));
}

// Sets a constant of the kernel set that has no axis of its own.
bool set_constant(Configuration& c, std::string_view name, std::string_view value) {
  const ConstantInfo* info = find_kernel_constant(name);
  if (info == nullptr) return false;
  const double number = parse_real(name, value);
  if (number < info->lowest || number > info->highest) {
    throw usage_error("{}: expected {} to {}, got {}", name, info->lowest, info->highest, number);
  }
  Constant& constant = c.kernel_set.constants.at(info->name);
  constant = {.value = number, .unit = info->unit, .source = "measured", .where = "what if"};
  return true;
}

}  // namespace

const std::vector<Axis>& axes() {
  static const std::vector<Axis> all = [] {
    std::vector<Axis> list;
    add_workload(list);
    add_execution(list);
    add_hardware(list);
    add_tiles(list);
    return list;
  }();
  return all;
}

const Axis& find_axis(std::string_view name) {
  std::vector<std::string> known;
  for (const Axis& axis : axes()) {
    if (axis.name == name) return axis;
    known.push_back(axis.name);
  }
  throw usage_error("unknown name \"{}\"{} Known: {}. Constants of kernel sets work too.", name,
                    suggestion(name, known), fmt::join(known, ", "));
}

Configuration with(const Configuration& configuration, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    throw usage_error("expected NAME=VALUE, got \"{}\"", assignment);
  }
  const std::string_view name = assignment.substr(0, equals);
  const std::string_view value = assignment.substr(equals + 1);
  Configuration changed = configuration;
  if (!set_constant(changed, name, value)) find_axis(name).set(changed, value);
  return changed;
}

}  // namespace dscope::model
