// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/html_report.h"
#include "profiler/export/kernel_rows.h"
#include "profiler/export/markdown_report.h"
#include "profiler/export/svg_bars.h"
#include "tests/profiler/support/sample_profile.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace dscope::exporter {
namespace {

using profile::testing::sample_profile;
using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

// Every tag that is opened is closed, in order: what HTML and SVG need to be shown as meant.
void expect_balanced(const std::string& markup) {
  std::vector<std::string> open;
  for (std::size_t at = markup.find('<'); at != std::string::npos; at = markup.find('<', at + 1)) {
    const std::size_t end = markup.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = markup.substr(at + 1, end - at - 1);
    const std::string name =
        tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" \n") - (tag[0] == '/' ? 1 : 0));
    if (tag[0] == '!' || tag.back() == '/' || name == "meta") continue;
    if (tag[0] != '/') {
      open.push_back(name);
    } else {
      ASSERT_FALSE(open.empty()) << tag;
      ASSERT_EQ(open.back(), name);
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty()) << open.back();
}

profile::Profile hostile_profile() {
  profile::Profile p = sample_profile();
  p.measurement->kernels[0].name = "k<\"&'\xff\x1b[0m|`*>";
  p.workload->model->name = "</title><script>alert(1)</script>";
  p.device->missing = {"<b>"};
  return p;
}

TEST(Svg, StageBarDividesTheStep) {
  const std::string svg = stage_bar_svg(stage_report(sample_profile()));
  expect_balanced(svg);
  // Inner width 828: MoE 1950/3300, NCCL 400/3300, idle 950/3300.
  EXPECT_THAT(svg, HasSubstr("<rect x=\"16.00\" y=\"44.00\" width=\"489.27\" height=\"44.00\" "
                             "fill=\"#2f6fde\"><title>MoE: 650 ns (59.1 %)</title>"));
  EXPECT_THAT(svg, HasSubstr("<rect x=\"505.27\" y=\"44.00\" width=\"100.36\""));
  EXPECT_THAT(svg, HasSubstr("Host idle: 300 ns (28.8 %)"));
  EXPECT_THAT(svg, Not(HasSubstr("Indexer"))) << "stages without time are left out";
}

TEST(Svg, StepBarsStackStages) {
  const std::string svg = step_bars_svg(sample_profile());
  expect_balanced(svg);
  EXPECT_EQ(count(svg, "step 1, "), 3u) << "MoE, NCCL and idle";
  // The tallest step, 1200 ns, is 200 high: its 700 ns of MoE are 116.67.
  EXPECT_THAT(svg, HasSubstr("height=\"116.67\" fill=\"#2f6fde\"><title>step 2, MoE: 700 ns"));
}

TEST(Svg, ManyStepsAreGrouped) {
  profile::Profile p = sample_profile();
  for (int i = 4; i <= 500; ++i) {
    p.measurement->steps.push_back(profile::testing::sample_step(i, 600, 100, 1000));
  }
  const std::string svg = step_bars_svg(p);
  EXPECT_THAT(svg, HasSubstr("each bar is the mean of 3"));
  // Steps 1 to 3: 600, 700 and 650 ns.
  EXPECT_THAT(svg, HasSubstr("<title>steps 1-3, MoE: 650 ns</title>"));
  EXPECT_LE(count(svg, ", MoE:"), 200u);
}

TEST(Svg, OpBarsShowTheLongest) {
  const std::string svg = op_bars_svg(sample_profile(), 1);
  expect_balanced(svg);
  EXPECT_THAT(svg, HasSubstr("The 1 ops that take most time, of 2"));
  EXPECT_THAT(svg, HasSubstr("moe.routed"));
  EXPECT_THAT(svg, Not(HasSubstr("moe.all_reduce")));
}

TEST(Svg, EmptyDocumentsGiveEmptyPictures) {
  expect_balanced(step_bars_svg(profile::Profile{}));
  expect_balanced(op_bars_svg(profile::Profile{}));
}

TEST(HtmlReport, IsSelfContainedAndEscaped) {
  const std::string html = html_report(hostile_profile());
  expect_balanced(html);
  EXPECT_THAT(html, ::testing::StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_EQ(count(html, "http"), 3u) << "only the name space of the three pictures";
  EXPECT_EQ(count(html, "<svg "), 3u);
  EXPECT_THAT(html, HasSubstr("dscope run --model &lt;tiny&gt;"));
  EXPECT_THAT(html, HasSubstr("Not determined"));
}

TEST(MarkdownReport, HasAllParts) {
  const std::string markdown = markdown_report(sample_profile());
  EXPECT_THAT(markdown, HasSubstr("# Decode step, measured: dsv4-tiny"));
  EXPECT_THAT(markdown, HasSubstr("| Closure | stages + idle = wall time to within 0.000 % |"));
  EXPECT_THAT(markdown, HasSubstr("| MoE | 650 ns | 59.1 % |"));
  EXPECT_THAT(markdown, HasSubstr("| moe.routed | MoE | 3 | 1.95 us | 83.0 % |"));
  EXPECT_THAT(markdown, HasSubstr("| Read bandwidth | 4.0 GB/s, measured in this run |"));
  EXPECT_THAT(markdown, HasSubstr("- GPUs: libcuda.so.1: cannot open"));
}

TEST(MarkdownReport, HostileNamesStayInTheirCells) {
  const std::string markdown = markdown_report(hostile_profile());
  EXPECT_THAT(markdown, HasSubstr("k\\<\"&'\xEF\xBF\xBD\xEF\xBF\xBD\\[0m\\|\\`\\*>"));
  for (std::size_t at = markdown.find('<'); at != std::string::npos;
       at = markdown.find('<', at + 1)) {
    EXPECT_EQ(markdown[at - 1], '\\') << markdown.substr(at, 20);
  }
}

TEST(Reports, NeedAMeasuredStep) {
  EXPECT_THROW((void)html_report(profile::Profile{}), Error);
  EXPECT_THROW((void)markdown_report(profile::Profile{}), Error);
}

TEST(KernelTable, LongestFirstAndLimited) {
  EXPECT_EQ(kernel_table(sample_profile(), 1).render(Format::kCsv),
            "name,stage,count,total_ns,share,min_ns,median_ns,p95_ns,p99_ns,max_ns\n"
            "moe.routed,moe,3,1950,0.8297872340425532,600,600,600,600,600\n");
}

}  // namespace
}  // namespace dscope::exporter
