#!/usr/bin/env bash
# make bench: every measurement, one after the other; fails when one of them is above its bar.
#
#   Benchmarks/run.sh [NAME…]      `layer noop`: those alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

names=("$@")
if [ "${#names[@]}" -eq 0 ]; then
  # The kernel's last: its first run compiles two of them.
  mapfile -t names < <(cd Benchmarks && printf '%s\n' *.sh | sed 's/\.sh$//' | grep -vxE 'run|kernel')
  names+=(kernel)
fi
failed=()
for name in "${names[@]}"; do
  echo "── $name ──"
  "Benchmarks/$name.sh" || failed+=("$name")
  echo
done
if [ "${#failed[@]}" -gt 0 ]; then
  echo "make bench: above the bar or failed: ${failed[*]}"
  exit 1
fi
echo "make bench: everything is within its bar"
