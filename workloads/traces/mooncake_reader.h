// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/traces/row_reader.h"

#include <string>
#include <string_view>
#include <utility>

namespace dscope::traces {

// Mooncake's traces: JSON lines such as
//   {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]}
// `timestamp` is in milliseconds from the trace's own zero; other keys are ignored, and of a
// repeated key the last value counts.
class MooncakeReader final : public RowReader {
 public:
  explicit MooncakeReader(LineReader lines) : RowReader(std::move(lines)) {}
  [[nodiscard]] static bool recognises(std::string_view first_line);

 private:
  std::string parse_row(std::string_view row, Request& request) override;
};

}  // namespace dscope::traces
