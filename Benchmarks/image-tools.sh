#!/usr/bin/env bash
# Tree b to a layer beside whole image tools, in interleaved rounds on this machine. packc's numbers are of the layer and
# both its digests; config and manifest are a few hundred bytes.
#
#   umoci     init, new, insert: its gzip (what it writes by default)
#   buildah   from scratch, copy, commit, push to an OCI layout with zstd; driver vfs, storage of its own
#
#   Benchmarks/image-tools.sh [ROUNDS]      5 rounds by default
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$here/Benchmarks/lib/trees.sh"
rounds=${1:-5}
results=$work/rounds

packc_layer() {
  rm -rf "$work/store"
  measure "$bench" layer "$1" "$work/store" "$work/tree-b"
}

umoci_image() {
  rm -rf "$work/umoci"
  measure bash -euc 'umoci init --layout "$2"; umoci new --image "$2:x"; umoci insert --rootless --image "$2:x" "$1" /' \
    umoci "$work/tree-b" "$work/umoci"
}

buildah_image() {
  rm -rf "$work/buildah"
  measure bash -euc '
    tool=(buildah --root "$2/root" --runroot "$2/run" --storage-driver vfs)
    container=$("${tool[@]}" from scratch)
    "${tool[@]}" copy --quiet "$container" "$1" /
    "${tool[@]}" commit --quiet --format oci --rm "$container" bench
    "${tool[@]}" push --quiet --compression-format zstd --compression-level 3 bench "oci:$2/layout:x"' \
    buildah "$work/tree-b" "$work/buildah"
}

# The bytes of the largest blob of a layout.
blob_size() { find "$1" -path '*/blobs/sha256/*' -printf '%s\n' | sort -g | tail -n 1; }

need python3:python3 umoci:umoci buildah:buildah awk:mawk /usr/bin/time:time
make_tree_b
echo "peers: umoci $(umoci --version | awk '{ print $3 }'), $(buildah --version)"
machine
describe_tree "$work/tree-b"
packc_layer zstd:3 >/dev/null
: >"$results"
printf '  %-6s %9s %9s %9s %9s   CPU seconds\n' round zstd:3 gzip umoci buildah
for round in $(seq "$rounds"); do
  read -r zstd _ < <(packc_layer zstd:3)
  read -r gzip _ < <(packc_layer gzip)
  gzip_size=$(blob_size "$work/store")
  read -r umoci _ < <(umoci_image)
  read -r buildah _ < <(buildah_image)
  echo "$zstd $gzip $umoci $buildah" | tee -a "$results" |
    awk -v r="$round" '{ printf "  %-6s %9s %9s %9s %9s\n", r, $1, $2, $3, $4 }'
done
judge "zstd:3: CPU time / umoci (gzip)" "$(ratio 1 3 "$results")" 0.35
judge "zstd:3: CPU time / buildah (zstd)" "$(ratio 1 4 "$results")" 0.10
judge "gzip: CPU time / umoci (gzip)" "$(ratio 2 3 "$results")" 0.80
judge "gzip: size of the blob / umoci's" \
  "$(awk -v a="$gzip_size" -v b="$(blob_size "$work/umoci")" 'BEGIN { print a / b }')" 1.0
rm -rf "$work/store" "$work/umoci" "$work/buildah" "$results"
finish
