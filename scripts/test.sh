#!/usr/bin/env bash
# make test: everything but the slow tests, then what was seen in one place. A skipped test fails the run unless it is
# listed in Tests/AllowedSkips.txt. Arguments go to `swift test` (--filter …).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools.sh
use_tools

log=.build/test.log
mkdir -p .build
# The command's own tests run what people run: the release build.
export PACKC_TEST_BINARY=$PWD/.build/release/packc
swift build --build-tests
# Without a colour and a terminal in the way; the status of swift test, not of tee.
status=0
swift test --skip-build --disable-swift-testing "${@:---skip=SlowTests}" 2>&1 | tee "$log" || status=$?
skips=0
Tests/check-skips.sh "$log" Tests/AllowedSkips.txt || skips=$?

echo
echo "── summary ──"
grep -aE "^Test Case .* failed \(" "$log" | sed -E "s/^Test Case '([^']*)' failed.*/failed: \1/" | sort -u || true
grep -aE '^[[:space:]]*Executed [0-9]+ tests?' "$log" | tail -n 1 | sed 's/^[[:space:]]*//' || echo "no test was run"
if [ "$status" -ne 0 ]; then echo "make test: FAILED"; exit "$status"; fi
if [ "$skips" -ne 0 ]; then echo "make test: FAILED, tests were skipped"; exit "$skips"; fi
if ! grep -aqE 'Executed [1-9][0-9]* tests?' "$log"; then echo "make test: FAILED, no test was run"; exit 1; fi
echo "make test: passed"
