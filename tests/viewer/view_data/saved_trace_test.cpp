// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/analyse.h"
#include "profiler/import/activity_file.h"
#include "profiler/import/activity_file_reader.h"
#include "profiler/import/trace_document.h"
#include "profiler/import/trace_generator.h"
#include "profiler/profile/profile_json.h"
#include "tests/support/temporary_directory.h"
#include "viewer/view_data/document.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace dscope::view_data {
namespace {

// What `dscope import --save` writes.
void save(const std::filesystem::path& from, const std::filesystem::path& to) {
  importer::Trace trace = importer::read_trace(from);
  trace.measurement = attribute::analyse(trace.list).measurement;
  importer::write_activity_file(trace, to);
}

// A timeline in words; where a label came from is not kept in a saved trace.
std::vector<std::string> in_words(const Timeline& timeline) {
  std::vector<std::string> lines;
  for (const Group& group : timeline.groups) {
    lines.push_back("group " + group.name + ", idle " + std::to_string(group.idle.size()));
    for (const Lane& lane : group.lanes) {
      lines.push_back("lane " + lane.name + " " + std::to_string(static_cast<int>(lane.kind)));
      for (std::size_t r = 0; r < lane.rows.size(); ++r) {
        for (const Slice& slice : lane.rows[r].slices()) {
          lines.push_back(std::to_string(r) + " " + std::to_string(slice.start_ns) + " " +
                          std::to_string(slice.end_ns) + " " + timeline.name_of(slice) + " " +
                          std::string(info(slice.stage).id) + " " + std::to_string(slice.wait_ns) +
                          " " + std::to_string(slice.correlation));
        }
      }
    }
  }
  return lines;
}

class SavedTrace : public ::testing::Test {
 protected:
  test::TemporaryDirectory folder_;
};

TEST_F(SavedTrace, IsDrawnAndAccountedForAsTheTraceItWasMadeOf) {
  for (const bool graph : {false, true}) {
    const auto from = folder_.file("a.sqlite");
    const auto to = folder_.file("a.dscope");
    importer::write_nsys_trace(
        from, {.steps = 40, .kernels_per_step = 300, .devices = 2, .graph = graph});
    save(from, to);
    const DocumentPtr original = load_document({from});
    const DocumentPtr saved = load_document({to});
    EXPECT_EQ(in_words(*saved->timeline), in_words(*original->timeline));
    EXPECT_EQ(saved->timeline->extent, original->timeline->extent);
    EXPECT_EQ(saved->timeline->steps, original->timeline->steps);
    EXPECT_EQ(saved->timeline->slice_count, original->timeline->slice_count);
    EXPECT_TRUE(saved->timeline->has_waits);
    EXPECT_EQ(profile::to_json(saved->profile), profile::to_json(original->profile));
    // The list that the command line reads says the same as the blocks.
    const importer::Trace list = importer::read_trace(to);
    EXPECT_EQ(in_words(make_preview(list)), in_words(*saved->timeline));
  }
}

// Saved by a recorder as it came, or before this was kept: read as any other trace.
TEST_F(SavedTrace, WithoutAnAnalysisIsAnalysed) {
  const auto from = folder_.file("a.sqlite");
  const auto to = folder_.file("a.dscope");
  importer::write_nsys_trace(from, {.steps = 5});
  importer::Trace trace = importer::read_trace(from);
  importer::write_activity_file(trace, to);
  const DocumentPtr original = load_document({from});
  const DocumentPtr saved = load_document({to});
  ASSERT_TRUE(saved->report);
  EXPECT_EQ(in_words(*saved->timeline), in_words(*original->timeline));
  EXPECT_EQ(saved->report->wall_ns, original->report->wall_ns);
}

// A file whose blocks are not what it says: nothing is drawn at the wrong place.
TEST_F(SavedTrace, ThatIsNotInTheOrderItClaimsIsReadAsAWhole) {
  importer::ActivityFileWriter writer;
  const auto path = folder_.file("a.dscope");
  ASSERT_FALSE(writer.open(path));
  writer.set("order", "lanes");
  profile::Profile measured;
  measured.measurement.emplace();
  writer.set("measurement", profile::to_json(measured).dump());
  collect::Activity a;
  a.name = writer.intern("moe_gate_up_kernel");
  for (const auto& [device, start] : {std::pair{0, 100}, {1, 50}, {0, 10}}) {
    a.device = device;
    a.start_ns = start;
    a.end_ns = start + 20;
    writer.add(a);
  }
  ASSERT_FALSE(writer.finish());
  const auto file = importer::open_saved_trace(path);
  ASSERT_TRUE(file);
  EXPECT_FALSE(make_timeline(file->blocks, file->blocks.trace()));
  const DocumentPtr document = load_document({path});
  ASSERT_EQ(document->timeline->groups.size(), 2U);
  EXPECT_EQ(document->timeline->groups[0].lanes.back().rows[0].slices()[0].start_ns, 10);
}

TEST_F(SavedTrace, ALargeTraceIsShownBeforeItIsAnalysed) {
  const auto path = folder_.file("a.sqlite");
  importer::write_nsys_trace(path, {.steps = 160, .kernels_per_step = 430});
  std::vector<DocumentPtr> previews;
  LoadOptions options;
  options.on_preview = [&](DocumentPtr preview) { previews.push_back(std::move(preview)); };
  const DocumentPtr document = load_document({path}, options);
  ASSERT_EQ(previews.size(), 1U);
  const Document& preview = *previews.front();
  EXPECT_FALSE(preview.complete);
  EXPECT_TRUE(document->complete);
  EXPECT_EQ(preview.id, document->id);
  EXPECT_NE(preview.key(), document->key());
  EXPECT_FALSE(preview.profile.measurement);
  EXPECT_FALSE(preview.report);
  EXPECT_GE(document->timeline->slice_count, preview.timeline->slice_count);
  EXPECT_EQ(preview.timeline->extent, document->timeline->extent);
  EXPECT_EQ(preview.timeline->groups.size(), document->timeline->groups.size());
  ASSERT_TRUE(document->report);
}

}  // namespace
}  // namespace dscope::view_data
