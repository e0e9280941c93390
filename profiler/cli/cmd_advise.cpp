// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/advise.h"
#include "profiler/cli/command.h"
#include "profiler/cli/configuration_options.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace dscope::cli {
namespace {

struct AdviseArguments {
  std::string document;  // empty: the configuration
  ConfigurationOptions configuration;
  exporter::Format format = exporter::Format::kTable;
};

std::string lever_id(model::Lever lever) {
  return std::string(model::info(lever).id);
}

exporter::TextTable advice_table(const model::Advisory& advisory) {
  using exporter::Align;
  exporter::TextTable table({{"rank", "#", Align::kRight},
                             {"lever", "Lever"},
                             {"change", "Change"},
                             {"gain_ns", "Gain a step", Align::kRight},
                             {"share", "Share", Align::kRight},
                             {"at_most", "Kind"},
                             {"because", "Because"}});
  std::int64_t rank = 0;
  for (const model::Advice& a : advisory.advice) {
    table.add_row({exporter::number_cell(static_cast<double>(++rank)), lever_id(a.lever), a.change,
                   exporter::ns_cell(a.gain_ns), exporter::share_cell(a.share),
                   exporter::Cell{a.at_most, a.at_most ? "at most" : "predicted"}, a.because});
  }
  return table;
}

// For a terminal: one change a paragraph, since evidence is a sentence.
std::string advice_text(const model::Advisory& advisory) {
  std::string text = fmt::format("{}: a step of {}, {:.1f} % of it in stages with a name\n",
                                 profile::id(advisory.kind), format_ns(advisory.step_ns),
                                 100 * advisory.explained_ns / advisory.step_ns);
  int rank = 0;
  for (const model::Advice& a : advisory.advice) {
    text +=
        fmt::format("\n{:2}. {}: {}-{} per step ({:.1f} %)\n    because {}\n", ++rank, a.change,
                    a.at_most ? "at most " : "", format_ns(a.gain_ns), 100 * a.share, a.because);
  }
  if (advisory.advice.empty())
    text += "\nNothing on the list of levers is worth 0.2 % of a step.\n";
  const auto list = [&](const char* title, const std::vector<model::NotAdvised>& entries) {
    if (entries.empty()) return;
    text += fmt::format("\n{}\n", title);
    for (const model::NotAdvised& n : entries) {
      text += fmt::format("  {}: {}\n",
                          n.change.empty() ? std::string(model::info(n.lever).label) : n.change,
                          n.reason);
    }
  };
  list("No gain:", advisory.no_gain);
  list("Not judged:", advisory.not_judged);
  return text;
}

nlohmann::ordered_json advice_json(const model::Advisory& advisory) {
  nlohmann::ordered_json json{{"kind", profile::id(advisory.kind)},
                              {"step_ns", advisory.step_ns},
                              {"explained_ns", advisory.explained_ns}};
  json["advice"] =
      nlohmann::ordered_json::parse(advice_table(advisory).render(exporter::Format::kJson));
  const auto list = [](const std::vector<model::NotAdvised>& entries) {
    nlohmann::ordered_json array = nlohmann::ordered_json::array();
    for (const model::NotAdvised& n : entries) {
      array.push_back({{"lever", lever_id(n.lever)}, {"change", n.change}, {"reason", n.reason}});
    }
    return array;
  };
  json["no_gain"] = list(advisory.no_gain);
  json["not_judged"] = list(advisory.not_judged);
  return json;
}

std::string render(const model::Advisory& advisory, exporter::Format format) {
  switch (format) {
    case exporter::Format::kTable:
      return advice_text(advisory);
    case exporter::Format::kJson:
      return advice_json(advisory).dump(2) + "\n";
    default:
      return advice_table(advisory).render(format);
  }
}

}  // namespace

Run add_advise(CLI::App& app, const Launch&) {
  const auto arguments = std::make_shared<AdviseArguments>();
  CLI::Option* document =
      app.add_option("document", arguments->document,
                     "Profile document: measured, imported or predicted. Without one: advice on "
                     "the configuration that the other options describe, as predict takes them")
          ->option_text("[PROFILE.json]");
  add_configuration_options(app, arguments->configuration);
  add_format_option(app, arguments->format);
  app.footer(
      "Levers: all-reduce algorithm, P2P, TP, EP, batch, CUDA graph, kernels up to their "
      "roofline,\n"
      "kernels sized by capacity, power cap. Gains do not add up: each is of one change alone.\n\n"
      "Examples:\n"
      "  dscope advise profile.json\n"
      "  dscope advise --device rtx-pro-6000 --tp 8 --interconnect pcie5-no-p2p "
      "--kernel-set sglang-24692");
  return [arguments, document] {
    if (document->count() == 0) {
      print(render(model::advise(make_configuration(arguments->configuration)), arguments->format));
      return;
    }
    const profile::Profile read = profile::read_profile(arguments->document);
    std::optional<model::Configuration> given;
    for (const auto& value : arguments->configuration.values) {
      if (value) given = make_configuration(arguments->configuration);
    }
    print(render(model::advise(read, arguments->document, given), arguments->format));
  };
}

}  // namespace dscope::cli
