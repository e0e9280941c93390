// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/traces/row_reader.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dscope::traces {

// The Azure LLM inference traces of 2023 and 2024: CSV with a header line, as
//   TIMESTAMP,ContextTokens,GeneratedTokens
//   2023-11-16 18:17:03.9799600,4808,10
// The columns may stand in any order among others, without quotes. Times as in timestamp.h;
// arrivals count from the first good row, because absolute times in double precision would lose the
// digits.
class AzureReader final : public RowReader {
 public:
  // Reads the header. Throws Error{kInput} naming the columns that it lacks.
  explicit AzureReader(LineReader lines);
  [[nodiscard]] static bool recognises(std::string_view first_line);

 private:
  std::string parse_row(std::string_view row, Request& request) override;

  std::array<std::size_t, 3> columns_{};  // of time, context tokens, generated tokens
  std::optional<std::int64_t> origin_ns_;
};

}  // namespace dscope::traces
