#!/usr/bin/env bash
# A build with nothing to do beside a full one, for each example, in interleaved rounds on this machine:
#
#   full    everything that packc made is gone: results of steps, layers, initrd segments, stripped files, the last
#           build's record and outputs. Kept: the imported kernel, and the caches of the languages' own tools (the wheels
#           that pip downloaded, Go's build cache), as they are on a machine that builds every day
#   no-op   the same command again, several times in a round
#
# The bar: a no-op takes at most 0.15 of the full build and at most 150 ms (CPU time on a machine with other work).
#
#   Benchmarks/noop.sh [ROUNDS]      5 rounds by default; PACKC=/path/to/packc for another binary
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/tools.sh
use_tools
packc=$(realpath "${PACKC:-.build/release/packc}")
rounds=${1:-5}
bar_ratio=0.15
bar_ms=150
[ -x "$packc" ] || { echo "noop: $packc is missing; run \`make build\` first" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/packc-noop.XXXXXX")
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
gcc -O2 -Wall -Wextra -Werror -o "$work/timer" Benchmarks/timer.c
# The person's caches are not touched; a kernel that is there already need not be downloaded again.
imported=${XDG_CACHE_HOME:-$HOME/.cache}/packc/kernels
export XDG_CACHE_HOME=$work/cache
cache=$XDG_CACHE_HOME/packc
mkdir -p "$cache"
if [ -d "$imported" ]; then cp -R "$imported" "$cache/"; fi

# Prints the four numbers of timer.c; what packc has to say is kept for an error.
timed() {
  "$work/timer" "$@" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
}

forget() {
  (cd "$cache" && rm -rf steps layers segments stripped store projects)
  rm -rf "$1/.packc"
}

median() { sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

# measure NAME: a line of the table; adds NAME to $missed when it is above the bar.
measure() {
  local project=$work/$1 full full_cpu noop noop_cpu
  cp -R "examples/$1" "$project"
  rm -rf "$project/.packc"
  # Writes packc.lock and fills the tools' caches.
  "$packc" build "$project" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  : >"$work/rounds"
  for _ in $(seq "$rounds"); do
    forget "$project"
    read -r full full_cpu _ < <(timed 1 "$packc" build "$project" -- "$packc" build "$project")
    read -r noop noop_cpu _ < <(timed 5 "$packc" build "$project" -- "$packc" build "$project")
    "$packc" build "$project" 2>/dev/null | grep -q 'nothing changed since the last build' ||
      { echo "noop: the second build of $1 was not a no-op" >&2; exit 1; }
    echo "$full $full_cpu $noop $noop_cpu" >>"$work/rounds"
  done
  for column in 1 2 3 4; do awk -v c="$column" '{ print $c }' "$work/rounds" | median; done | paste -sd ' ' >"$work/medians"
  read -r full full_cpu noop noop_cpu <"$work/medians"
  awk -v name="$1" -v f="$full" -v fc="$full_cpu" -v n="$noop" -v nc="$noop_cpu" -v ratio="$bar_ratio" -v ms="$bar_ms" \
    -v loaded="$loaded" 'BEGIN {
    printf "%-14s %9.0f %9.0f %9.1f %9.1f %9.4f %9.4f\n", name, f, fc, n, nc, n / f, nc / fc
    exit !(loaded ? nc / fc <= ratio && nc <= ms : n / f <= ratio && n <= ms)
  }' || missed+=("$1")
}

load=$(cut -d ' ' -f 1 /proc/loadavg)
loaded=$(awk -v l="$load" -v n="$(nproc)" 'BEGIN { print (l > n / 2) }')
"$packc" version
echo "tools: $(go version), $(python3 --version), $(gcc --version | head -n 1)"
echo "machine: $(nproc) processors, Linux $(uname -r), load average $load before"
echo "kept between full builds: the imported kernel, downloaded wheels, Go's build cache"
missed=()
printf '%-14s %9s %9s %9s %9s %9s %9s   medians of %d rounds, ms\n' \
  example full full-cpu no-op no-op-cpu ratio cpu-ratio "$rounds"
for example in go-hello python-notes c-static; do measure "$example"; done
if [ "$loaded" = 1 ]; then
  echo "wall time: not to be trusted, the machine had other work; the CPU time is judged"
else
  echo "wall time: the machine was idle before, and it is judged"
fi
if [ "${#missed[@]}" -gt 0 ]; then
  echo "bar (ratio <= $bar_ratio, no-op <= $bar_ms ms): MISSED by ${missed[*]}"
  exit 1
fi
echo "bar (ratio <= $bar_ratio, no-op <= $bar_ms ms): met"
