# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT (a header with version and git state) when its content changes, so that a commit
# recompiles one file and an unchanged tree nothing.
execute_process(COMMAND git -C ${SOURCE_DIR} rev-parse --short=12 HEAD
                OUTPUT_VARIABLE sha OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND git -C ${SOURCE_DIR} status --porcelain --untracked-files=no
                OUTPUT_VARIABLE changes ERROR_QUIET)
if(NOT sha)
  set(sha "unknown")
endif()
if(changes)
  set(dirty true)
else()
  set(dirty false)
endif()
set(content "#pragma once
#define DSCOPE_VERSION \"${VERSION}\"
#define DSCOPE_GIT_SHA \"${sha}\"
#define DSCOPE_GIT_DIRTY ${dirty}
#define DSCOPE_CUDA_VERSION \"${CUDA_VERSION}\"
")
set(previous "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} previous)
endif()
if(NOT content STREQUAL previous)
  file(WRITE ${OUTPUT} "${content}")
endif()
