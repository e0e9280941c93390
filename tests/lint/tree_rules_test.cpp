// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// The conventions that a compiler cannot check, over the whole tree. Every rule also has to find
// what is wrong with small made-up files: a rule that cannot fail would protect nothing.
#include "tests/lint/tree_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace dscope::lint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kLicence =
    "// SPDX-FileCopyrightText: 2026 The DecodeScope Authors\n"
    "// SPDX-License-Identifier: Apache-2.0\n";

// In pieces, so that this file itself holds nothing forbidden.
const std::string kLookUp = std::string("get") + "env (name)";
const std::string kReminder = std::string("TO") + "DO";
const std::string kHome = std::string("/ho") + "me";

const SourceTree& repository() {
  static const SourceTree kTree = read_source_tree(DSCOPE_SOURCE_DIR);
  return kTree;
}

bool exists_in_repository(const std::string& path) {
  return std::filesystem::exists(std::filesystem::path(DSCOPE_SOURCE_DIR) / path);
}

SourceFile including(const std::string& path, const std::string& include) {
  return {path, "#include " + include + "\n"};
}

struct FileRule {
  const char* name;
  Findings (*check)(const SourceFile&);
  std::vector<SourceFile> wrong;  // each has exactly one finding
  std::vector<SourceFile> right;
};

void PrintTo(const FileRule& rule, std::ostream* out) {
  *out << rule.name;
}

std::vector<FileRule> file_rules() {
  return {
      {"LicenceLines",
       check_licence_lines,
       {{"a.cpp", ""},
        {"a.h", "// SPDX-License-Identifier: Apache-2.0\n#pragma once\n"},
        {"a/CMakeLists.txt", kLicence},
        {"a.py", "#!/usr/bin/env python3\nimport sys\nimport os\n"}},
       {{"a.cpp", kLicence}, {"a.md", ""}}},
      {"Length",
       check_length,
       {{"a.cpp", std::string(701, '\n')},
        {"a.h", std::string(701, '\n')},
        {"README.md", std::string(151, '\n')}},
       {{"a.cpp", std::string(700, '\n')},
        {"README.md", std::string(150, '\n')},
        {"model/README.md", std::string(151, '\n')}}},
      {"HeaderForm",
       check_header_form,
       {{"a.h", kLicence + "#ifndef A\n"}, {"a.h", "\n#pragma once\n using  namespace std;\n"}},
       {{"a.h", "\n#pragma once\nusing std::size_t;\n"}, {"a.cpp", "int a;\n"}}},
      {"Environment",
       check_environment,
       {{"kernels/a.cpp", kLookUp}, {"profiler/cli/a.cpp", "std::" + kLookUp}},
       {{"profiler/cli/main.cpp", kLookUp}, {"a.cpp", "my_" + kLookUp}}},
      {"NoReminders",
       check_no_reminders,
       {{"a.cpp", kReminder + ": more"}, {"a.md", "a " + kReminder}},
       {{"a.cpp", kReminder + "S"}}},
      {"NoMachinePaths",
       check_no_machine_paths,
       {{"a.cpp", "\"" + kHome + "/me/data\""}, {"a.md", "in " + kHome + "/x"}},
       {{"a.cpp", "team" + kHome + "/x"}, {"a.md", "${X}" + kHome + "/x"}, {"a.md", kHome}}},
      {"Includes",
       check_includes,
       {including("workloads/a.h", "\"kernels/moe/moe.h\""),
        including("workloads/a.h", "\"stage.h\""),
        including("kernels/moe/a.cpp", "\"kernels/topk/topk.h\""),
        including("kernels/common/a.h", "\"kernels/moe/moe.h\""),
        including("kernels/decode_step/a.cpp", "\"profiler/profile/profile.h\""),
        including("kernels/moe/a.cpp", "\"kernels/moe/moe.cuh\""),
        including("kernels/moe/moe.h", "<cuda_runtime.h>"),
        including("profiler/collect/a.cpp", "\"kernels/common/threads.h\""),
        including("profiler/collect/session.cpp", "<cupti.h>"),
        including("profiler/profile/a.h", "\"profiler/attribute/sweep.h\""),
        including("profiler/attribute/a.h", "\"profiler/collect/session.h\""),
        including("profiler/cli/a.cpp", "\"viewer/view_data/rows.h\""),
        including("profiler/export/a.cpp", "\"profiler/cli/command.h\""),
        including("model/a.cpp", "\"kernels/moe/moe.h\""),
        including("tests/cli/a.cpp", "\"profiler/cli/command.h\""),
        including("viewer/view_data/a.h", "\"viewer/panels/a.h\"")},
       {including("kernels/moe/a.cu", "\"kernels/moe/moe.cuh\""),
        including("kernels/moe/a.cu", "<cuda_runtime.h>"),
        including("kernels/decode_step/a.cpp", "\"kernels/topk/topk.h\""),
        including("profiler/collect/cupti_source.cpp", "<cupti.h>"),
        including("model/a.cpp", "\"kernels/moe/moe_config.h\""),
        including("tests/a.cpp", "\"profiler/collect/session.h\""),
        including("tests/a.cpp", "\"profiler/export/text.h\"")}},
  };
}

