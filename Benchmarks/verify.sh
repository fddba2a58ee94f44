#!/usr/bin/env bash
# `packc verify` of a small Go project beside a clean build of it, in interleaved rounds: a build with none of packc's own
# caches, as verify begins both of its builds; the kernel and Go's compiled packages are kept for both.
#
#   Benchmarks/verify.sh [ROUNDS]      5 rounds by default; PACKC=/path/to/packc for another binary
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$here/scripts/tools.sh"
use_tools
rounds=${1:-5}
packc=$(realpath "${PACKC:-$here/.build/release/packc}")
results=$work/rounds
need go:golang-go
place=$(mktemp -d "$work/verify.XXXXXX")
trap 'chmod -R u+w "$place" && rm -rf "$place"' EXIT
imported=${XDG_CACHE_HOME:-$HOME/.cache}/packc/kernels
export XDG_CACHE_HOME=$place/cache
mkdir -p "$XDG_CACHE_HOME/packc"
if [ -d "$imported" ]; then cp -R "$imported" "$XDG_CACHE_HOME/packc/"; fi
cp -R "$here/examples/go-hello" "$place/project"
cd "$place/project"
rm -rf .packc
"$packc" build --quiet >/dev/null

machine
: >"$results"
for _ in $(seq "$rounds"); do
  (cd "$XDG_CACHE_HOME/packc" && rm -rf steps layers segments stripped store projects)
  rm -rf .packc
  read -r cpu wall _ < <(measure "$packc" build --quiet)
  read -r twice_cpu twice_wall _ < <(measure "$packc" verify --quiet)
  echo "$cpu $wall $twice_cpu $twice_wall" | tee -a "$results" |
    awk '{ printf "  build %.2f s, %.2f of CPU; verify %.2f s, %.2f of CPU\n", $2, $1, $4, $3 }'
done
judge 'verify: CPU time / a clean build' "$(ratio 3 1 "$results")" 2.5
judge 'verify: wall time / a clean build' "$(ratio 4 2 "$results")" 2.5 wall
rm -f "$results"
finish
