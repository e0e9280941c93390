// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/lint/file_rules.h"

#include <functional>

namespace dscope::lint {

// Every op folder of kernels/ has its declarations, <op>.h, and a CPU reference, *_ref.cpp.
[[nodiscard]] Findings check_op_folders(const SourceTree& tree);

// Links, and paths in code spans and code blocks, lead to something that exists. A path counts as
// one of ours when it begins with a folder of the top level; <op> and * stand for anything.
// `exists` answers for a path from the root (a file or a folder).
[[nodiscard]] Findings check_document_paths(const SourceTree& tree,
                                            const std::function<bool(const std::string&)>& exists);

// `dscope NAME` in documents is in the command table of profiler/cli/main.cpp, and `make NAME` is a
// target of the Makefile.
[[nodiscard]] Findings check_document_commands(const SourceTree& tree);

}  // namespace dscope::lint
