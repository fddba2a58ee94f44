#!/usr/bin/env bash
# make test: everything but the slow tests, then what was seen in one place. A skipped test fails the run unless it is
# listed in Tests/AllowedSkips.txt.
#
#   scripts/test.sh [--filter REGEX]   of MODULE.CLASS/TEST; PACKC_TEST_JOBS=1: one class at a time
#
# Each class runs in a process of its own, as many at once as there are processors: most of them wait for machines,
# compilers and servers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools.sh
use_tools

log=$PWD/.build/test.log
mkdir -p .build
# The command's own tests run what people run: the release build.
export PACKC_TEST_BINARY=$PWD/.build/release/packc
swift build --build-tests
bundle=$PWD/.build/debug/packcPackageTests.xctest

choose() { grep -Ev SlowTests; }
if [ "${1:-}" = --filter ]; then pattern=$2; choose() { grep -E -- "$pattern"; }; fi
# A class a line, its tests with commas between them. Those that boot machines first, so that none of them is the last.
classes=$("$bundle" --list-tests | sed -nE 's/^([A-Za-z]+\.[A-Za-z]+\/[A-Za-z0-9_]+)$/\1/p' | choose | awk -F/ '
  { tests[$1] = tests[$1] (tests[$1] == "" ? "" : ",") $0 }
  END { for (name in tests) print (name ~ /^(Runner|packc|Packs)Tests/ ? 0 : 1), name, tests[name] }' | sort | cut -d ' ' -f 3)
if [ -z "$classes" ]; then echo "make test: FAILED, no test was run"; exit 1; fi

# run TESTS: their output, in one piece. A process that died is a failure even where no test had begun.
run() {
  local output status=0
  output=$(mktemp)
  "$bundle" "$1" >"$output" 2>&1 </dev/null || status=$?
  if [ "$status" -gt 1 ]; then echo "Test Case '${1%%/*}' failed (its process ended with status $status)" >>"$output"; fi
  flock "$log" tee -a "$log" <"$output"
  rm -f "$output"
  [ "$status" -eq 0 ]
}
export -f run
export bundle log
: >"$log"
status=0
xargs -P "${PACKC_TEST_JOBS:-$(nproc)}" -n 1 bash -c 'run "$1"' _ <<<"$classes" || status=$?
skips=0
Tests/check-skips.sh "$log" Tests/AllowedSkips.txt || skips=$?

echo
echo "── summary ──"
grep -aE "^Test Case .* failed \(" "$log" | sed -E "s/^Test Case '([^']*)' failed.*/failed: \1/" | sort -u || true
tests=$(grep -acE "^Test Case '.*' (passed|failed) \(" "$log" || true)
echo "Executed $tests tests in $(wc -l <<<"$classes") classes"
if [ "$status" -ne 0 ]; then echo "make test: FAILED"; exit 1; fi
if [ "$skips" -ne 0 ]; then echo "make test: FAILED, tests were skipped"; exit "$skips"; fi
if [ "$tests" -eq 0 ]; then echo "make test: FAILED, no test was run"; exit 1; fi
echo "make test: passed"
