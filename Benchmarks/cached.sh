#!/usr/bin/env bash
# `packc build` of a Python project of 23,000 files when nothing changed, beside a walk over the statuses of its inputs, in
# interleaved starts on this machine. The files are tree b's, as a project that ships its dependencies has them.
#
#   cached   everything is known: no tool runs, no file is read but packc's own records
#   walk     `find -printf` of the same statuses, and `packc version`: what a start costs
#
#   Benchmarks/cached.sh [ROUNDS]      9 rounds by default; PACKC=/path/to/packc for another binary
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$here/Benchmarks/lib/trees.sh"
. "$here/scripts/tools.sh"
use_tools
rounds=${1:-9}
packc=$(realpath "${PACKC:-$here/.build/release/packc}")
results=$work/rounds
need python3:python3 gcc:gcc find:findutils
make_tree_b
gcc -O2 -Wall -Wextra -Werror -o "$work/timer" "$here/Benchmarks/timer.c"
place=$(mktemp -d "$work/cached.XXXXXX")
trap 'chmod -R u+w "$place" && rm -rf "$place"' EXIT
imported=${XDG_CACHE_HOME:-$HOME/.cache}/packc/kernels
export XDG_CACHE_HOME=$place/cache
mkdir -p "$XDG_CACHE_HOME/packc" "$place/project"
if [ -d "$imported" ]; then cp -R "$imported" "$XDG_CACHE_HOME/packc/"; fi
cp -R "$work/tree-b" "$place/project/lib"
printf 'print("hello")\n' >"$place/project/main.py"
# The records believe the time stamps of files that rested for two seconds.
sleep 2.5
cached=("$packc" build "$place/project")
"${cached[@]}" >/dev/null
"${cached[@]}" 2>/dev/null | grep -q 'nothing changed since the last build' ||
  { echo "$name: the second build was not cached" >&2; exit 1; }
walk=(/bin/sh -c '"$0" version >/dev/null; exec find "$1" -name .packc -prune -o -printf "%p %m %s %T@ %C@ %i %D\n"' "$packc" "$place/project")

echo "project: $(find "$place/project" -type f -not -path '*/.packc/*' | wc -l) files; peer: $(find --version | head -n 1)"
machine
: >"$results"
for _ in $(seq "$rounds"); do
  "$work/timer" 5 "${cached[@]}" -- "${walk[@]}" | tee -a "$results" |
    awk '{ printf "  cached %.1f ms, %.1f of CPU; walk %.1f ms, %.1f of CPU\n", $1, $2, $3, $4 }'
done
judge 'cached build: CPU time / walk and start-up' "$(ratio 2 4 "$results")" 1.3
judge 'cached build: wall time / walk and start-up' "$(ratio 1 3 "$results")" 1.3 wall
judge 'cached build: milliseconds' "$(column 1 "$results")" 150 wall
rm -f "$results" "$work/timer"
finish
