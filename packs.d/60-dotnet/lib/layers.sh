#!/bin/sh
# layers.sh PUBLISHED PACKAGES OUT
#
# Divides what `dotnet publish` left into OUT/runtime (files that a runtime pack holds byte for byte), OUT/dependencies
# (files of other packages) and OUT/application (all others). What trimming or ahead-of-time compilation changed is the
# application's.
set -eu
export LC_ALL=C
published=$1
packages=$2
out=$3

mkdir -p "$out/runtime" "$out/dependencies"
cp -R "$published" "$out/application"
[ -d "$packages" ] || exit 0

work=$(mktemp -d)
(cd "$out/application" && find . -type f | sort) >"$work/files"
sed 's/.*\///' "$work/files" | sort -u >"$work/names"
# Files of packages whose name is one of the published.
(cd "$packages" && find . -mindepth 3 -type f | sort) |
  awk 'NR == FNR { wanted[$0]; next } { name = $0; sub(/.*\//, "", name); if (name in wanted) print }' "$work/names" - \
    >"$work/candidates"
(cd "$packages" && tr '\n' '\0' <"$work/candidates" | xargs -0 -r sha256sum) >"$work/known"
(cd "$out/application" && tr '\n' '\0' <"$work/files" | xargs -0 -r sha256sum) >"$work/own"

# A line of sha256sum: 64 digits, two spaces, the path.
awk '
  NR == FNR {
    digest = substr($0, 1, 64)
    pack = tolower(substr($0, 69))
    isRuntime = pack ~ /^microsoft\.[a-z.]*\.runtime\.[a-z0-9.-]*\// || pack ~ /^runtime\.[a-z0-9.-]*\.microsoft\./
    if (isRuntime) layer[digest] = "runtime"
    else if (!(digest in layer)) layer[digest] = "dependencies"
    next
  }
  substr($0, 1, 64) in layer { print layer[substr($0, 1, 64)] " " substr($0, 69) }
' "$work/known" "$work/own" >"$work/moves"

while IFS= read -r move; do
  layer=${move%% *}
  file=${move#* }
  case $file in
    */*) mkdir -p "$out/$layer/${file%/*}" ;;
  esac
  mv "$out/application/$file" "$out/$layer/$file"
done <"$work/moves"
# Directories that are empty now are the other layers'.
find "$out/application" -mindepth 1 -depth -type d -empty -delete
rm -rf "$work"
