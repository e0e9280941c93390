// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/text.h"

// Text from files on its way to the screen, by the functions of the command line.
namespace dscope::view_data {

using exporter::printable;
using exporter::shorten;

}  // namespace dscope::view_data
