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
cmp .build/release/guest-init "$copy/.build/release/guest-init" || {
  echo "guest-init differs when it is built in another directory: images of two people would differ" >&2
  exit 1
}
size=$(stat -c %s .build/release/guest-init)
[ "$size" -le 65536 ] || { echo "guest-init has $size bytes; every machine carries it, so it must not exceed 65536" >&2; exit 1; }
echo "guest-init: $size bytes, the same from two directories"
