#!/usr/bin/env bash
# The guest's init lies in every initrd, so its bytes must not tell in which directory packc was built: builds it once
# more from a copy elsewhere and compares.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
copy=$(mktemp -d "${TMPDIR:-/tmp}/packc-another-directory.XXXXXX")
trap 'rm -rf "$copy"' EXIT
cp -R Sources scripts "$copy/"
scripts/build-guest-init.sh
"$copy/scripts/build-guest-init.sh"
# check NAME LARGEST
check() {
  local size
  cmp ".build/release/$1" "$copy/.build/release/$1" || {
    echo "$1 differs when it is built in another directory: images of two people would differ" >&2
    exit 1
  }
  size=$(stat -c %s ".build/release/$1")
  [ "$size" -le "$2" ] || { echo "$1 has $size bytes; every machine carries it, so it must not exceed $2" >&2; exit 1; }
  echo "$1: $size bytes, the same from two directories"
}
check guest-init 65536
# With glibc in it; `make deps` installs the cross compiler.
[ "$(uname -m)" = aarch64 ] || check guest-init-arm64 716800