class FileRules : public testing::TestWithParam<FileRule> {};

TEST_P(FileRules, HoldEverywhere) {
  for (const SourceFile& file : repository()) EXPECT_THAT(GetParam().check(file), IsEmpty());
}

TEST_P(FileRules, FindWhatIsWrong) {
  for (const SourceFile& file : GetParam().wrong) {
    EXPECT_THAT(GetParam().check(file), ElementsAre(HasSubstr(file.path))) << file.text;
  }
}

TEST_P(FileRules, AcceptWhatIsRight) {
  for (const SourceFile& file : GetParam().right) EXPECT_THAT(GetParam().check(file), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(, FileRules, testing::ValuesIn(file_rules()),
                         [](const auto& rule) { return std::string(rule.param.name); });

TEST(SourceTree, HoldsSourcesAndNoBuildOutput) {
  EXPECT_THAT(repository(), testing::Contains(testing::Field(&SourceFile::path,
                                                             "tests/lint/tree_rules_test.cpp")));
  EXPECT_THAT(repository(), testing::Each(testing::Field(
                                &SourceFile::path, testing::Not(testing::StartsWith("build")))));
}

TEST(OpFolders, HaveDeclarationsAndReference) {
  EXPECT_THAT(check_op_folders(repository()), IsEmpty());
}

TEST(OpFolders, MissingFilesAreFound) {
  EXPECT_THAT(check_op_folders({{"kernels/moe/moe.cpp", ""}, {"kernels/comm/a.cpp", ""}}),
              ElementsAre("expected kernels/moe/moe.h", "expected kernels/moe/*_ref.cpp"));
}

TEST(DocumentPaths, Exist) {
  EXPECT_THAT(check_document_paths(repository(), exists_in_repository), IsEmpty());
}

TEST(DocumentPaths, DeadOnesAreFound) {
  const auto exists = [](const std::string& path) { return path == "model/README.md"; };
  const auto findings_of = [&](const std::string& text) {
    return check_document_paths({{"model/a.md", text}, {"kernels/moe/moe.h", ""}}, exists);
  };
  EXPECT_THAT(findings_of("[a](README.md#x) [b](https://a.b/c) `model/README.md`"), IsEmpty());
  EXPECT_THAT(findings_of("`kernels/<op>/<op>.h` `kernels/<op>/` `kernels/*/moe.h` tests/prose"),
              IsEmpty());
  EXPECT_THAT(findings_of("[a](gone.md)"), ElementsAre(HasSubstr("gone.md leads nowhere")));
  EXPECT_THAT(findings_of("`model/gone.h`"), ElementsAre("model/a.md: there is no model/gone.h"));
  EXPECT_THAT(findings_of("`kernels/<op>/gone.h`"), SizeIs(1));
  EXPECT_THAT(findings_of("```\nrun --in tests/gone.json\n```\n"), SizeIs(1));
}

TEST(DocumentCommands, Exist) {
  EXPECT_THAT(check_document_commands(repository()), IsEmpty());
}

TEST(DocumentCommands, UnknownOnesAreFound) {
  const auto findings_of = [](const std::string& text) {
    return check_document_commands({
        {"README.md", text},
        {"profiler/cli/main.cpp", "kCommands[] = {\n    {\"run\", \"Decode\", add_run},\n};\n"},
        {"Makefile", "PRESET := x\nbuild: deps\n\techo\n"},
    });
  };
  EXPECT_THAT(findings_of("`dscope run --help`, `dscope --version`, `make build`"), IsEmpty());
  EXPECT_THAT(findings_of("dscope shows; make sure"), IsEmpty());
  EXPECT_THAT(findings_of("`dscope fly`"), ElementsAre("README.md: there is no 'dscope fly'"));
  EXPECT_THAT(findings_of("```\nmake coffee\n```"),
              ElementsAre("README.md: there is no 'make coffee'"));
}

}  // namespace
}  // namespace dscope::lint
