#!/usr/bin/env bash
# The layer stage when nothing, or little, changed, in interleaved starts on this machine. Tree b is the dependencies'
# layer, three files are the application's.
#
#   no-op    both layers are known: every file's status is read, no file
#   peer     `find -printf` of the same statuses
#   changed  one file of the application was written since: its layer is made anew
#
#   Benchmarks/incremental.sh [ROUNDS]      9 rounds by default, of 7 starts each
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$here/Benchmarks/lib/trees.sh"
rounds=${1:-9}
results=$work/rounds
noop=("$bench" cached zstd:3 "$work/store" "$work/tree-b" "$work/tree-app")
peer=("$(command -v find)" "$work/tree-b" "$work/tree-app" -printf '%p %m %s %T@ %C@ %i %D\n')

need python3:python3 gcc:gcc find:findutils awk:mawk
make_tree_b
make_tree_app
# What changes is a copy: the no-op's files must rest.
rm -rf "$work/tree-edited" "$work/store"
cp -R "$work/tree-app" "$work/tree-edited"
gcc -O2 -Wall -Wextra -Werror -o "$work/timer" "$here/Benchmarks/timer.c"
# Both begin with a shell that writes a file, each time another text: one of the application, or one of no layer.
cat >"$work/edit" <<'END'
file=$1
shift
echo "print($$)" >"$file"
exec "$@"
END
changed=(
  /bin/sh "$work/edit" "$work/tree-edited/srv/app.py" "$bench" cached zstd:3 "$work/store" "$work/tree-b"
  "$work/tree-edited"
)
unchanged=(/bin/sh "$work/edit" "$work/edited" "${noop[@]}")
# The cache believes the time stamps of files that rested for two seconds.
sleep 2.5
"${noop[@]}" >/dev/null
[ "$("${noop[@]}" | grep -c '"reused":true')" = 2 ] || { echo "$name: the second run was not a no-op" >&2; exit 1; }
"${changed[@]}" >/dev/null
[ "$("${changed[@]}" | grep -c '"reused":true')" = 1 ] || { echo "$name: the changed layer was not made anew" >&2; exit 1; }

echo "peer: $(find --version | head -n 1)"
machine
: >"$results"
printf '  %-6s %9s %9s %9s %9s %9s %9s   ms\n' round no-op cpu find cpu no-op changed
for round in $(seq "$rounds"); do
  one=$("$work/timer" 7 "${noop[@]}" -- "${peer[@]}")
  two=$("$work/timer" 7 "${changed[@]}" -- "${unchanged[@]}")
  echo "$one $two" | tee -a "$results" |
    awk -v r="$round" '{ printf "  %-6s %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f\n", r, $1, $2, $3, $4, $7, $5 }'
done
judge "no-op: CPU time / find" "$(ratio 2 4 "$results")" 1.0
judge "no-op: wall time / find" "$(ratio 1 3 "$results")" 1.0 wall
judge "one file changed: CPU time / no-op" "$(ratio 6 8 "$results")" 1.2
judge "one file changed: wall time / no-op" "$(ratio 5 7 "$results")" 1.2 wall
rm -rf "$work/store" "$work/tree-app" "$work/tree-edited" "$work/edit" "$work/edited" "$work/timer" "$results"
finish
