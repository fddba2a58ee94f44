# What the benchmarks of layers share. To be sourced from a script of Benchmarks; sets
#
#   here   the repository            bench   the packc-bench program
#   work   where trees and results lie: PACKC_BENCH_DIR, default /var/tmp/packc-bench
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=${PACKC_BENCH_DIR:-/var/tmp/packc-bench}
name=$(basename "$0" .sh)
mkdir -p "$work"
bench=${PACKC_BENCH:-$here/.build/release/packc-bench}
[ -x "$bench" ] || (cd "$here" && scripts/build.sh bench >&2)
missed=()

# need PROGRAM:PACKAGE…
need() {
  local tool
  for tool in "$@"; do
    command -v "${tool%%:*}" >/dev/null ||
      { echo "$name: ${tool%%:*} is missing; apt-get install ${tool##*:}" >&2; exit 30; }
  done
}

# machine: what it is and how busy it was before; sets $load and $trusted (1 when wall time counts).
machine() {
  load=$(cut -d ' ' -f 1 /proc/loadavg)
  trusted=$(awk -v l="$load" -v n="$(nproc)" 'BEGIN { print (l <= n / 4) }')
  echo "machine: $(nproc) processors ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)), Linux $(uname -r), load average $load before"
  if [ "$trusted" = 1 ]; then
    echo "wall time: the machine was idle before, and it is judged"
  else
    echo "wall time: not to be trusted, the machine had other work; only CPU time and memory are judged"
  fi
}

# measure COMMAND…: "cpu wall peak" of it and all its children: seconds, seconds, KiB of the largest process.
measure() {
  local times
  times=$(mktemp "$work/times.XXXXXX")
  /usr/bin/time -o "$times" -f '%U %S %e %M' "$@" >/dev/null
  awk '{ printf "%.2f %.2f %d\n", $1 + $2, $3, $4 }' "$times"
  rm -f "$times"
}

# The middle of the numbers on standard input, one a line.
median() { sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

# column N FILE: the median of a column; ratio N M FILE: the median of the rounds' ratios.
column() { awk -v c="$1" '{ print $c }' "$2" | median; }
ratio() { awk -v a="$1" -v b="$2" '$b > 0 { print $a / $b }' "$3" | median; }
# peak N FILE: the largest of a column in MiB.
peak() { awk -v c="$1" '$c > m { m = $c } END { print m / 1024 }' "$2"; }

# judge WHAT VALUE BAR [wall]: a line of the result; what is above its bar goes to $missed, wall time where it counts.
judge() {
  local verdict=met
  if awk -v v="$2" -v b="$3" 'BEGIN { exit v <= b }'; then
    verdict=MISSED
    if [ "${4:-}" = wall ] && [ "$trusted" != 1 ]; then verdict='above, not judged'; else missed+=("$1"); fi
  fi
  awk -v w="$1" -v v="$2" -v b="$3" -v r="$verdict" 'BEGIN { printf "  %-58s %8.3f   bar %7.2f   %s\n", w, v, b, r }'
}

# finish: the script's end.
finish() {
  if [ "${#missed[@]}" -gt 0 ]; then
    local list
    list=$(printf '; %s' "${missed[@]}")
    echo "$name: above its bar: ${list:2}"
    exit 1
  fi
  echo "$name: everything is within its bar"
}
