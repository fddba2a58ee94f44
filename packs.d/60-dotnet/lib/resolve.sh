#!/bin/sh
# resolve.sh PACKAGES OUTPUT COMMAND [ARGUMENT…]
#
# Runs a restore that downloads into the directory PACKAGES, and writes what it downloaded, with digests, to OUTPUT:
# {"packages": [{"name", "version", "sha256": […]}]}, sorted by path.
set -eu
export LC_ALL=C
packages=$1
output=$2
shift 2

mkdir -p "$packages"
"$@"

cd "$packages"
list=$(mktemp)
find . -mindepth 3 -maxdepth 3 -type f -name '*.nupkg' | sort >"$list"
separator=
{
  printf '{"packages": ['
  while IFS= read -r file; do
    directory=${file%/*}
    version=${directory##*/}
    name=${directory%/*}
    name=${name#./}
    case $name$version in
      *[!0-9a-z._+-]*)
        echo "packc: $file is no name of a package" >&2
        exit 1
        ;;
    esac
    digest=$(sha256sum <"$file")
    printf '%s\n {"name": "%s", "version": "%s", "sha256": ["%s"]}' "$separator" "$name" "$version" "${digest%% *}"
    separator=,
  done <"$list"
  printf ']}\n'
} >"$output"
rm -f "$list"
