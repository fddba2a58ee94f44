#!/usr/bin/env bash
# packc's layer writer beside the tools that do the same by hand, in interleaved rounds on this machine:
#
#   packc   one process: tar, SHA-256 of the tar (diffID), zstd -3, SHA-256 of the blob, fsync
#   peer    tar --sort=name | zstd -3 -T2, with an `openssl sha256` on the tar and one on the blob
#
#   Benchmarks/layer.sh [ROUNDS]      5 rounds by default
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$here/Benchmarks/lib/trees.sh"
rounds=${1:-5}

packc_layer() {
  rm -rf "$work/store"
  measure "$bench" layer zstd:3 "$work/store" "$1"
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
    wait' peer "$1" "$work/peer"
}

# compare TREE CPU-BAR WALL-BAR MEMORY-BAR
compare() {
  local tree=$work/$1 results=$work/rounds cpu wall peak peer_cpu peer_wall
  describe_tree "$tree"
  packc_layer "$tree" >/dev/null
  peer_layer "$tree" >/dev/null
  : >"$results"
  printf '  %-6s %10s %10s %9s %9s %10s %10s %10s\n' round packc-cpu packc-wall packc-MB peer-cpu peer-wall cpu-ratio wall-ratio
  for round in $(seq "$rounds"); do
    read -r cpu wall peak < <(packc_layer "$tree")
    read -r peer_cpu peer_wall _ < <(peer_layer "$tree")
    echo "$cpu $wall $peak $peer_cpu $peer_wall" | tee -a "$results" |
      awk -v r="$round" '{ printf "  %-6s %10s %10s %9.1f %9s %10s %10.2f %10.2f\n", r, $1, $2, $3 / 1024, $4, $5, $1 / $4, $2 / $5 }'
  done
  judge "$1: CPU time / tar, zstd, openssl" "$(ratio 1 4 "$results")" "$2"
  judge "$1: wall time / tar, zstd, openssl" "$(ratio 2 5 "$results")" "$3" wall
  judge "$1: peak memory, MiB" "$(peak 3 "$results")" "$4"
  awk -v a="$(stat -c %s "$work"/store/blobs/sha256/*)" -v b="$(stat -c %s "$work/peer.zst")" \
    'BEGIN { printf "  blob: %d bytes, %.3f of the peer'"'"'s\n", a, a / b }'
}

need python3:python3 zstd:zstd openssl:openssl tar:tar awk:mawk /usr/bin/time:time
make_tree_b
make_tree_c
echo "peers: $(tar --version | head -n 1), $(zstd --version | grep -o 'v[0-9.]*'), $(openssl version)"
machine
compare tree-b 0.70 0.70 70
compare tree-c 0.60 0.70 70
echo "tree-d: making 200,000 entries with 5 GB for one round"
make_tree_d
read -r cpu wall memory < <(packc_layer "$work/tree-d")
echo "  $(find "$work/tree-d" -mindepth 1 | wc -l) entries: $cpu s CPU, $wall s wall"
judge "tree-d: peak memory, MiB" "$(awk -v m="$memory" 'BEGIN { print m / 1024 }')" 100
rm -rf "$work/tree-d" "$work/store" "$work"/peer.* "$work/rounds"
finish
