#!/usr/bin/env bash
# How long `packc version` takes, beside a Swift program with the static standard library that prints a line. Both are
# started in turn, so that whatever else the machine does falls on both. Fails when the ratio is above the bar.
#
#   Benchmarks/startup.sh [ROUNDS]      PACKC=/path/to/packc for another binary
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
packc=${PACKC:-.build/release/packc}
rounds=${1:-41}
bar=2.0
[ -x "$packc" ] || { echo "startup: $packc is missing; run \`make build\` first" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/packc-startup.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo 'print("packc 0.0.0")' >"$work/line.swift"
swiftc -O -static-stdlib "$work/line.swift" -o "$work/line" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
gcc -O2 -Wall -Wextra -Werror -o "$work/timer" Benchmarks/timer.c
# Once each, so that both are in the page cache and any error shows.
"$packc" version >/dev/null
"$work/line" >/dev/null

swift --version 2>/dev/null | head -n 1
"$work/timer" "$rounds" "$packc" version -- "$work/line" >"$work/result"
read -r wall cpu peer_wall peer_cpu <"$work/result"
awk -v wall="$wall" -v cpu="$cpu" -v peer_wall="$peer_wall" -v peer_cpu="$peer_cpu" -v rounds="$rounds" -v bar="$bar" \
  -v loaded="$(cut -d ' ' -f 1 /proc/loadavg)" -v cores="$(nproc)" 'BEGIN {
  printf "%-34s %8s %8s   medians of %d interleaved rounds, ms\n", "", "wall", "cpu", rounds
  printf "%-34s %8.2f %8.2f\n", "packc version", wall, cpu
  printf "%-34s %8.2f %8.2f\n", "Swift, static stdlib, one line", peer_wall, peer_cpu
  printf "%-34s %8.2f %8.2f   bar %.1f\n", "ratio", wall / peer_wall, cpu / peer_cpu, bar
  ratio = wall / peer_wall
  if (loaded > cores) {
    printf "the machine is loaded (%.1f on %d cores): the CPU time is judged, not the wall time\n", loaded, cores
    ratio = cpu / peer_cpu
  } else {
    printf "wall time: judged, load average %.1f on %d cores\n", loaded, cores
  }
  if (ratio > bar) { print "startup: above the bar"; exit 1 }
  print "startup: within the bar"
}'
