#!/usr/bin/env bash
# make test: everything but the slow tests, then what was seen in one place. A skipped test fails the run unless it is
# listed in Tests/AllowedSkips.txt.
#
#   scripts/test.sh [--filter REGEX]   of MODULE.CLASS/TEST; PACKC_TEST_JOBS=1: one class at a time
#
# Each class runs in a process of its own, one more at once than there are processors: most of them wait for machines,
# compilers and servers. Among them run the checks that are scripts. All use the packc that was built with the tests, or the
# one that PACKC_TEST_BINARY names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools.sh
use_tools

log=$PWD/.build/test.log
mkdir -p .build
scripts/build.sh test
export PACKC_TEST_BINARY=${PACKC_TEST_BINARY:-$PWD/.build/debug/packc}
export PACKC=$PACKC_TEST_BINARY
bundle=$PWD/.build/debug/packcPackageTests.xctest

choose() { grep -Ev SlowTests; }
checks=(scripts/verify-own.sh scripts/check-guest-init.sh scripts/check-tutorial.sh scripts/check-examples.sh)
if [ "${1:-}" = --filter ]; then pattern=$2 checks=(); choose() { grep -E -- "$pattern"; }; fi
# A class a line, its tests with commas between them. The longest first, then those that boot machines, so that none of them
# is the last.
longest='(WebFramework|FlaskProject|Secret|JavaProject|DebianRuntime|SameBytes|PackAuthoring|DeployBackup|Codec)Tests$'
classes=$("$bundle" --list-tests | sed -nE 's/^([A-Za-z]+\.[A-Za-z]+\/[A-Za-z0-9_]+)$/\1/p' | choose | awk -F/ -v longest="$longest" '
  { tests[$1] = tests[$1] (tests[$1] == "" ? "" : ",") $0 }
  END { for (name in tests) print (name ~ longest ? 0 : name ~ /^(Runner|packc|Packs)Tests/ ? 1 : 2), name, tests[name] }' | sort | cut -d ' ' -f 3)
if [ -z "$classes" ]; then echo "make test: FAILED, no test was run"; exit 1; fi

# run TESTS|SCRIPT: their output, in one piece. A process that died is a failure even where no test had begun.
run() {
  local name=${1%%/*} output status=0 failures=1
  output=$(mktemp)
  case $1 in
    scripts/*) name=$1 failures=0; "$1" >"$output" 2>&1 </dev/null || status=$? ;;
    *) "$bundle" "$1" >"$output" 2>&1 </dev/null || status=$? ;;
  esac
  if [ "$status" -gt "$failures" ]; then
    echo "Test Case '$name' failed (its process ended with status $status)" >>"$output"
  fi
  flock "$log" tee -a "$log" <"$output"
  rm -f "$output"
  [ "$status" -eq 0 ]
}
export -f run
export bundle log
: >"$log"
status=0
{ [ "${#checks[@]}" -eq 0 ] || printf '%s\n' "${checks[@]}"; echo "$classes"; } |
  xargs -P "${PACKC_TEST_JOBS:-$(($(nproc) + 1))}" -n 1 bash -c 'run "$1"' _ || status=$?
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
