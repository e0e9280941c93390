// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// Nothing: a target of CMake needs a source, and this one is only there for its precompiled header.
