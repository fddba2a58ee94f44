#!/usr/bin/env bash
# Compares packc's layer writer with the tools that do the same by hand, in interleaved rounds on this machine:
#
#   packc   one process: tar, SHA-256 of the tar (diffID), zstd -3, SHA-256 of the blob
#   peer    tar --sort=name | zstd -3 -T2, with an `openssl sha256` on the tar and one on the blob
#
# The bar: at most 1.0 of the peer's CPU time (user and system of all processes), at most 128 MB.
#
#   Benchmarks/layer.sh [ROUNDS]      5 rounds by default
#   PACKC_BENCH_DIR                   where the tree and the results lie; default /var/tmp/packc-bench
#   PACKC_BENCH_TREE                  another tree to measure
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")/.." && pwd)
work=${PACKC_BENCH_DIR:-/var/tmp/packc-bench}
rounds=${1:-5}
tree=${PACKC_BENCH_TREE:-$work/tree-b}

# Fixed versions for a fixed platform: the same files wherever this runs, about 22,700 entries and 370 MB.
packages=(
  django==5.1.4 pandas==2.2.3 numpy==2.2.1 scipy==1.15.0 botocore==1.35.90 babel==2.16.0 sqlalchemy==2.0.36
  pygments==2.18.0 setuptools==75.6.0 pytz==2024.2 tzdata==2024.2 networkx==3.4.2 faker==33.1.0 jedi==0.19.2
  kubernetes==31.0.0 docutils==0.21.2 django-countries==7.6.1 phonenumberslite==8.13.52
)

need() {
  command -v "$1" >/dev/null || { echo "layer.sh: $1 is missing; apt-get install $2" >&2; exit 30; }
}

make_tree() {
  [ -d "$tree" ] && return
  echo "installing ${#packages[@]} fixed packages from PyPI into $tree (once)" >&2
  local staged
  staged=$(mktemp -d "$work/tree.XXXXXX")
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$staged" \
    --no-deps --no-compile --only-binary=:all: --implementation cp --python-version 3.11 \
    --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 "${packages[@]}"
  chmod 755 "$staged"
  mv "$staged" "$tree"
}

# Prints "cpu wall peak" (seconds, seconds, KiB of the largest process) of a command and all its children.
measure() {
  local times=$work/times
  /usr/bin/time -o "$times" -f '%U %S %e %M' "$@" >/dev/null
  awk '{ printf "%.2f %.2f %d\n", $1 + $2, $3, $4 }' "$times"
}

packc_layer() {
  rm -rf "$work/store"
  measure "$bench" layer "$tree" "$work/store" zstd:3
}

# The digests read from named pipes as children of the one bash, so that their time is counted with the rest.
peer_layer() {
  rm -f "$work"/peer.*
  mkfifo "$work/peer.diffid" "$work/peer.digest"
  measure bash -c '
    set -o pipefail
    openssl sha256 <"$2.diffid" &
    openssl sha256 <"$2.digest" &
    tar --sort=name -C "$1" -cf - . | tee "$2.diffid" | zstd -q -3 -T2 | tee "$2.digest" >"$2.zst"
    wait' peer "$tree" "$work/peer"
}

# The middle of the numbers on standard input, one a line.
median() { sort -g | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

for tool in python3:python3 zstd:zstd openssl:openssl tar:tar awk:mawk; do need "${tool%%:*}" "${tool##*:}"; done
[ -x /usr/bin/time ] || { echo "layer.sh: /usr/bin/time is missing; apt-get install time" >&2; exit 30; }
mkdir -p "$work"
make_tree
(cd "$here" && swift build -c release --product packc-bench --static-swift-stdlib >&2)
bench=$(cd "$here" && swift build -c release --product packc-bench --show-bin-path)/packc-bench

read -r load_before _ </proc/loadavg
echo "layer: $(find "$tree" -mindepth 1 | wc -l) entries, $(tar -C "$tree" -cf - . | wc -c) bytes of tar"
echo "peers: $(tar --version | head -1), $(zstd --version | grep -o 'v[0-9.]*'), $(openssl version)"
echo "machine: $(nproc) processors, load average $load_before before"

packc_layer >/dev/null
peer_layer >/dev/null
: >"$work/rounds"
printf '%-6s %10s %10s %9s %9s %10s %10s\n' round packc-cpu packc-wall packc-MB peer-cpu peer-wall cpu-ratio
for round in $(seq "$rounds"); do
  read -r cpu wall peak < <(packc_layer)
  read -r peer_cpu peer_wall _ < <(peer_layer)
  echo "$cpu $wall $peak $peer_cpu $peer_wall" >>"$work/rounds"
  awk -v r="$round" -v c="$cpu" -v w="$wall" -v p="$peak" -v pc="$peer_cpu" -v pw="$peer_wall" \
    'BEGIN { printf "%-6s %10s %10s %9.1f %9s %10s %10.2f\n", r, c, w, p / 1024, pc, pw, c / pc }'
done
packc_size=$(stat -c %s "$work"/store/blobs/sha256/*)
peer_size=$(stat -c %s "$work/peer.zst")

cpu_ratio=$(awk '{ print $1 / $4 }' "$work/rounds" | median)
wall_ratio=$(awk '{ print $2 / $5 }' "$work/rounds" | median)
peak=$(awk '{ print $3 / 1024 }' "$work/rounds" | sort -g | tail -1)
rm -rf "$work/store" "$work"/peer.* "$work/times" "$work/rounds"

awk -v c="$cpu_ratio" -v w="$wall_ratio" -v p="$peak" -v a="$packc_size" -v b="$peer_size" 'BEGIN {
  printf "median ratio: cpu %.2f, wall %.2f; peak memory %.1f MB; blob size %.3f of the peer'"'"'s\n", c, w, p, a / b
}'
awk -v l="$load_before" -v n="$(nproc)" 'BEGIN {
  if (l > n / 4) print "wall time: not to be trusted, the machine had other work (load " l "); compare CPU"
  else print "wall time: the machine was idle before (load " l ")"
}'
awk -v c="$cpu_ratio" -v p="$peak" 'BEGIN {
  ok = c <= 1.0 && p <= 128
  print "bar (cpu <= 1.00, memory <= 128 MB): " (ok ? "met" : "MISSED")
  exit !ok
}'
