#!/usr/bin/env bash
# The guest's init lies in every initrd, so its bytes must not tell in which directory packc was built: builds it once
# more from a copy elsewhere and compares.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
copy=$(mktemp -d "${TMPDIR:-/tmp}/packc-another-directory.XXXXXX")
trap 'rm -rf "$copy"' EXIT
cp -R Package.swift Sources Tests Benchmarks "$copy/"
swift build --package-path "$copy" -c release --product guest-init >"$copy/log" 2>&1 || { cat "$copy/log" >&2; exit 1; }
cmp .build/release/guest-init "$copy/.build/release/guest-init" || {
  echo "guest-init differs when it is built in another directory: images of two people would differ" >&2
  exit 1
}
echo "guest-init: the same bytes from two directories"
