#!/usr/bin/env bash
# make bench: every measurement, one after the other; fails when one of them is above its bar.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()
for benchmark in Benchmarks/*.sh; do
  [ "$benchmark" = Benchmarks/run.sh ] && continue
  echo "── $(basename "$benchmark" .sh) ──"
  "$benchmark" || failed+=("$(basename "$benchmark" .sh)")
  echo
done
if [ "${#failed[@]}" -gt 0 ]; then
  echo "make bench: above the bar or failed: ${failed[*]}"
  exit 1
fi
echo "make bench: everything is within its bar"
