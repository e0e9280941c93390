#!/bin/sh
# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
# keep_resource_report.sh OBJECT -- COMMAND...: runs a compilation and keeps what ptxas says of
# registers, shared memory and spills in OBJECT.resources; everything else is shown as usual.
object=$1
shift 2
report=$object.resources
"$@" 2>"$report.all"
status=$?
ptxas='^ptxas info|^    [0-9]+ bytes stack frame|^ *$'
grep -E "$ptxas" "$report.all" >"$report"
grep -vE "$ptxas" "$report.all" >&2
rm -f "$report.all"
exit $status
