#!/usr/bin/env bash
# Tests/check-skips.sh LOG ALLOWED: fails when LOG, the output of `swift test`, has a skipped test that ALLOWED does not
# list. A test that is skipped unnoticed is a test that nobody has.
set -euo pipefail
log=$1
allowed=$2

skipped=$(sed -nE "s/^Test Case '([^']*)' skipped.*/\1/p" "$log" | sort -u)
listed=$(sed -E 's/[[:space:]]*#.*//; /^[[:space:]]*$/d' "$allowed" | sort -u)
unexpected=$(comm -23 <(echo "$skipped") <(echo "$listed") | sed '/^$/d')
[ -z "$unexpected" ] && exit 0
echo "skipped tests that are not in $allowed:" >&2
while IFS= read -r test; do
  reason=$(grep -aF "$test : Test skipped" "$log" | head -n 1 | sed -E 's/.* : Test skipped( - )?//' || true)
  echo "  $test: ${reason:-no reason given}" >&2
done <<<"$unexpected"
exit 1
