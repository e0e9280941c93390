// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text that came from outside (kernel names, paths) on its way to people and programs. Any bytes
// may come in; what comes out is valid UTF-8.
namespace dscope::exporter {

// Invalid UTF-8 and control characters (a terminal would obey them) become U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);

// Code points of valid UTF-8: the terminal columns of text in scripts we expect in kernel names.
[[nodiscard]] std::size_t display_width(std::string_view text);

// At most `width` code points, the last one an ellipsis when something was cut off.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);

// For HTML text and attributes; printable.
[[nodiscard]] std::string escape_html(std::string_view text);

// For Markdown text and table cells: what Markdown would take for markup is escaped; printable.
[[nodiscard]] std::string markdown_text(std::string_view text);

// What people need of a kernel's name: no return type, no name spaces of PyTorch, no arguments; of
// its elementwise and reduction templates the operation. Names that are no C++ signatures stay.
[[nodiscard]] std::string kernel_label(std::string_view name);

// A JSON string literal with its quotes.
[[nodiscard]] std::string quote_json(std::string_view text);

}  // namespace dscope::exporter
